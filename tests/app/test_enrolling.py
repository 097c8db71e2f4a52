"""The verbs that add a class and take it away, as their user types them."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sightline.inference.bundle import read_bundle, write_bundle
from sightline.inference.manifest import FIXED
from sightline.inference.tasks import load

MAIN = "import sys; from sightline.app.cli import main; sys.argv = ['sightline', *sys.argv[1:]]; "


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished.folder, tmp_path / "run")


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "gnu"
    folder.mkdir()
    for number in range(6):
        pixels = np.random.default_rng([9, number]).integers(0, 120, (16, 16, 3), dtype=np.uint8)
        pixels[:, 6:10] += 130
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_what_to_expect_is_said_where_the_features_know_no_class(run, pictures, command):
    bundle = read_bundle(run / "model.sightline")
    write_bundle(run / "model.sightline", replace(bundle, manifest=bundle.manifest | {FIXED: True}))
    ended = command("enroll", run, "gnu", pictures / "0.png", "--quiet")
    assert "to be expected: a class that is known by 1 picture" in ended.out
    card = command("show", run).out
    assert "learnt classes have stood for new ones" in card
    assert "a prediction set" in card


def test_a_class_is_enrolled_listed_shown_predicted_and_forgotten(run, pictures, command):
    ended = command("enroll", run, "gnu", pictures / "0.png", pictures / "1.png", "--quiet")
    assert (ended.status, ended.err) == (0, "")
    assert "gnu is known by 2 pictures; the model knows 7 classes" in ended.out
    assert "gnu  enrolled by 2 pictures" in command("classes", run).out
    card = command("show", run).out
    assert "gnu (2)" in card
    assert "before classes were enrolled" in card
    assert "prediction set" not in card
    row = command("predict", run, pictures / "3.png").out
    assert "gnu" in row
    assert "away, nearest" in row
    assert "gnu is forgotten; the model knows 6 classes" in command("forget", run, "gnu").out


def test_tables_of_answers_have_columns_for_the_nearest_picture(run, pictures, command, tmp_path):
    command("enroll", run, "gnu", pictures / "0.png")
    for kind in (".csv", ".json"):
        assert command("predict", run, pictures / "0.png", "--out", tmp_path / f"answers{kind}").status == 0
    header, row = (tmp_path / "answers.csv").read_text().splitlines()
    assert header == "path,label1,probability1,nearest,distance,refused,error"
    assert row.split(",")[3] == "0.png"
    (answer,) = json.loads((tmp_path / "answers.json").read_text())["results"]
    assert answer["match"]["picture"] == "0.png"


def test_the_cost_is_printed_where_labelled_pictures_are_at_hand(run, pictures, flowers, command):
    out = command("enroll", run, "gnu", pictures / "0.png", "--check", flowers, "--quiet").out
    assert "old classes before" in out
    assert "of 84 pictures" in out
    assert "new classes         no pictures" in out


def test_what_was_changed_is_said_as_json(run, pictures, command):
    said = json.loads(command("enroll", run, "gnu", pictures, "--json", "--quiet").out)
    assert (said["name"], said["pictures"], said["cost"]) == ("gnu", 6, None)
    assert said["digest"] == load(run).digest
    assert json.loads(command("classes", run, "--json").out)["gnu"] == 6


def test_mistakes_end_in_two_lines_and_status_2(run, pictures, command):
    for words in (("enroll", run, "ant", pictures / "0.png"), ("forget", run, "gnu"), ("classes", pictures)):
        ended = command(*words)
        assert ended.status == 2
        assert ended.err.startswith("error: ")
        assert len(ended.err.splitlines()) == 2


def test_an_export_says_what_it_leaves_out(run, pictures, command, tmp_path):
    command("enroll", run, "gnu", pictures / "0.png")
    ended = command("export", run, "--to", "onnx", "--out", tmp_path / "model.onnx")
    assert "left out, for the graph does not know what was enrolled: 'gnu'" in ended.err
    assert b"gnu" not in (tmp_path / "model.onnx").read_bytes()


def test_evaluation_knows_the_enrolled_class(run, pictures, command):
    command("enroll", run, "gnu", pictures / "0.png", pictures / "1.png", pictures / "2.png")
    figures = json.loads(command("evaluate", run, pictures.parent, "--json", "--quiet", "--folders", "classes").out)
    assert figures["classes"][-1] == "gnu"


@pytest.mark.parametrize("verb", ["enroll", "forget", "classes", "verify"])
def test_no_verb_of_enrolling_imports_torch(run, pictures, verb, command):
    command("enroll", run, "yak", pictures / "5.png")
    words = {
        "enroll": (run, "gnu", pictures / "0.png"),
        "forget": (run, "yak"),
        "classes": (run,),
        "verify": (run, pictures / "0.png", pictures / "1.png"),
    }[verb]
    code = (
        f"{MAIN}import atexit; atexit.register(lambda: print('torch' in sys.modules, 'scipy' in sys.modules)); main()"
    )
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code, verb, *words], capture_output=True, text=True, check=False, cwd=run
    )
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "False False"), ended.stderr
