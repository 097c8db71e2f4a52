import os
import shutil

import pytest

import sightline
from sightline.core.errors import DataError
from sightline.core.findings import Severity
from sightline.core.storage import write_csv
from sightline.data.catalog import TEST
from sightline.data.checks import check_split
from sightline.data.health.corrections import ACTIONS, COLUMNS, corrected
from sightline.data.splits import split
from sightline.data.survey import survey

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
        ("ant/0.png,bee,ant,0.9,drop\nant/1.png,wasp,bee,0.9,drop", "other labels: ant/1.png is 'ant', and 'wasp'"),
        ("a,b/0.png,ant,bee,0.9,drop", "more cells than columns in line 2"),
        ('"ant/0.png,ant,bee,0.9,drop', "no CSV file"),
        ("a" * 140_000, "no CSV file"),
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


def test_a_table_too_large_to_be_one_is_refused_unread(class_folders, tmp_path):
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(5 * 2**30)
    with pytest.raises(DataError, match="it has 5,368,709,120 bytes; at most 67,108,864 are read"):
        corrected(sightline.open_catalog(class_folders({"ant": 2, "bee": 2})), tmp_path / "large.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_is_read_as_spreadsheets_save_it(encoding, class_folders, tmp_path):
    path = tmp_path / "saved.csv"
    path.write_text("sep=;\r\npath;likelier;action\r\nant/0.png;bee;relabel\r\n", encoding=encoding, newline="")
    other = corrected(sightline.open_catalog(class_folders({"ant": 2, "bee": 2})), path)
    assert other.labels.tolist() == [1, 0, 1, 1]


def test_names_keep_their_line_ends_and_bytes_that_are_no_text(class_folders, tmp_path):
    folder = class_folders({"ant": 2, "bee": 2}) / "ant"
    names = ["a\nb.png", "a\rb.png", os.fsdecode(b"caf\xe9.png")]
    for name in names:
        shutil.copy(folder / "0.png", folder / name)
    rows = [(f"ant/{name}", "ant", "bee", "0.9", action) for name, action in zip(names, ACTIONS, strict=True)]
    write_csv(tmp_path / "suspects.csv", COLUMNS, rows)
    other = corrected(sightline.open_catalog(folder.parent), tmp_path / "suspects.csv")
    assert other.relabelled == {"ant/a\rb.png"}
    assert f"ant/{names[2]}" not in other.paths


def test_a_class_whose_last_picture_is_taken_is_an_error_and_no_class_any_more(class_folders, table):
    catalog = sightline.open_catalog(class_folders({"ant": 1, "bee": 2, "cat": 2}))
    other = corrected(catalog, table("ant/0.png,ant,bee,0.9,relabel"))
    assert (other.classes, other.labels.tolist()) == (("bee", "cat"), [0, 0, 0, 1, 1])
    finding = other.findings[-1]
    assert (finding.code, finding.severity, finding.evidence) == ("class-corrected-away", Severity.ERROR, ("ant",))


def test_it_is_told_in_which_parts_labels_are_others(class_folders, table):
    catalog = sightline.open_catalog(class_folders({"ant": 20, "bee": 20}))
    rows = [f"{name},ant,bee,0.9,relabel" for name in catalog.paths[:8]]
    other = survey(corrected(catalog, table(*rows)))
    division = split(other)
    (finding,) = (each for each in check_split(other, division) if each.code == "corrected-by-part")
    tested = [path for row in division.rows(TEST) if (path := other.catalog.paths[row]) in catalog.paths[:8]]
    assert f"{len(tested)} in test; figures on those" in finding.symptom
    assert set(tested) <= set(finding.evidence)


def test_a_training_takes_corrections_and_reports_them(train, few, table):
    run = train(few, corrections=str(table("ant/0.png,ant,bee,0.9,drop")))
    assert "labels-corrected" in [finding["code"] for finding in run.report["findings"]]
    assert "ant/0.png" not in (run.folder / "split.csv").read_text()
    assert (few / "ant" / "0.png").exists()
