import csv
import os
import shutil

import numpy as np
import pytest

import sightline
from sightline.core.errors import DataError, RunError, SettingsError, SightlineError
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.narrator import Silent
from sightline.line.trust.suspects import suspects_of


@pytest.fixture
def found(class_folders):
    """Labels of sixty pictures, of which two are judged to be wrong."""
    catalog = sightline.open_catalog(class_folders({"ant": 30, "bee": 30}))
    probabilities = np.where(np.arange(2) == catalog.labels[:, None], 0.95, 0.05)
    probabilities[[3, 40]] = probabilities[[3, 40], ::-1]
    return suspects_of(catalog, LabelEvidence(np.arange(60), probabilities))


def test_suspects_are_written_as_a_table_that_a_training_takes_and_as_a_page(found, tmp_path):
    found.write(export=tmp_path / "suspects.csv", html=tmp_path / "suspects.html", data="my/data")
    rows = list(csv.DictReader((tmp_path / "suspects.csv").read_text().splitlines()))
    assert [(row["path"], row["given"], row["likelier"], row["action"]) for row in rows] == [
        (found.catalog.paths[3], "ant", "bee", "relabel"), (found.catalog.paths[40], "bee", "ant", "relabel"),
    ]  # fmt: skip
    page = (tmp_path / "suspects.html").read_text()
    assert page.count("<figure>") == 2
    assert "labelled <strong>" in page
    assert f"<code>sightline train my/data --out run-corrected --corrections {tmp_path}/suspects.csv</code>" in page
    with pytest.raises(RunError, match=r"exists\nchoose another --export, or replace it with --force"):
        found.write(export=tmp_path / "suspects.csv")
    found.write(export=tmp_path / "suspects.csv", force=True)


def test_suspects_are_plain_values_and_one_line(found):
    document = found.as_json()
    assert (document["looks_wrong"], document["ambiguous"], len(document["suspects"])) == (2, 0, 2)
    assert repr(found) == "<Suspects of set: 2 of 60 labels>"


def test_a_base_that_does_not_exist_is_refused_in_words(class_folders):
    with pytest.raises(SightlineError, match="nonesuch"):
        sightline.suspects(class_folders({"ant": 3, "bee": 3}), base="nonesuch", narrator=Silent())


def test_no_place_is_written_to_that_holds_something_else_and_that_is_known_before_anything_is_read(tmp_path):
    (tmp_path / "own.csv").write_text("path,label\na.png,ant\n")
    os.mkfifo(tmp_path / "pipe")
    for name, words in {
        "own.csv": "is no table of suspects",
        "pipe": "no regular file",
        "no/a.csv": "no folder",
    }.items():
        with pytest.raises(RunError, match=words):
            sightline.suspects("nowhere", export=tmp_path / name, force=True)
    with pytest.raises(SettingsError, match="--export and --ranking are one file"):
        sightline.suspects("nowhere", export=tmp_path / "a.csv", ranking=tmp_path / "b" / ".." / "a.csv")
    with pytest.raises(SettingsError, match="seed = -1"):
        sightline.suspects("nowhere", seed=-1)


def test_a_check_writes_no_two_things_into_one_file(few, tmp_path, command):
    outcome = command("check", few, "--report", tmp_path / "q", "--copies", tmp_path / "q")
    assert (outcome.status, (tmp_path / "q").exists()) == (2, False)
    assert "--copies and --report are one file" in outcome.err
    assert "the folder of the pictures" in command("check", few, "--copies", few / "copies.csv").err


def test_all_labels_are_ranked_and_a_part_of_them_is(found, tmp_path):
    found.write(ranking=tmp_path / "all.csv")
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text().splitlines()))
    assert list(rows[0]) == ["path", "given", "likelier", "score"]
    assert {row["path"] for row in rows[:2]} == {found.catalog.paths[3], found.catalog.paths[40]}
    assert len(rows) == 60
    assert found.ranking("test").splitlines() == ["path,given,likelier,score"]


def test_a_part_that_the_data_does_not_give_is_refused(class_folders, tmp_path):
    folder = class_folders({"ant": 3, "bee": 3})
    with pytest.raises(SettingsError, match="no part 'test'"):
        sightline.suspects(folder, ranking=tmp_path / "a", part="test", narrator=Silent())
    with pytest.raises(SettingsError, match="no ranking is asked for"):
        sightline.suspects(folder, part="test", narrator=Silent())


def wrongly_labelled(class_folders):
    """Return a data set of eighty pictures of two classes, of which two lie in the wrong folder."""
    folder = class_folders({"ant": 40, "bee": 40})
    (folder / "ant" / "3.png").rename(folder / "bee" / "wrong.png")
    (folder / "bee" / "5.png").rename(folder / "ant" / "wrong.png")
    return folder


class Told(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def tell_findings(self, findings):
        self.told += findings


def test_a_model_that_is_learnt_in_folds_finds_wrong_labels(class_folders):
    folder = wrongly_labelled(class_folders)
    shutil.copy(
        folder / "ant" / "7.png", folder / "bee" / "twice.png"
    )  # in two classes: to be judged, not mended first
    narrator = Told()
    found = sightline.suspects(folder, model="hog-svm", narrator=narrator)
    assert narrator.told == []  # nobody trains here, so nobody wants advice on it
    assert {row[0] for row in found.table[:3]} == {"bee/twice.png", "ant/wrong.png", "bee/wrong.png"}
    assert found.evidence.margins is None  # a pipeline has no epochs
    assert len(found.evidence.rows) == 81


def test_the_answers_of_a_run_judge_its_test_part(class_folders, tmp_path):
    folder = wrongly_labelled(class_folders)
    run = sightline.train(folder, out=tmp_path / "run", model="hog-svm", test_fraction=0.7, narrator=Silent())
    found = sightline.suspects(folder, answers=run.folder / "predictions.csv", narrator=Silent())
    assert len(found.evidence.rows) == run.report["test"]["count"] == 56
    with pytest.raises(DataError, match="not there"):
        sightline.suspects(class_folders({"ant": 3, "bee": 3}, root="b"), answers=run.folder / "predictions.csv")
    head, *_ = (run.folder / "predictions.csv").read_text().splitlines(keepends=True)
    (tmp_path / "head.csv").write_text(head)
    with pytest.raises(DataError, match="about too few pictures of set: 0 of 80, of 0 classes"):
        sightline.suspects(folder, answers=tmp_path / "head.csv")
    both = sightline.suspects(folder, answers=run.folder / "predictions.csv", model="hog-svm", narrator=Silent())
    assert both.evidence.rows.tolist() == found.evidence.rows.tolist()
    assert not np.allclose(both.evidence.probabilities, found.evidence.probabilities)


def test_the_answers_of_a_cross_validation_judge_all_that_was_in_folds(class_folders, tmp_path):
    folder, out = wrongly_labelled(class_folders), tmp_path / "folds"
    sightline.crossval(folder, out=out, folds=3, repeats=2, model="hog-svm", narrator=Silent())
    table = list(csv.DictReader((out / "out_of_fold.csv").read_text().splitlines()))
    found = sightline.suspects(folder, answers=out / "out_of_fold.csv", narrator=Silent())
    said = [float(row["probability:ant"]) for row in table if row["path"] == found.paths[0]]
    assert len(found.paths) * 2 == len(table)
    assert len(said) == 2
    assert found.evidence.probabilities[0, 0] == pytest.approx(np.mean(said))


def test_what_two_witnesses_agree_on_stands_first():
    labels = np.zeros(4, np.int64)
    one = LabelEvidence(np.arange(4), np.array([[0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.3, 0.7]]), np.arange(4.0))
    other = LabelEvidence(np.array([1, 3]), np.array([[0.1, 0.9], [0.8, 0.2]]))
    joined = LabelEvidence.joined([one, other], labels)
    assert joined.rows.tolist() == [1, 3]
    assert joined.probabilities[0, 1] > joined.probabilities[1, 1]
    assert joined.margins[0] < joined.margins[1]
