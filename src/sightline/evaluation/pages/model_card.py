"""A model's card: what it is, what it was measured at, and how another program reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.core.percent import percent
from sightline.core.text import listed
from sightline.evaluation.calibration import Calibration
from sightline.evaluation.pages.page import page
from sightline.evaluation.pairs.clusters import clusters_words
from sightline.evaluation.trust.calibration_set import ORIGINS
from sightline.evaluation.words import interval_words

VERB = "show"
READING = """\
import json, zipfile
import numpy as np, onnxruntime
with zipfile.ZipFile("model.sightline") as bundle:
    manifest, graph = json.loads(bundle.read("manifest.json")), bundle.read("model.onnx")
session = onnxruntime.InferenceSession(graph)
pixels = np.zeros((1, {height}, {width}, {channels}), np.uint8)  # your pictures, fitted as docs/bundle.md says
({output},) = session.run(None, {{"pixels": pixels}})"""
BEFORE = ", before classes were enrolled"
NOBODY: Mapping[str, int] = {}
MEASURED = (
    ("accuracy", "accuracy"),
    ("baseline_accuracy", "always the largest class in training"),
    ("macro_f1", "macro F1"),
    ("balanced_accuracy", "balanced accuracy"),
)


@dataclass(frozen=True)
class ModelCard:
    """What a model is, what it was measured at, and how another program reads it.

    Args:
        title: The heading; the name of the file.
        classes: The names, in the order of the probabilities.
        facts: Groups of (name, value) below a heading each.
        reading: A program that asks the model without sightline.
        manifest: What the file says of itself.
        digest: SHA-256 of the file, hexadecimal.
    """

    title: str
    classes: tuple[str, ...]
    facts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    reading: str
    manifest: dict[str, Any]
    digest: str

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline show --json`` prints: plain values, by the names that the service has for them."""
        return {
            "name": self.title,
            "digest": self.digest,
            "classes": list(self.classes),
            "licence": str(self.manifest.get("licence", "unstated")),
            "figures": self.manifest.get("figures", {}),
            "card": self.manifest,
        }

    def __repr__(self) -> str:
        """Return the name of the file and how many classes its model knows, in one line."""
        return f"<ModelCard {self.title}: {len(self.classes):,} classes>"


def card_of(
    manifest: dict[str, Any],
    shape: tuple[int, int, int],
    *,
    name: str,
    size_bytes: int,
    digest: str,
    output: str = "probabilities",
    enrolled: Mapping[str, int] = NOBODY,
    strangers: str = "",
    expected: str = "",
) -> ModelCard:
    """Return the card of a model.

    Args:
        manifest: Checked, of any format version.
        shape: (H, W, C) of its pictures.
        name: What the file is called.
        size_bytes: Of the whole file.
        digest: SHA-256 of the file, hexadecimal.
        output: What the graph calls what it gives.
        enrolled: Each class that was enrolled, and by how many pictures.
        strangers: From where on a picture is of none of the classes, in words; ``""`` where nothing says it.
        expected: What enrolled classes bring and cost, in words; ``""`` where nothing says it.
    """
    height, width, channels = shape
    groups = {
        "Model": _model(manifest, size_bytes),
        "Pictures": [
            ("input", f"{height}x{width}x{channels} uint8"),
            *_texts(manifest["preprocess"]),
            *([("at a time", f"at most {manifest['batch']}")] if "batch" in manifest else []),
        ],
        "Enrolled without training": _enrolled(enrolled, len(manifest["classes"]), strangers, expected),
        f"Test figures{BEFORE if 0 < len(enrolled) < len(manifest['classes']) else ''}": _figures(
            manifest.get("figures", {})
        ),
        "Confidence": []
        if enrolled and not expected
        else [*_confidence(manifest.get("calibration")), *_unknowns(manifest.get("unknowns"))],
        "Graph against network": _proof(manifest.get("proof", {})),
        "Made on": _texts(manifest.get("environment", {})),
    }
    return ModelCard(
        title=name,
        classes=tuple(manifest["classes"]),
        facts=tuple((heading, tuple(rows)) for heading, rows in groups.items() if rows),
        reading=READING.format(height=height, width=width, channels=channels, output=output),
        manifest=manifest,
        digest=digest,
    )


def card_html(card: ModelCard) -> str:
    """Return the card as a page that asks for nothing outside itself; names are escaped and shortened."""
    return page("pages/model_card.html.jinja", title=card.title, kind=VERB, card=card)


def _model(manifest: dict[str, Any], size_bytes: int) -> list[tuple[str, str]]:
    parameters = manifest.get("parameters")
    return [
        ("name", str(manifest["model"]["name"])),
        ("parameters", "unstated" if parameters is None else f"{parameters:,}"),
        ("file", f"{size_bytes / 1e6:.3f} MB, format version {manifest['format_version']}"),
        ("licence", str(manifest.get("licence", "unstated"))),
        ("author", str(manifest.get("author", "unstated"))),
        ("split digest", str(manifest.get("split_digest", "unstated"))),
    ]


def _enrolled(counts: Mapping[str, int], classes: int, strangers: str, expected: str) -> list[tuple[str, str]]:
    if not counts:
        return []
    named = listed([f"{name} ({count:,})" for name, count in counts.items()])
    rows = [("classes, and by how many pictures", named)]
    if len(counts) < classes:
        rows.append(("the graph alone", f"knows the other {classes - len(counts):,} classes"))
    worded = (("a stranger is", strangers), ("to be expected", expected))
    return [*rows, *((name, words) for name, words in worded if words)]


def _figures(figures: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("test pictures", f"{figures['count']:,}")] if isinstance(figures.get("count"), int) else []
    for key, name in MEASURED:
        value, interval = figures.get(key), figures.get(f"{key}_interval")
        if not isinstance(value, float | int):
            continue
        rows.append((name, f"{percent(value)}{_ends(interval)}"))
    return [*rows, *_compared(figures)]


def _compared(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what was measured of a model that compares pictures."""
    rows = []
    for one in figures.get("episodes", []):
        task = one["task"]
        name = f"{task['ways']}-way {task['shots']}-shot{', within a group' if task['within'] else ''}"
        rows.append((name, f"{percent(one['accuracy'])}{_ends(one['interval'])}"))
    if "equal_error" in figures:
        rows.append(("equal error rate", f"{percent(figures['equal_error'])}{_ends(figures['equal_error_interval'])}"))
        rows.append(("on pictures of", clusters_words(figures["classes"], figures.get("groups", 0))))
    return rows


def _ends(interval: Any) -> str:
    """Return an interval in brackets; an older file may have one without width, which would only boast."""
    if not isinstance(interval, list) or interval[0] >= interval[1]:
        return ""
    return f" ({interval_words((interval[0], interval[1]))})"


def _confidence(entry: dict[str, Any] | None) -> list[tuple[str, str]]:
    if entry is None:
        return []
    calibration = Calibration.of_json(entry)
    return [
        ("calibrated on", f"{calibration.count:,} pictures {ORIGINS[calibration.origin]}"),
        ("logits multiplied by", f"{calibration.factor:.3g}"),
        ("a prediction set", f"is meant to hold the true class of {percent(calibration.level)} of pictures"),
    ]


def _unknowns(entry: Any) -> list[tuple[str, str]]:
    if not isinstance(entry, dict):
        return []
    count, rate = int(entry["count"]), float(entry["rate"])
    how = f"is refused by {entry['method']}, beside {count:,} known pictures, of which {percent(rate)} may be"
    return [("a picture of none of the classes", how)]


def _proof(proof: dict[str, Any]) -> list[tuple[str, str]]:
    if not proof:
        return []
    return [
        ("pictures", f"{proof['count']:,}"),
        ("same class", f"{proof['same_top1']:,}"),
        ("largest difference of a probability", f"{proof['largest_difference']:.2g}"),
    ]


def _texts(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(str(key), str(value)) for key, value in values.items()]
