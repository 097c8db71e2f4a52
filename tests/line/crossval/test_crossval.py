"""Cross-validation as its user meets it, on tiny folders."""

import csv
import json
import shutil

import numpy as np
import pytest

import sightline
from sightline.app.api.crossval import cost
from sightline.core.errors import DataError, RunError, SettingsError
from sightline.line.narrator import Silent

BRIEF = {"model": "linear", "epochs": 1, "baseline": "none", "narrator": Silent()}


@pytest.fixture(scope="module")
def judged(flowers, tmp_path_factory):
    """A cross-validation of two folds that no test may change."""
    out = tmp_path_factory.mktemp("crossval") / "judged"
    return sightline.crossval(flowers, out=out, folds=2, **BRIEF | {"baseline": "colour-svm"})


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_picture_outside_the_test_part_is_answered_once_by_a_model_that_had_not_seen_it(judged):
    answered = {row["path"]: row["fold"] for row in rows_of(judged.out_of_fold)}

    split = {row["path"]: row["part"] for row in rows_of(judged.folder / "split.csv")}
    assert answered.keys() == {path for path, part in split.items() if part in ("train", "validation")}
    assert len(rows_of(judged.out_of_fold)) == len(answered)
    for path, fold in answered.items():
        of_fold = rows_of(judged.folder / "folds" / f"1-{fold}" / "split.csv")
        assert next(row["part"] for row in of_fold if row["path"] == path) == "test"


def test_no_fold_looks_at_the_test_part(judged):
    tested = {row["path"] for row in rows_of(judged.folder / "predictions.csv")}

    for fold in ("1-1", "1-2"):
        parts = {row["part"] for row in rows_of(judged.folder / "folds" / fold / "split.csv") if row["path"] in tested}
        assert parts == {"left-out"}
    assert len(rows_of(judged.folder / "test-readings.csv")) == 1


def test_the_figures_are_those_of_the_pooled_answers(judged):
    rows = rows_of(judged.out_of_fold)
    classes = [name.removeprefix("probability:") for name in rows[0] if name.startswith("probability:")]
    answers = [classes[np.argmax([float(row[f"probability:{name}"]) for name in classes])] for row in rows]

    accuracy = judged.report["cross_validation"]["accuracy"]

    assert accuracy["share"] == np.mean([row["truth"] == answer for row, answer in zip(rows, answers, strict=True)])
    assert accuracy["interval"][0] < accuracy["share"] < accuracy["interval"][1]
    assert judged.report["cross_validation"]["comparison"]["folds"] == 2


def test_the_final_model_is_that_of_a_plain_training(judged, flowers, tmp_path):
    plain = sightline.train(flowers, out=tmp_path / "plain", **BRIEF)

    assert plain.report["split"]["digest"] == judged.report["split"]["digest"]
    weights = [run.classifier().bundle.weights for run in (plain, judged)]
    assert weights[0] == weights[1]


def test_the_page_and_the_command_say_what_came_out(judged, command, flowers):
    words = judged.report["cross_validation"]["words"]
    options = ("--folds", 2, "--model", "linear", "--epochs", 1, "--baseline", "colour-svm", "--quiet")

    again = command("crossval", flowers, "--out", judged.folder, *options)

    assert words in again.out
    assert "Each of 72 pictures was answered" in judged.report_html.read_text()


def test_other_folds_than_those_of_the_folder_are_refused(judged, flowers):
    with pytest.raises(RunError, match=r"folds\.csv") as refused:
        sightline.crossval(flowers, out=judged.folder, folds=3, **BRIEF | {"baseline": "colour-svm"})

    assert "--force" in refused.value.hint


def test_a_run_that_was_no_cross_validation_is_left_alone(trained, tmp_path):
    with pytest.raises(RunError, match="no cross-validation"):
        sightline.crossval(trained, out="run", folds=2, **BRIEF)

    assert (tmp_path / "run" / "report.json").exists()


def test_more_folds_than_pictures_of_a_class_are_refused(few, tmp_path):
    with pytest.raises(DataError, match="40 folds are more than some classes have"):
        sightline.crossval(few, out=tmp_path / "out", folds=40, **BRIEF)


def test_what_can_not_begin_anew_keeps_what_was_there(judged, flowers, tmp_path):
    kept = shutil.copytree(judged.folder, tmp_path / "kept")

    with pytest.raises(DataError, match="40 folds"):
        sightline.crossval(flowers, out=kept, folds=40, force=True, **BRIEF)
    with pytest.raises(RunError, match="are left to learn"):
        sightline.crossval(flowers, out=kept, folds=2, force=True, minutes=1e-4, **BRIEF)

    assert (kept / "model.sightline").exists()
    assert (kept / "folds" / "1-1" / "report.json").exists()


@pytest.mark.parametrize("plan", [{"folds": 1}, {"repeats": 0}, {"folds": "five"}, {"folds": 2.5}])
def test_what_divides_nothing_is_refused(plan, few, tmp_path):
    with pytest.raises(SettingsError, match=f"{next(iter(plan))} = "):
        sightline.crossval(few, out=tmp_path / "out", **BRIEF | plan)


def test_a_dry_run_says_what_it_will_cost_and_trains_nothing(few, tmp_path):
    foreseen = cost(few, out=tmp_path / "out", folds=3, repeats=2, **BRIEF)

    assert foreseen.trainings == 7
    assert foreseen.seconds > 0
    assert "7 trainings of up to 1 epochs" in foreseen.words
    assert not (tmp_path / "out").exists()


def test_the_report_of_a_training_has_no_cross_validation(finished):
    assert json.loads((finished.folder / "report.json").read_text())["cross_validation"] is None


KILLED = """
def judge(out):
    sightline.crossval(data, out=out, folds=2, model="linear", epochs=2, baseline="none", narrator=Silent())

whole, out = place / "whole", place / "killed"
judge(whole)
for written in ("1-1/checkpoints/last.safetensors", "1-1/report.json", "1-2/model.sightline", "out_of_fold.csv",
                "killed/model.sightline"):
    require_killed_at(written, 1, lambda: judge(out))
written_first = (out / "folds/1-1/model.sightline").stat().st_mtime_ns
judge(out)
require_same(out, whole, "out_of_fold.csv", "folds/1-1/model.sightline")
assert (out / "folds/1-1/model.sightline").stat().st_mtime_ns == written_first  # a finished fold is not done again
"""


def test_one_that_is_killed_goes_on_fold_by_fold_and_ends_with_the_same_bits(flowers, tmp_path, forked):
    forked(KILLED, flowers, tmp_path)
