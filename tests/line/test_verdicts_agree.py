"""What a run says in one place does not contradict what it says in another."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def noise(tmp_path):
    """A folder of two classes that no model can tell apart, one of them larger."""
    chance = np.random.default_rng(3)
    for name, count in (("cat", 28), ("dog", 20)):
        (tmp_path / "noise" / name).mkdir(parents=True)
        for number in range(count):
            pixels = chance.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "noise" / name / f"{number}.png")
    return tmp_path / "noise"


def test_a_model_that_is_not_worth_using_says_so_first_everywhere(noise, command, tmp_path):
    words = ["--model", "mlp", "--set", "hidden=4", "test_fraction=0.5", "--seed", "1", "--epochs", "3"]
    outcome = command("train", noise, "--out", tmp_path / "run", *words)
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["test"]["accuracy"] <= report["test"]["baseline_accuracy"]
    assert report["worth"]["kind"] == "useless"
    assert outcome.out.startswith("Don't use it: ")
    result = (tmp_path / "run" / "report.html").read_text().split('<section id="result"')[1]
    assert re.match(r'[^>]*>\s*<p class="finding error"><strong>Don&#39;t use it: ', result)
    assert ": good" not in report["verdict"]["words"]
    assert "earned its keep: " not in report["comparison"]["words"]


def test_an_evaluation_says_it_first_too(trained, command, tmp_path):
    (trained / "list.csv").write_text("path,label\n" + "".join(f"bee/{n}.png,ant\nant/{n}.png,bee\n" for n in range(8)))
    outcome = command("evaluate", tmp_path / "run", trained / "list.csv", "--out", tmp_path / "swapped")
    assert outcome.out.startswith("Don't use it: ")
    assert json.loads((tmp_path / "swapped" / "report.json").read_text())["worth"]["kind"] == "useless"


def test_where_nothing_went_wrong_no_mean_has_an_interval(trained, command, tmp_path):
    with (tmp_path / "run" / "predictions.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if float(row["probability:" + row["truth"]]) > 0.5]
    (trained / "right.csv").write_text("path,label\n" + "".join(f"{row['path']},{row['truth']}\n" for row in rows))
    outcome = command("evaluate", tmp_path / "run", trained / "right.csv", "--out", tmp_path / "right")
    assert re.search(r"macro F1 +100.0.%\n", outcome.out)
    assert re.search(r"balanced accuracy +100.0.%\n", outcome.out)
    assert json.loads((tmp_path / "right" / "report.json").read_text())["test"]["macro_f1_interval"] is None
    assert "100.0 to 100.0" not in (tmp_path / "right" / "report.html").read_text() + outcome.out
