"""A model for other programs: as ONNX or OpenVINO, in float or eight bits, with what that costs and gains."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from sightline.core.choose import choose
from sightline.core.errors import BundleError, DataError, RunError, SettingsError
from sightline.core.storage import require_writable, write_whole, writing
from sightline.core.text import escaped, listed
from sightline.data.catalog import Catalog, Rows
from sightline.data.survey import survey
from sightline.evaluation.report.overlap import Overlap
from sightline.imaging.photo import Pixels
from sightline.inference.bundle import TRAIN_AGAIN, Bundle, bundle_file, read_bundle
from sightline.inference.classifier import Classifier
from sightline.inference.export.openvino_files import opened_openvino, write_openvino
from sightline.inference.export.proof import TOLERANCE, Proof, compare, evenly
from sightline.inference.export.quantisation import quantised
from sightline.inference.graph import Graph, Probabilities
from sightline.inference.onnx_file import read_model, with_metadata
from sightline.inference.picture_digests import PictureDigests
from sightline.inference.signature import OUTPUT, classification
from sightline.inference.support.anchors import Anchors
from sightline.inference.support.roster import Roster
from sightline.inference.tasks import classifier_of, task_of
from sightline.line.answers import class_places
from sightline.line.narrator import Narrator
from sightline.line.overlap import overlap_of

Kind = Literal["onnx", "openvino"]
NumberType = Literal["int8"]
OPENVINO: Kind = "openvino"
ENDINGS: dict[Kind, str] = {"onnx": ".onnx", OPENVINO: ".xml"}
INT8: NumberType = "int8"
TIMED_RUNS, TIMED_PICTURES = 5, 32
LEAST_PICTURES = 2

Ask = Callable[[Pixels], Probabilities]


@dataclass(frozen=True)
class ExportRow:
    """What one form of the model costs and gains.

    Args:
        name: Its number type and its kind of file, such as ``"int8 for onnx"``.
        size_bytes: All its files together.
        pictures_per_second: Median of a few batches, on this machine.
        accuracy: 0 to 1, on the pictures that nothing was calibrated on; None without data.
    """

    name: str
    size_bytes: int
    pictures_per_second: float
    accuracy: float | None


@dataclass(frozen=True)
class Export:
    """The files of an export, and how they compare with the model that ships.

    Args:
        files: One for ONNX, two for OpenVINO.
        rows: The model as it ships first, then the exported one.
        proof: How far the two agree on real pictures; None without data.
        overlap: How many of those whose accuracy is told the model has seen before; None without data.
        left_out: Classes that were enrolled: the graph, and so the files, do not know them.
    """

    files: tuple[Path, ...]
    rows: tuple[ExportRow, ...]
    proof: Proof | None
    overlap: Overlap | None = None
    left_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline export --json`` prints: plain values."""
        return {
            "files": [str(file) for file in self.files],
            "rows": [asdict(row) for row in self.rows],
            "proof": None if self.proof is None else asdict(self.proof),
            "overlap": None if self.overlap is None else self.overlap.as_json(),
            "left_out": list(self.left_out),
        }

    def __repr__(self) -> str:
        """Return the names of the files, in one line."""
        return f"<Export {', '.join(map(str, self.files))}>"


@dataclass(frozen=True)
class _Pictures:
    """Real pictures with their classes.

    Args:
        calibration: (M, H, W, C) uint8, to learn the ranges of eight bits from.
        pixels: (N, H, W, C) uint8, other pictures to compare on.
        truth: (N,) int64, the class of each of `pixels`.
        digests: (N,) SHA-256 of the files of `pixels`, hexadecimal.
    """

    calibration: Pixels
    pixels: Pixels
    truth: Rows
    digests: tuple[str, ...]


def export(
    model: Path,
    *,
    to: Kind,
    out: Path,
    quantize: NumberType | None,
    data: Catalog | None,
    force: bool,
    narrator: Narrator,
) -> Export:
    """Write a model for other programs and compare it with the one that ships.

    Args:
        model: A ``model.sightline`` file, or a run's folder.
        to: The kind of file, ``"onnx"`` or ``"openvino"``.
        out: The file, which ends in ``.onnx`` or ``.xml``.
        quantize: ``"int8"`` to compute in eight bits; None keeps float32.
        data: Labelled pictures, to calibrate and to compare on; the two share no picture.
        force: Replace files that are there.
        narrator: Shows how many pictures have been read.

    Raises:
        BundleError: The model can't be read, or the exported one does not answer as it does.
        DataError: The pictures can't be used.
        RunError: There is something at `out` already, or it can't be written.
        SettingsError: There is no such kind of file or number type, or `out` has another ending than the kind.
        MissingExtraError: The kind's package is not installed.
    """
    files = _places(to, out)
    if quantize is not None:
        choose(quantize, {INT8: quantised}, kind="number type")
    _require_free(files, force=force)
    require_writable(out)
    bundle, left_out = as_learnt(read_bundle(bundle_file(model)))
    if left_out:
        narrator.say(f"left out, for the graph does not know what was enrolled: {listed([*map(repr, left_out)])}")
    classifier = classifier_of(bundle)
    pictures = None if data is None else _read(classifier, data, narrator)
    graph = read_model(classifier.graph).written()  # what was understood of it, and no other byte
    if quantize == INT8:
        narrator.say("quantising to eight bits")
        graph = quantised(graph, None if pictures is None else pictures.calibration)
    with writing(out):
        ask = _write(graph, to, out, classifier)
    proof = None if pictures is None else _agreement(ask, classifier, pictures.pixels, files, exact=quantize is None)
    rows = (
        _row("float32 as it ships", len(classifier.graph), classifier.probabilities, classifier, pictures),
        _row(
            f"{quantize or 'float32'} for {to}", sum(file.stat().st_size for file in files), ask, classifier, pictures
        ),
    )
    overlap = None if pictures is None else overlap_of(PictureDigests.of_bundle(bundle), pictures.digests)[0]
    return Export(files, rows, proof, overlap, left_out)


def as_learnt(bundle: Bundle) -> tuple[Bundle, tuple[str, ...]]:
    """Return a bundle as its training wrote it, and the names of the classes that were enrolled in it since.

    Raises:
        BundleError: Its graph gives no probabilities, or its task is not known here.
    """
    task = task_of(bundle.manifest)
    if [spec.name for spec in task.outputs(bundle.manifest)] != [OUTPUT]:
        raise BundleError(
            "only a classifier's graph can be exported; this model's graph gives embeddings, and what is enrolled "
            "lies beside it",
            hint="docs/bundle.md says how another program answers with both",
        )
    roster = task.rule(bundle).roster
    if roster is None or task.enrolled is None:
        return bundle, ()
    return task.enrolled(bundle, Roster.empty(roster.support.width), _no_anchors), roster.classes


def _no_anchors() -> Anchors:
    raise BundleError("a model without enrolled classes has no anchors", hint=TRAIN_AGAIN)


def described(bundle: Bundle) -> dict[str, str]:
    """Return the texts that an exported ONNX file carries; docs/bundle.md lists them."""
    manifest = bundle.manifest
    texts = {
        "sightline_classes": json.dumps(manifest["classes"], ensure_ascii=False),
        "sightline_preprocess": json.dumps(manifest["preprocess"]),
        "sightline_model": str(manifest["model"]["name"]),
        "sightline_licence": str(manifest.get("licence", "unstated")),
        "sightline_author": str(manifest.get("author", "unstated")),
    }
    return {key: escaped(text) for key, text in texts.items()}


def _places(to: Kind, out: Path) -> tuple[Path, ...]:
    ending = choose(to, {str(kind): ending for kind, ending in ENDINGS.items()}, kind="kind of file")
    if out.suffix != ending:
        raise SettingsError(f"--out is {out}; a file for {to} ends in {ending}", hint=f"name it {out.stem}{ending}")
    return (out, out.with_suffix(".bin")) if to == OPENVINO else (out,)


def _require_free(files: tuple[Path, ...], *, force: bool) -> None:
    taken = [file for file in files if file.exists()]
    if taken and not (force and all(file.is_file() for file in taken)):
        raise RunError(f"{taken[0]} exists", hint="choose another --out, or replace it with --force")


def _write(graph: bytes, to: Kind, out: Path, classifier: Classifier) -> Ask:
    """Write the files and return a function that asks them, read back from the disk."""
    if to == OPENVINO:
        write_openvino(graph, out)
        return opened_openvino(out, batch=classifier.batch)
    write_whole(out, with_metadata(graph, described(classifier.bundle)))
    signature = classification(classifier.format.shape, len(classifier.classes))
    graph_written = Graph(out.read_bytes(), signature, batch=classifier.batch)
    return lambda pixels: graph_written.run(pixels)[0]


def _read(classifier: Classifier, data: Catalog, narrator: Narrator) -> _Pictures:
    places = class_places(data, classifier.classes)
    with narrator.counting("reading pictures", len(data)) as advance:
        seen = survey(data, classifier.format, advance=advance)
    rows = seen.labelled_rows
    if seen.pixels is None or len(rows) < LEAST_PICTURES:
        raise DataError(
            f"{data.name} holds {len(rows)} pictures that can be read; expected two or more",
            hint="`sightline check DATA` says why",
        )
    calibration = evenly(rows, min(200, len(rows) // 2))
    others = np.setdiff1d(rows, calibration)
    digests = tuple(seen.digests[row] for row in others)
    return _Pictures(seen.pixels[calibration], seen.pixels[others], places[data.labels[others]], digests)


def _agreement(ask: Ask, classifier: Classifier, pixels: Pixels, files: tuple[Path, ...], *, exact: bool) -> Proof:
    """Return how far the exported model agrees with the one that ships.

    Raises:
        BundleError: They differ by more than rounding; the files are removed again.
    """
    proof, apart = compare(ask(pixels), classifier.probabilities(pixels))
    if exact and (apart or not proof.largest_difference < TOLERANCE):
        for file in files:
            file.unlink()
        raise BundleError(
            f"the exported model does not answer as the one that ships: on {proof.count} pictures the "
            f"probabilities differ by up to {proof.largest_difference:.3g} and {apart} have another class",
            hint="nothing was left at --out; take another --to",
        )
    return proof


def _row(name: str, size: int, ask: Ask, classifier: Classifier, pictures: _Pictures | None) -> ExportRow:
    shape = (TIMED_PICTURES, *classifier.format.shape)
    timed = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    ask(timed)
    seconds = []
    for _ in range(TIMED_RUNS):
        started = time.perf_counter()
        ask(timed)
        seconds.append(time.perf_counter() - started)
    accuracy = None
    if pictures is not None:
        accuracy = float((ask(pictures.pixels).argmax(axis=1) == pictures.truth).mean())
    return ExportRow(name, size, TIMED_PICTURES / median(seconds), accuracy)
