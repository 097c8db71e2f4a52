import json
import os
import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

import sightline
from sightline.app.verbs.show import command
from sightline.core.errors import BundleError, RunError
from sightline.core.percent import percent


def shown(*words):
    outcome = CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)
    if outcome.exception:
        raise outcome.exception
    return outcome.output


def with_manifest(path, folder, **changes):
    """Return a copy of a model file with some of its manifest changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes)
    with zipfile.ZipFile(folder / "other.sightline", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return folder / "other.sightline"


def test_a_card_tells_what_the_model_is(finished):
    card = shown(finished.folder)
    assert card == shown(finished.model)
    figures = finished.report["test"]
    for told in ("linear", "16x16x3 uint8", "licence", "unstated", "ant, bee, cat, dog, eel, fox", "6 classes"):
        assert told in card
    assert f"{figures['count']:,}" in card
    assert f"{100 * figures['accuracy']:.1f} %" in card
    assert "largest difference of a probability" in card
    assert "onnxruntime.InferenceSession(graph)" in card


def test_the_page_asks_for_nothing_and_escapes_names(finished, tmp_path):
    classes = ["<script>alert(1)</script>", "b", "c", "d", "e", "日本"]
    page = tmp_path / "card.html"
    shown(with_manifest(finished.model, tmp_path, classes=classes), "--html", page)
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "日本" in html
    assert "http" not in html.replace("http-equiv", "")
    shown(finished.model, "--html", page)  # its own page is replaced
    page.write_text("mine")
    with pytest.raises(RunError, match="no page of `sightline show`"):
        shown(finished.model, "--html", page)
    assert page.read_text() == "mine"


def test_what_could_steer_a_terminal_is_made_visible(finished, tmp_path):
    model = with_manifest(finished.model, tmp_path, classes=["a\x1b[31m", "b\nc", "c", "d", "e", "f"])
    assert "\x1b" not in shown(model)
    assert "a\\x1b[31m, b\\nc" in shown(model)


def test_a_card_tells_what_is_known_of_confidence(finished, tmp_path):
    said = {"factor": 1.234, "level": 0.9, "threshold": 0.21, "count": 1500}
    card = shown(with_manifest(finished.model, tmp_path, calibration=said, batch=7))
    assert "1,500 pictures of the validation part" in card
    assert "1.23\n" in card
    assert "is meant to hold the true class of 90.0 % of pictures" in card
    assert "is refused by neighbours" in card
    assert "at most 7" in card


@pytest.mark.parametrize(
    "changes",
    [
        {"calibration": {}},
        {"calibration": {"factor": "1"}},
        {"batch": 0},
        {"classes": [1]},
        {"figures": {"accuracy": 0.5, "accuracy_interval": [1]}},
        {"proof": {"count": "x"}},
    ],
)
def test_a_manifest_that_makes_no_sense_is_told_with_its_file(changes, finished, tmp_path):
    with pytest.raises(BundleError, match=r"other\.sightline"):
        shown(with_manifest(finished.model, tmp_path, **changes))


def test_a_card_needs_neither_torch_nor_onnx_runtime(finished):
    code = (
        "import sys; from sightline.app.verbs.show import command\n"
        "command.main([sys.argv[1]], standalone_mode=False)\n"
        "print([name for name in ('torch', 'onnxruntime', 'rich', 'sklearn', 'jinja2') if name in sys.modules])"
    )
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, finished.model], check=True, capture_output=True, text=True, env=os.environ
    ).stdout
    assert told.splitlines()[-1] == "[]"


def test_an_interval_without_width_is_not_shown_and_the_largest_class_is(finished, tmp_path):
    figures = {"count": 4, "accuracy": 1.0, "accuracy_interval": [0.51, 1.0], "macro_f1": 1.0}
    figures |= {"macro_f1_interval": [1.0, 1.0], "balanced_accuracy": 1.0, "balanced_accuracy_interval": None}
    path = with_manifest(finished.model, tmp_path, figures=figures | {"baseline_accuracy": 0.5})
    rows = dict(dict(sightline.show(path).facts)["Test figures"])
    assert rows["macro F1"] == rows["balanced accuracy"] == percent(1)
    assert rows["accuracy"] == f"{percent(1)} (51.0 to {percent(1)})"
    assert rows["always the largest class in training"] == percent(0.5)
