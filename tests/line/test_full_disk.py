"""Where there is no room, or no right, to write: two lines, what is done is kept, and the same command goes on."""

import json

import pytest

from sightline.core.errors import RunError
from sightline.data.survey import memory
from sightline.data.survey.process import mapped_pixels

TRAINED = ("--model", "linear", "--epochs", "2", "--baseline", "none")
FITTED = ("--model", "hog-svm")


def test_a_training_on_a_disk_that_fills_goes_on_to_the_same_model(command, few, tmp_path, room_for_files):
    words = ("train", few, *TRAINED, "--out")
    assert command(*words, tmp_path / "whole").status == 0
    for most in (100, 6_000, 11_000, 40_000):
        with room_for_files(most):
            outcome = command(*words, tmp_path / "run")
        assert outcome.status == 2
        assert outcome.err.splitlines()[-2].endswith("can't be written: File too large")
        assert "same command again" in outcome.err.splitlines()[-1]
    assert command(*words, tmp_path / "run").status == 0
    for name in ("model.sightline", "predictions.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_pipeline_s_features_find_no_room_in_words(command, few, tmp_path, room_for_files):
    with room_for_files(12_000):
        outcome = command("train", few, *FITTED, "--out", tmp_path / "run")
    assert (outcome.status, outcome.err.splitlines()[-2].endswith("File too large")) == (2, True)
    assert command("train", few, *FITTED, "--out", tmp_path / "run").status == 0


def test_an_evaluation_leaves_nothing_half_done_and_the_same_command_goes_on(
    command, finished, few, tmp_path, room_for_files
):
    words = ("evaluate", finished.model, few, "--out", tmp_path / "out")
    with room_for_files(10_000):
        outcome = command(*words)
    assert (outcome.status, "File too large" in outcome.err) == (2, True)
    assert list((tmp_path / "out").iterdir()) == []
    assert command(*words).status == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text())["test"]["count"] == 16


@pytest.mark.parametrize("name", ["predictions.csv", "report.html", "report.json"])
def test_an_evaluation_replaces_no_file_of_the_user_s(name, command, finished, few, tmp_path):
    (tmp_path / name).write_text("mine")
    outcome = command("evaluate", finished.model, few, "--out", tmp_path)
    assert (outcome.status, f"{name} exists" in outcome.err) == (2, True)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [
        ("augment", "FEW", "--out", "sheet.png", "--pictures", "2", "--variants", "1"),
        ("export", "RUN", "--to", "onnx", "--out", "model.onnx"),
        ("show", "RUN", "--html", "card.html"),
        ("inspect", "RUN", "--out", "inside.html"),
        ("predict", "RUN", "FEW", "--out", "answers.csv"),
        ("predict", "RUN", "FEW", "--out", "answers.json"),
    ],
)
def test_every_file_that_finds_no_room_is_said_and_written_by_the_same_command(
    words, command, finished, few, tmp_path, room_for_files, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    places = {"FEW": few, "RUN": finished.folder}
    words = [places.get(word, word) for word in words]
    with room_for_files(400):
        outcome = command(*words)
    assert outcome.status == 2
    assert outcome.err.splitlines()[-2].endswith("can't be written: File too large")
    assert command(*words).status == 0


@pytest.mark.parametrize("verb", ["train", "evaluate", "augment", "export", "predict", "show", "inspect"])
def test_a_place_below_a_file_is_said(verb, command, finished, few, tmp_path):
    (tmp_path / "file").write_text("mine")
    place = tmp_path / "file" / "below.png"
    words = {
        "train": (few, "--out", place, *TRAINED),
        "evaluate": (finished.model, few, "--out", place),
        "augment": (few, "--out", place),
        "export": (finished.model, "--to", "onnx", "--out", place.with_suffix(".onnx")),
        "predict": (finished.model, few, "--out", place.with_suffix(".csv")),
        "show": (finished.model, "--html", place),
        "inspect": (finished.model, "--out", place),
    }[verb]
    outcome = command(verb, *words)
    assert outcome.status == 2
    assert [line.split()[0] for line in outcome.err.splitlines()[-2:]] == ["error:", "->"]
    assert (tmp_path / "file").read_text() == "mine"


def test_pixels_that_find_no_room_on_the_disk_are_refused_before_they_are_mapped(tmp_path, room_for_files, monkeypatch):
    monkeypatch.setattr(memory, "MEMORY_SHARE", memory.memory_bytes())
    with room_for_files(1_000):
        with pytest.raises(RunError, match="File too large"):
            memory.pixel_room((10, 16, 16, 3), tmp_path)
        with pytest.raises(OSError, match="File too large"):
            mapped_pixels(tmp_path / "pixels", (8, 8, 3), "w+")
