"""The evaluate verb and a run's own folder."""

import csv
import json
import shutil
from collections import Counter
from dataclasses import replace

import pytest
from PIL import Image

from sightline.core.errors import BundleError, DataError, RunError, SettingsError
from sightline.core.findings import Severity
from sightline.data.opening import open_catalog
from sightline.evaluation.report.overlap import Overlap
from sightline.inference.bundle import read_bundle, write_bundle
from sightline.inference.tasks import load
from sightline.line.evaluation import evaluate
from sightline.line.narrator import Silent


@pytest.fixture
def run(tmp_path, trained):  # noqa: ARG001 - it lies there
    """The folder of a run that has come to its end."""
    return tmp_path / "run"


def test_an_evaluation_never_replaces_the_report_of_a_run(run, trained):
    evaluation = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())
    before = (run / "report.json").read_bytes()
    with pytest.raises(RunError, match="holds a run"):
        evaluation.write(run, force=True)
    assert (run / "report.json").read_bytes() == before


def test_a_damaged_environment_file_is_told(run, trained, train):
    (run / "report.json").unlink()
    (run / "environment.json").write_text("{")
    with pytest.raises(RunError, match=r"environment\.json is damaged"):
        train(trained)


def test_an_interruption_on_another_machine_is_told_as_a_finding(run, trained, train):
    environment = json.loads((run / "environment.json").read_text())
    (run / "environment.json").write_text(json.dumps({**environment, "threads": "77"}))
    (run / "report.json").unlink()
    report = train(trained).report
    found = [finding for finding in report["findings"] if finding["code"] == "environment-changed"]
    assert [finding["evidence"] for finding in found] == [[f"threads: 77 -> {environment['threads']}"]]


def test_what_a_killed_process_left_half_written_is_swept_away(run, trained, train):
    halves = [run / ".model.sightline.abc", run / "checkpoints" / ".last.safetensors.abc"]
    for half in halves:
        half.write_bytes(b"half")
    (run / "report.json").unlink()
    train(trained)
    assert not any(half.exists() for half in halves)


def test_widths_that_are_no_whole_numbers_are_refused(train):
    with pytest.raises(SettingsError, match="hidden"):
        train("digits", model="mlp", hidden=[1.5])


def test_pictures_without_a_label_are_named_and_not_asked_about(run, trained):
    (trained / "list.csv").write_text("path,label\nant/0.png,ant\nant/1.png,\nbee/0.png,bee\n")

    evaluation = evaluate(load(run), open_catalog(trained / "list.csv"), part=None, narrator=Silent())

    assert evaluation.answers.rows.tolist() == [0, 2]
    found = {finding.code: finding.evidence for finding in evaluation.findings}
    assert found["unlabelled"] == ("ant/1.png",)


@pytest.mark.parametrize("name", ["unsorted", "$RECYCLE.BIN"])
def test_an_empty_folder_that_the_model_does_not_know_stops_no_evaluation(name, run, trained):
    before = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())
    (trained / name).mkdir()

    after = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())

    assert after.scores.confusion.tolist() == before.scores.confusion.tolist()
    noted = {"unsorted": ("empty-class", ("unsorted",)), "$RECYCLE.BIN": ("hidden-left-out", ("few/$RECYCLE.BIN",))}
    assert [(finding.code, finding.evidence) for finding in after.findings if finding.code != "seen-before"] == [
        noted[name]
    ]


def test_a_class_with_pictures_that_the_model_does_not_know_still_stops(run, trained):
    (trained / "ant").rename(trained / "gnu")
    with pytest.raises(DataError, match="classes that the model does not know: 'gnu'"):
        evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())


def split_of(run):
    """Return which part of a run each of its pictures is in."""
    with (run / "split.csv").open(newline="") as file:
        return {row["path"]: row["part"] for row in csv.DictReader(file)}


def seen_before(run):
    return {path for path, part in split_of(run).items() if part != "test"}


def test_pictures_that_the_model_has_seen_are_counted_and_named(run, trained):
    evaluation = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())
    counts = Counter(split_of(run).values())
    assert evaluation.overlap == Overlap(16, counts["train"], counts["validation"])
    (finding,) = [finding for finding in evaluation.findings if finding.code == "seen-before"]
    assert finding.severity is Severity.WARNING
    assert set(finding.evidence) == seen_before(run)
    assert "--new-only" in finding.advice


def test_only_new_pictures_give_the_figures_of_the_test_part(run, trained):
    evaluation = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent(), new_only=True)
    report = json.loads((run / "report.json").read_text())
    assert evaluation.scores.as_json() == {k: v for k, v in report["test"].items() if k != "readings"}
    assert {trained_path for trained_path, part in split_of(run).items() if part == "test"} == {
        evaluation.answers.catalog.paths[row] for row in evaluation.answers.rows
    }
    (finding,) = [finding for finding in evaluation.findings if finding.code == "seen-before-left-out"]
    assert set(finding.evidence) == seen_before(run)


def test_a_picture_that_moved_and_a_copy_of_it_are_still_known(run, trained, tmp_path):
    path = next(path for path, part in split_of(run).items() if part == "train")
    moved = tmp_path / "elsewhere" / "bee"
    moved.mkdir(parents=True)
    for name in ("new name.png", "copy.png"):
        shutil.copy(trained / path, moved / name)
    catalog = open_catalog(moved.parent)
    assert evaluate(load(run), catalog, part=None, narrator=Silent()).overlap == Overlap(2, 2, 0)
    with pytest.raises(DataError, match="no new picture: of 2 pictures it has learnt from 2"):
        evaluate(load(run), catalog, part=None, narrator=Silent(), new_only=True)


def test_new_pictures_are_no_word_worth(run, trained, tmp_path):
    (tmp_path / "others" / "bee").mkdir(parents=True)
    Image.open(trained / "bee" / "0.png").rotate(90).save(tmp_path / "others" / "bee" / "0.png")
    evaluation = evaluate(load(run), open_catalog(tmp_path / "others"), part=None, narrator=Silent())
    assert (evaluation.overlap.seen, evaluation.overlap.words) == (0, "")
    assert not evaluation.findings


def test_an_older_model_file_says_that_it_can_t_know(run, trained):
    bundle = read_bundle(run / "model.sightline")
    newer = ("arrays_sha256", "unknowns")
    manifest = {key: value for key, value in bundle.manifest.items() if key not in newer}
    write_bundle(run / "model.sightline", replace(bundle, manifest=manifest, arrays=None))
    evaluation = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())
    assert "none of these can be told to be new" in evaluation.overlap.words
    assert [finding.code for finding in evaluation.findings] == ["seen-before-unknown"]
    with pytest.raises(BundleError, match="does not say which pictures"):
        evaluate(load(run), open_catalog(trained), part=None, narrator=Silent(), new_only=True)


def test_the_terminal_and_the_report_name_the_overlap(run, trained, command, tmp_path):
    outcome = command("evaluate", run, trained, "--out", tmp_path / "all")
    seen = len(seen_before(run))
    assert outcome.status == 0
    assert f"16  ({seen} of them not new: the figures flatter)" in outcome.out
    assert "[seen-before]" in outcome.err
    assert "the figures flatter" in (tmp_path / "all" / "report.html").read_text()
    assert json.loads((tmp_path / "all" / "report.json").read_text())["overlap"]["train"] == seen - 2

    outcome = command("evaluate", run, trained, "--new-only", "--out", tmp_path / "new")
    assert outcome.status == 0
    assert f"pictures           {16 - seen}\n" in outcome.out
    assert "flatter" not in (tmp_path / "new" / "report.html").read_text()


@pytest.mark.parametrize(
    "classes",
    [("path", "truth"), ("probability:a", "a"), ("prediction", "confidence"), ("label1", "error"), ("set", "1")],
)
def test_a_class_may_be_called_as_a_column_is(classes, class_folders, train, command):
    data = class_folders(dict.fromkeys(classes, 8))

    finished = train(data)
    command("predict", finished.folder, data, "--top", 2, "--sets", "--out", data.parent / "answers.csv")

    with (finished.folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "truth", *(f"probability:{name}" for name in sorted(classes))]
    right = [max(classes, key=lambda name: float(row[f"probability:{name}"])) == row["truth"] for row in rows]
    assert sum(right) / len(right) == pytest.approx(finished.report["test"]["accuracy"])
    with (data.parent / "answers.csv").open(newline="") as file:
        answers = list(csv.DictReader(file))
    assert {row["label1"] for row in answers} <= set(classes)
    assert {row["path"] for row in answers} == {str(path) for path in data.rglob("*.png")}
