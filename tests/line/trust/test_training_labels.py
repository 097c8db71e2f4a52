"""What a run says of the labels that it learnt from."""

import csv
import html
import json
import re
import shlex
from types import SimpleNamespace

import numpy as np

import sightline
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.narrator import Silent
from sightline.line.trust.training_labels import training_suspects


def test_a_network_names_the_wrong_labels_that_it_learnt_from_and_how_to_learn_without(
    class_folders, tmp_path, command
):
    parts = {"train": 50, "val": 10, "test": 10}
    folder = class_folders({f"{part}/{name}": count for part, count in parts.items() for name in ("ant", "bee")})
    (folder / "train" / "ant" / "3.png").rename(folder / "train" / "bee" / "wrong3.png")
    (folder / "train" / "bee" / "5.png").rename(folder / "train" / "ant" / "wrong5.png")
    options = {"model": "basic-cnn", "epochs": 8, "baseline": "none"}
    run = sightline.train(folder, out=tmp_path / "run", narrator=Silent(), **options)
    rows = list(csv.DictReader((run.folder / "suspects.csv").read_text().splitlines()))
    assert {row["path"].rpartition("/")[2] for row in rows if row["action"] != "keep"} == {"wrong3.png", "wrong5.png"}
    assert run.report["training_label_errors"]["count"] == 100
    (again,) = re.findall("learn again: <code>sightline (train .*)</code>", run.report_html.read_text())
    assert command(*shlex.split(html.unescape(again)), "--epochs", "1", "--quiet").status == 0
    report = json.loads((tmp_path / "run-corrected" / "report.json").read_text())
    assert "labels-corrected" in [finding["code"] for finding in report["findings"]]


def test_nothing_is_said_where_the_model_is_no_judge_or_shows_nothing():
    prepared = SimpleNamespace(catalog=SimpleNamespace(classes=("ant", "bee"), labels=np.arange(60) % 2))
    evidence = LabelEvidence(np.arange(60), np.eye(2)[np.arange(60) % 2])
    knows = SimpleNamespace(label_evidence=lambda _: evidence)
    assert "only 40" in training_suspects(knows, prepared, accuracy=0.4).errors.words
    assert training_suspects(knows, prepared, accuracy=0.9).errors.count == 60
    pipeline = SimpleNamespace(label_evidence=lambda _: None)
    assert "fitted at once" in training_suspects(pipeline, prepared, accuracy=0.9).errors.words
