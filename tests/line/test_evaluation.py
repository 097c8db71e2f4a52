"""The evaluate verb and a run's own folder."""

import json

import pytest

from sightline.core.errors import DataError, RunError, SettingsError
from sightline.data.opening import open_catalog
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
    assert [(finding.code, finding.evidence) for finding in evaluation.findings] == [("unlabelled", ("ant/1.png",))]


@pytest.mark.parametrize("name", ["unsorted", "$RECYCLE.BIN"])
def test_an_empty_folder_that_the_model_does_not_know_stops_no_evaluation(name, run, trained):
    before = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())
    (trained / name).mkdir()

    after = evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())

    assert after.scores.confusion.tolist() == before.scores.confusion.tolist()
    noted = {"unsorted": ("empty-class", ("unsorted",)), "$RECYCLE.BIN": ("hidden-left-out", ("few/$RECYCLE.BIN",))}
    assert [(finding.code, finding.evidence) for finding in after.findings] == [noted[name]]


def test_a_class_with_pictures_that_the_model_does_not_know_still_stops(run, trained):
    (trained / "ant").rename(trained / "gnu")
    with pytest.raises(DataError, match="classes that the model does not know: 'gnu'"):
        evaluate(load(run), open_catalog(trained), part=None, narrator=Silent())
