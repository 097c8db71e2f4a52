import pytest

from sightline.core.errors import RunError
from sightline.evaluation.pages.page import generator
from sightline.line.pages.page_file import write_page


def page(words):
    return f"<html>{generator('inspect')}{words}</html>"


def test_an_older_page_of_the_same_verb_is_replaced(tmp_path):
    for words in ("old", "new"):
        write_page(page(words), tmp_path / "page.html", verb="inspect", option="--out")
    assert "new" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("there", ["mine", "", "x" * 4096 + generator("inspect"), generator("show")])
def test_a_strangers_file_and_another_verbs_page_stay(there, tmp_path):
    out = tmp_path / "page.html"
    out.write_text(there)
    with pytest.raises(RunError, match="no page of `sightline inspect`") as caught:
        write_page(page("new"), out, verb="inspect", option="--out")
    assert caught.value.hint == "choose another --out"
    assert out.read_text() == there


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RunError, match="can't be written"):
        write_page(page("new"), tmp_path / "none" / "page.html", verb="inspect", option="--out")
