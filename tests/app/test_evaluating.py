"""The evaluate verb and a run's own folder."""

import json

import pytest

from sightline.app.evaluating import evaluate, write_evaluation
from sightline.app.narrator import Silent
from sightline.app.training import train
from sightline.core.errors import RunError, SettingsError
from sightline.data.opening import open_catalog


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    return train("digits", out=out, model="linear", size="16", epochs=1, narrator=Silent())


def test_an_evaluation_never_replaces_the_report_of_a_run(finished):
    classifier = finished.classifier()
    answers, findings = evaluate(classifier, open_catalog("digits"), part=None, narrator=Silent())
    before = (finished.folder / "report.json").read_bytes()
    with pytest.raises(RunError, match="holds a run"):
        write_evaluation(answers, classifier, findings=findings, out=finished.folder, force=True)
    assert (finished.folder / "report.json").read_bytes() == before


def test_a_damaged_environment_file_is_told(finished):
    (finished.folder / "report.json").unlink()
    (finished.folder / "environment.json").write_text("{")
    with pytest.raises(RunError, match=r"environment\.json is damaged"):
        train("digits", out=finished.folder, model="linear", size="16", epochs=1, narrator=Silent())


def test_an_interruption_on_another_machine_is_told_as_a_finding(tmp_path):
    arguments = {"out": tmp_path / "run", "model": "linear", "size": "16", "epochs": 1, "narrator": Silent()}
    train("digits", **arguments)
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    (tmp_path / "run" / "environment.json").write_text(json.dumps({**environment, "threads": "77"}))
    (tmp_path / "run" / "report.json").unlink()
    report = train("digits", **arguments).report
    found = [finding for finding in report["findings"] if finding["code"] == "environment-changed"]
    assert [finding["evidence"] for finding in found] == [[f"threads: 77 -> {environment['threads']}"]]


def test_what_a_killed_process_left_half_written_is_swept_away(tmp_path):
    run = tmp_path / "run"
    train("digits", out=run, model="linear", size="16", epochs=1, narrator=Silent())
    halves = [run / ".model.sightline.abc", run / "checkpoints" / ".last.safetensors.abc"]
    for half in halves:
        half.write_bytes(b"half")
    (run / "report.json").unlink()
    train("digits", out=run, model="linear", size="16", epochs=1, narrator=Silent())
    assert not any(half.exists() for half in halves)


def test_widths_that_are_no_whole_numbers_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="hidden"):
        train("digits", out=tmp_path / "run", model="mlp", hidden=[1.5])
