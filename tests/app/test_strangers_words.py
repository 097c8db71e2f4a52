"""Names that strangers chose for classes, files and folders: no verb writes what steers a terminal, or ends over it."""

import csv
import json
import re
import zipfile
from pathlib import Path

import onnx
import pytest

from sightline.app.predictions.rows import Csv
from sightline.core.json_values import json_line
from sightline.core.text import STEERING, listed, shortened
from sightline.inference.prediction import Prediction

FIXTURE = Path(__file__).parents[1] / "inference" / "fixtures" / "version3.sightline"
CLASSES = ("\ud800\x1b]0;title\x07", "b\nerror: no\r\u2028", "\u202eevil\x9b31m")
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What no line may hold; line feeds and tabs are ours."""


@pytest.fixture(autouse=True)
def _as_on_a_terminal(monkeypatch):
    """Let click leave in what it takes out where nobody looks on."""
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model file whose maker chose every text in it."""
    path = tmp_path_factory.mktemp("odd") / "odd.sightline"
    with zipfile.ZipFile(FIXTURE) as good:
        parts = {name: good.read(name) for name in good.namelist()}
    manifest = json.loads(parts["manifest.json"])
    manifest |= {
        "classes": CLASSES,
        "licence": "\x1b[2J\ud800\n",
        "author": "\u202e",
        "environment": {"\x1b[5m": "\ud800"},
    }
    with zipfile.ZipFile(path, "w") as odd:
        for name, part in (parts | {"manifest.json": json.dumps(manifest)}).items():
            odd.writestr(name, part)
    return path


@pytest.fixture
def pictures(class_folders):
    """A folder of class folders, all of whose names would steer a terminal."""
    root = class_folders({"a\x1b]0;x\x07": 2, "b\u202e": 2}, root="set\x1b]0;y\x07")
    for path in sorted(root.rglob("*.png")):
        path.rename(path.with_name(f"{path.stem}\x1b]0;z\x07\n.png"))
    return root


def asked(verb, model, pictures, place):
    """Return the words of a command."""
    odd = place / "out\x1b]0;o\x07"
    return {
        "predict": ("predict", model, pictures),
        "predict json": ("predict", model, pictures, "--format", "json"),
        "predict csv": ("predict", model, pictures, "--out", odd.with_suffix(".csv")),
        "predict jsonl": ("predict", model, pictures, "--out", odd.with_suffix(".jsonl")),
        "predict document": ("predict", model, pictures, "--out", odd.with_suffix(".json")),
        "predict parquet": ("predict", model, pictures, "--out", odd.with_suffix(".parquet")),
        "predict nothing": ("predict", model, f"{pictures}/no"),
        "show": ("show", model, "--html", odd.with_suffix(".html")),
        "export": ("export", model, "--to", "onnx", "--out", odd.with_suffix(".onnx")),
        "inspect": ("inspect", model, next(pictures.rglob("*.png")), "--out", odd.with_suffix(".html")),
        "check": ("check", pictures),
        "check json": ("check", pictures, "--json"),
        "augment": ("augment", pictures, "--out", odd.with_suffix(".png")),
        "evaluate": ("evaluate", model, pictures),
        "train": ("train", pictures, "--model", "no\x1b]0;m\x07"),
        "summary": ("summary", "no\x1b]0;m\x07"),
    }[verb]


VERBS = ("predict", "predict json", "predict csv", "predict jsonl", "predict document", "predict parquet",
         "predict nothing", "show", "export", "inspect", "check", "check json", "augment", "evaluate", "train",
         "summary")  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_writes_what_steers_a_terminal_or_ends_over_a_name(verb, model, pictures, tmp_path, command):
    if verb == "predict parquet":
        pytest.importorskip("pyarrow")

    outcome = command(*asked(verb, model, pictures, tmp_path))

    assert outcome.status in (0, 1, 2)
    assert STEERS.findall(re.sub("\x1b\\[[0-9;]*m", "", outcome.out + outcome.err)) == []
    assert "\x1b]" not in outcome.out + outcome.err


def test_what_was_written_is_read_back(model, pictures, tmp_path, command):
    for ending in ("csv", "jsonl", "onnx"):
        verb = ("export", model, "--to", "onnx") if ending == "onnx" else ("predict", model, pictures, "--top", 3)
        assert command(*verb, "--out", tmp_path / f"a.{ending}").status == 0

    with (tmp_path / "a.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    texts = {entry.key: entry.value for entry in onnx.load(tmp_path / "a.onnx").metadata_props}

    assert {row["path"] for row in rows} == {str(path) for path in pictures.rglob("*.png")}
    assert {answer["label"] for line in lines for answer in line["probabilities"]} == set(CLASSES)
    assert tuple(json.loads(texts["sightline_classes"])) == CLASSES


def test_json_is_the_same_value_without_a_sign_that_steers():
    value = {"a\u202eb\x9b": ["\x1b[31m\u2028", "caf\xe9"]}

    text = json_line(value)

    assert STEERING.search(text) is None
    assert json.loads(text) == value
    assert "café" in text


def test_csv_is_escaped_where_it_is_looked_at_and_exact_where_it_is_kept():
    class Screen:
        def __init__(self, is_screen):
            self.text, self.isatty = "", lambda: is_screen

        def write(self, text):
            self.text += text

    shown, kept = Screen(is_screen=True), Screen(is_screen=False)
    for stream in (shown, kept):
        Csv(stream, 1, sets=False).add(Prediction("\x1b[31m.png", {"a\x1b]0;x\x07": 1.0}))

    assert "\x1b" not in shown.text
    assert "\x1b[31m.png" in kept.text


def test_long_words_and_many_are_cut_in_a_sentence():
    assert shortened("a" * 80) == "a" * 80
    assert shortened("a" * 81) == f"{'a' * 80}... (81 signs)"
    assert listed([]) == ""
    assert len(listed(["a" * 1000] * 1000)) < 1300
