import pytest

import sightline
from sightline.core.errors import DataError
from sightline.data.health.corrections import corrected

HEAD = "path,given,likelier,score,action\n"


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table of corrections."""

    def write(*rows):
        path = tmp_path / "suspects.csv"
        path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
        return path

    return write


def test_labels_are_changed_pictures_left_out_and_both_are_counted(class_folders, table):
    catalog = sightline.open_catalog(class_folders({"ant": 3, "bee": 2}))
    path = table("ant/0.png,ant,bee,0.9,relabel", "ant/1.png,ant,bee,0.8,drop", "bee/0.png,bee,ant,0.7,keep")
    other = corrected(catalog, path)
    assert [(name, other.label_of(row)) for row, name in enumerate(other.paths)] == [
        ("ant/0.png", "bee"), ("ant/2.png", "ant"), ("bee/0.png", "bee"), ("bee/1.png", "bee"),
    ]  # fmt: skip
    finding = other.findings[-1]
    assert "1 labels are others and 1 pictures are left out" in finding.symptom
    assert finding.evidence == ("ant/0.png: now bee", "ant/1.png: left out")
    assert catalog.label_of(0) == "ant"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("ant/9.png,ant,bee,0.9,relabel", "pictures that are not there: ant/9.png"),
        ("ant/0.png,ant,wasp,0.9,relabel", "classes that are not there: 'wasp'"),
        ("ant/0.png,ant,bee,0.9,burn", "ant/0.png: 'burn'"),
        ("ant/0.png,ant,bee,0.9,keep\nant/0.png,ant,bee,0.9,drop", "named twice: ant/0.png"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(row, words, class_folders, table):
    catalog = sightline.open_catalog(class_folders({"ant": 2, "bee": 2}))
    with pytest.raises(DataError, match=words):
        corrected(catalog, table(row))


def test_what_is_no_table_is_refused_in_words(class_folders, tmp_path):
    catalog = sightline.open_catalog(class_folders({"ant": 2, "bee": 2}))
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="lacks the columns path, action, likelier"):
        corrected(catalog, tmp_path / "odd.csv")
    with pytest.raises(DataError, match="can't be read"):
        corrected(catalog, tmp_path / "none.csv")


def test_a_training_takes_corrections_and_reports_them(train, few, table):
    run = train(few, corrections=str(table("ant/0.png,ant,bee,0.9,drop")))
    assert "labels-corrected" in [finding["code"] for finding in run.report["findings"]]
    assert "ant/0.png" not in (run.folder / "split.csv").read_text()
    assert (few / "ant" / "0.png").exists()
