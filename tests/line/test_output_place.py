import os

import pytest

from sightline.core.errors import RunError
from sightline.line.output_place import require_output_place


@pytest.mark.parametrize("out", ["run", "ant/run", ".", "../few/run", "ant/sheet.png"])
@pytest.mark.parametrize("spelt", ["few", "./few/", "elsewhere/../few", "link"])
def test_nothing_is_written_among_the_pictures_that_are_read(out, spelt, few, monkeypatch):
    monkeypatch.chdir(few.parent)
    (few.parent / "elsewhere").mkdir()
    (few.parent / "link").symlink_to(few)

    with pytest.raises(RunError, match="the folder of the pictures"):
        require_output_place(few / out, data=spelt)


@pytest.mark.parametrize("out", ["run", "few-run", "few/../run"])
def test_what_lies_beside_the_pictures_is_written(out, few):
    require_output_place(few.parent / out, data=few)
    require_output_place(few / "run", data=few / "list.csv")
    require_output_place(few / "run", data="digits")


def test_a_name_that_is_no_text_is_refused_in_words(few):
    with pytest.raises(RunError, match=r"run\\udce9' is no Unicode text"):
        require_output_place(few.parent / os.fsdecode(b"run\xe9"), data=few)


@pytest.mark.parametrize(
    "words",
    [
        ["train", "few", "--out", "few/run", "--model", "linear"],
        ["evaluate", "run", "few", "--out", "few/evaluation"],
        ["augment", "few", "--out", "few/ant/sheet.png"],
    ],
)
def test_every_verb_that_writes_for_a_folder_refuses_at_once(words, trained, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    before = sorted(trained.rglob("*"))

    outcome = command(*words)

    assert outcome.status == 2
    assert "the folder of the pictures" in outcome.err
    assert sorted(trained.rglob("*")) == before
