import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.data.catalog import Sample, catalog_of
from sightline.data.sources import ArraySource
from sightline.line.methods import METHODS
from sightline.line.narrator import Silent
from sightline.line.settings.values import Settings


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working directory, with pictures in a folder of an awkward name."""
    chance = np.random.default_rng(0)
    for label, name in enumerate(("ant", "it's & bee")):
        (tmp_path / "my pictures" / name).mkdir(parents=True)
        for number in range(12):
            pixels = chance.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            pixels[6 * label : 6 * label + 6] //= 3
            Image.fromarray(pixels).save(tmp_path / "my pictures" / name / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def steps_of(folder):
    return json.loads((folder / "report.json").read_text())["next_steps"]


@pytest.mark.parametrize("model", ["mlp", "hog-svm"])
def test_every_command_runs_as_it_stands(model, place, command):
    settings = ["--model", model, *(["--epochs", "2", "--set", "hidden=4"] if model == "mlp" else [])]
    outcome = command("train", "my pictures", "--out", "-run 1", "--set", "test_fraction=0.3", *settings)
    assert outcome.status == 0
    steps = steps_of(place / "-run 1")
    assert 3 <= len(steps) <= 6
    page = (place / "-run 1" / "report.html").read_text()
    for step in steps:
        assert f"  {step['words']}:\n    {step['command']}\n" in outcome.out
        assert step["words"] in page
        program, verb, *words = shlex.split(step["command"])
        assert program == "sightline"
        if verb == "crossval":
            words += ["--dry-run"]  # six trainings would say no more
        if verb != "serve":  # it would not end
            assert command(verb, *words).status in ((0, 1) if verb == "check" else (0,)), step
    assert [step["command"].split()[1] for step in steps][-2:] == ["evaluate", "serve"]


def test_the_simple_pipeline_that_is_recommended_is_one_command_away(place, command):
    Path("mended.csv").write_text("path,given,likelier,action\nant/0.png,ant,it's & bee,drop\n")
    words = ["--model", "mlp", "--epochs", "1", "--set", "hidden=2", "seed=3", "--corrections", "mended.csv"]
    command("train", "my pictures", "--out", "run", *words)
    report = json.loads((place / "run" / "report.json").read_text())
    assert "Take the simple one" in report["comparison"]["words"]
    program, verb, *words = shlex.split(steps_of(place / "run")[0]["command"])
    assert (program, verb) == ("sightline", "train")
    assert command(verb, *words).status == 0
    simple = json.loads((place / "run-simple" / "report.json").read_text())
    assert simple["model"] == report["comparison"]["name"]
    assert "mended.csv" in (place / "run-simple" / "settings.toml").read_text()
    assert simple["split"]["digest"] == report["split"]["digest"]
    assert simple["preprocess"]["height"] == report["preprocess"]["height"]


def test_pictures_of_this_process_alone_are_in_no_command(tmp_path):
    chance = np.random.default_rng(0)
    pixels, labels = chance.integers(0, 256, (24, 8, 8, 3), dtype=np.uint8), ["a", "b"] * 12
    source = ArraySource(pixels)
    samples = [Sample(f"{number}", label) for number, label in enumerate(labels)]
    catalog = catalog_of(samples, name="mine", source=source, classes=("a", "b"))
    sightline.train(catalog, out=tmp_path / "run", model="linear", epochs=1, narrator=Silent())
    commands = [step["command"] for step in steps_of(tmp_path / "run")]
    assert [text.split()[1] for text in commands] == ["inspect", "show", "export", "serve"]
    assert all(str(tmp_path / "run") in text for text in commands)


@pytest.mark.parametrize(
    ("verdict", "before", "after"),
    [
        ("still-improving", {"epochs": 7, "minutes": 0.0}, {"epochs": 14}),
        ("too-short", {"epochs": 2, "minutes": 0.5}, {"minutes": 1.0}),
        ("overfitting", {"augment": 0.5}, {"augment": 0.75}),
        ("overfitting", {"augment": 0.9}, {"augment": 1.0}),
        ("overfitting", {"augment": 1.0, "seed": 4}, {"seed": 5}),
        ("nothing-missing", {"seed": 4}, {"seed": 5}),
        ("levelled-off", {"seed": 4}, {"seed": 5}),
    ],
)
def test_a_network_is_improved_by_what_its_verdict_asks_for(verdict, before, after):
    settings = replace(Settings(), values={**Settings().values, **before})
    assert METHODS["network"].improvement(settings, verdict)[1] == after


@pytest.mark.parametrize(("verdict", "changed"), [("sound", "model"), ("nothing-missing", "seed")])
def test_a_pipeline_is_compared_with_a_network_unless_nothing_is_missing(verdict, changed):
    assert set(METHODS["pipeline"].improvement(Settings(), verdict)[1]) == {changed}


def test_a_run_s_pages_go_when_it_is_begun_anew(place, command):
    words = ["train", "my pictures", "--out", "run", "--model", "linear", "--epochs", "1"]
    command(*words)
    assert Path("run/mistakes.html").exists()
    (place / "run" / "mistakes.html").write_text("old")
    command(*words, "--force")
    assert (place / "run" / "mistakes.html").read_text() != "old"


def test_the_report_of_an_evaluation_ends_with_commands_that_run_as_they_stand(place, command):
    assert command("train", "my pictures", "--out", "-run 1", "--model", "mlp", "--epochs", "1", "--quiet").status == 0
    Image.new("RGB", (16, 16), "red").save("my pictures/ant/more.png")

    outcome = command("evaluate", "./-run 1", "my pictures", "--out", "./-out 1")

    steps = steps_of(place / "-out 1")
    verbs = []
    for step in steps:
        assert f"  {step['words']}:\n    {step['command']}\n" in outcome.out
        _, verb, *words = shlex.split(step["command"])
        verbs.append(verb)
        if verb != "serve":
            assert command(verb, *words).status in ((0, 1) if verb == "check" else (0,)), step
    assert (verbs[0], verbs[-1]) == ("evaluate", "serve")
    assert "--new-only" in steps[0]["command"]
    assert 2 <= len(steps) <= 5


def test_the_folders_that_were_named_are_named_in_what_comes_next(place, command):
    for name in ("x", "y"):
        (place / "tree" / name).mkdir(parents=True)
    Path("my pictures").rename("tree/train")
    Image.new("RGB", (16, 16), "red").save("tree/x/1.png")
    flags = ("--model", "linear", "--epochs", "1", "--quiet", "--folders", "parts")

    assert command("train", "tree", "--out", "run", *flags).status == 0

    for step in steps_of(place / "run"):
        verb, *words = shlex.split(step["command"])[1:]
        if verb in ("train", "check", "evaluate"):
            assert "parts" in step["command"] or "--config" in words
            assert command(verb, *words).status in ((0, 1) if verb == "check" else (0,)), step


@pytest.mark.usefixtures("place")
def test_models_and_pictures_of_this_process_alone_have_no_command():
    run = sightline.train("my pictures", out="run", model="linear", epochs=1, narrator=Silent())

    assert sightline.evaluate(run.classifier(), "my pictures", narrator=Silent()).steps == ()
    assert sightline.evaluate("run", sightline.open_catalog("my pictures"), narrator=Silent()).steps == ()
