"""Fitting a pipeline, one stage after the other, over as many pictures as there are.

    some patches -> projections and vocabularies -> features of every picture, in a file -> classifier

Memory holds a sample of local descriptors and a batch of pictures; the features lie in a file that is
mapped into memory. Each finished stage is kept in a folder, so that an interrupted run goes on.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.classical import CLASSIFIERS
from sightline.classical.building import Branch, SideBySide, Standardise, fill
from sightline.classical.choosing import NON_NEGATIVE
from sightline.classical.features import Features
from sightline.classical.plan import Plan
from sightline.classical.shallow import FittedClassifier
from sightline.classical.shallow.trials import accuracy
from sightline.core.errors import RunError
from sightline.core.pieces import pieces
from sightline.core.regular import require_regular
from sightline.core.seeding import derived_seed
from sightline.core.storage import reserve, write_whole, writing

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Counting = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

SAMPLED_PICTURES = 8_000
LEAST_SAMPLE, MOST_SAMPLE = 100_000, 400_000
SAMPLES_A_WORD = 250
ROWS_A_PIECE = 1024
WHOLE = ("vlad", "fisher", "bag")
"""Encoders whose vectors are normalised as a whole: columns keep their proportions."""
MEASURED_ROWS = 4096
REGULAR_VARIANCE = 1e-6
"""A column varies if its deviation is above a thousandth of the largest column's."""


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """The pictures that a pipeline is fitted on.

    Args:
        pixels: (N, H, W, C) uint8, perhaps memory-mapped.
        labels: (N,) int64, 0 to `classes` - 1.
        training: (n,) int64, the rows that are learnt from.
        validation: (v,) int64, the rows that strength and neighbours are chosen by.
    """

    pixels: Pixels
    labels: Rows
    training: Rows
    validation: Rows
    classes: int


class Selection(NamedTuple):
    """Some pictures, as they are or as their mirror images.

    Args:
        rows: (n,) int64, of `LabelledPictures.pixels`.
        mirrored: Whether left and right are exchanged.
    """

    rows: Rows
    mirrored: bool


@dataclass(frozen=True, eq=False)
class FittedScores:
    """The last two parts of a pipeline, fitted to features.

    Args:
        standardise: From features (N, F) to standardised ones.
        classifier: From these to scores, with everything that was tried.
        training_accuracy: 0 to 1, on some thousand pictures at most where nothing was tried.
        validation_accuracy: 0 to 1, as for the training part.
    """

    standardise: Standardise
    classifier: FittedClassifier
    training_accuracy: float
    validation_accuracy: float


@dataclass(frozen=True, eq=False)
class FittingRecord:
    """How the fitting of a pipeline went.

    Args:
        stages: The name of each stage and how many seconds it took.
        fitted: What makes scores of features.
        remarks: Sentences on what had to be done otherwise than the plan asks.
    """

    stages: tuple[tuple[str, float], ...]
    fitted: FittedScores
    remarks: tuple[str, ...]


def fit_pipeline(
    pipeline: nn.Sequential, plan: Plan, pictures: LabelledPictures, *, seed: int, folder: Path, counting: Counting
) -> FittingRecord:
    """Fit a pipeline in place; the same pictures and seed give the same bits.

    Args:
        pipeline: As `build_pipeline` made it.
        plan: The plan that `build_pipeline` made it from.
        pictures: Only the training rows are learnt from.
        seed: Of the vocabularies' samples and first words, and of the classifier's order of pictures.
        folder: Where finished stages are kept; at the end only ``vocabulary.safetensors`` is left in it.
        counting: Makes a progress bar from the name of what is counted and how many there are.

    Raises:
        SettingsError: The classifier can't take so many pictures, or such features.
        RunError: The folder can't be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    features: SideBySide = pipeline.get_submodule("features")  # type: ignore[assignment]
    clock = _Clock()
    remarks = _vocabularies(features, pictures, plan, seed=seed, kept=folder / "vocabulary.safetensors")
    clock.lap("vocabulary")
    selections = _selections(pictures, plan)
    values = _described(features, pictures, selections, folder / "features.f32", counting)
    clock.lap("features")
    labels = np.concatenate([pictures.labels[selection.rows] for selection in selections])
    count = sum(len(selection.rows) for selection in selections[:-1])
    fitted = fit_scores(plan, values, labels, count=count, classes=pictures.classes, seed=seed)
    pipeline.standardise, pipeline.scores = fitted.standardise, fitted.classifier.scores
    clock.lap("classifier")
    (folder / "features.f32").unlink()
    remarks = tuple(filter(None, (*remarks, *fitted.classifier.remarks)))
    return FittingRecord(tuple(clock.laps), fitted, remarks)


def fit_scores(plan: Plan, values: Floats, labels: Rows, *, count: int, classes: int, seed: int) -> FittedScores:
    """Fit the classifier of a plan to features; the same features and seed give the same bits.

    Args:
        plan: Its classifier, and what that reads.
        values: (N, F) float32, first those of the pictures that are learnt from, then those of the validation part.
        labels: (N,) int64, 0 to `classes` - 1.
        count: How many are learnt from.
        seed: Of the classifier's order of pictures.

    Raises:
        SettingsError: The classifier can't take so many pictures, or such features.
    """
    standardise = Standardise()
    standardise.fill(*standardised(values[:count], plan))
    mean, factor = standardise.mean.numpy(), standardise.factor.numpy()
    training, validation = (
        Features(values[part], labels[part], mean, factor, classes) for part in (slice(count), slice(count, None))
    )
    fit = CLASSIFIERS[plan.classifier].load()
    classifier: FittedClassifier = fit(training, validation, plan, seed=derived_seed(seed, "classifier"))
    return FittedScores(standardise, classifier, *_accuracies(classifier, training, validation))


def _accuracies(classifier: FittedClassifier, training: Features, validation: Features) -> tuple[float, float]:
    if classifier.trials:
        kept = classifier.trials[classifier.chosen]
        return kept.training_accuracy, kept.validation_accuracy
    return _accuracy(classifier, training), _accuracy(classifier, validation)


def _accuracy(classifier: FittedClassifier, part: Features) -> float:
    some = part.sample(MEASURED_ROWS)
    with torch.inference_mode():
        return accuracy(classifier.scores(part.rows(some)).numpy(), part.labels[some])


def standardised(values: Floats, plan: Plan) -> tuple[Floats, Floats]:
    """Return what is subtracted from each column and what it is multiplied by, (F,) float32 each.

    Histograms that an additive kernel compares stay as they are. Vectors that were normalised as a whole
    are centred and get one factor for all columns; other columns are scaled singly.

    Args:
        values: (N, F) float32, of the training part.
        plan: Its `classifier`, `kernel` and `encoder` are read.
    """
    width = values.shape[1]
    if plan.classifier == "kernel-svm" and plan.kernel in NON_NEGATIVE:
        return np.zeros(width, np.float32), np.ones(width, np.float32)
    mean, variance = _moments(values)
    if plan.encoder in WHOLE:
        factor = np.full(width, 1 / np.sqrt(max(variance.mean(), np.finfo(np.float32).tiny)))
    else:
        varies = variance > REGULAR_VARIANCE * max(variance.max(), np.finfo(np.float32).tiny)
        factor = np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1)), 0)
    return mean.astype(np.float32), factor.astype(np.float32)


def _moments(values: Floats) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and variance of each column, in pieces."""
    total, squares = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for rows in pieces(len(values), ROWS_A_PIECE):
        piece = values[rows].astype(np.float64)
        total += piece.sum(axis=0)
        squares += np.square(piece).sum(axis=0)
    mean = total / len(values)
    return mean, np.maximum(squares / len(values) - mean**2, 0)


def _vocabularies(
    features: SideBySide, pictures: LabelledPictures, plan: Plan, *, seed: int, kept: Path
) -> tuple[str, ...]:
    """Fit every branch's projection and encoder on patches of training pictures alone, or load them."""
    from safetensors.torch import save

    if kept.exists():
        return (_refilled(features, kept),)
    remarks: list[str] = []
    for number, branch in enumerate(features):
        remarks += _vocabulary(branch, pictures, plan, seed=derived_seed(seed, f"vocabulary {number}"))  # type: ignore[arg-type]
    remark = " ".join(filter(None, remarks))
    write_whole(
        kept, save({name: array.contiguous() for name, array in features.state_dict().items()}, {"remarks": remark})
    )
    return (remark,)


def _refilled(features: SideBySide, kept: Path) -> str:
    """Fill the branches with what was kept of them, and return what was remarked when they were fitted.

    Raises:
        RunError: The file is damaged, or of another pipeline.
    """
    from safetensors import SafetensorError, safe_open

    try:
        require_regular(kept)
        with safe_open(kept, framework="pt") as file:
            fill(features, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - it is no dict
            return str((file.metadata() or {}).get("remarks", ""))
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise RunError(
            f"{kept} is damaged, or of another pipeline: {error}", hint="begin the run anew with --force"
        ) from error


def _vocabulary(branch: Branch, pictures: LabelledPictures, plan: Plan, *, seed: int) -> Iterator[str]:
    if not (branch.projection.state_dict() or branch.encoder.state_dict()):
        return
    sample = _sample(branch, pictures, plan, seed=seed)
    yield branch.projection.fit(sample, seed=seed)
    with torch.inference_mode():
        projected = branch.projection(torch.from_numpy(sample)[None])[0].numpy()
    yield branch.encoder.fit(projected, seed=seed)


def _sample(branch: Branch, pictures: LabelledPictures, plan: Plan, *, seed: int) -> Floats:
    """Return local descriptors of training pictures, (M, D), drawn without regard to classes."""
    chance = np.random.default_rng(seed)
    wanted = int(np.clip(SAMPLES_A_WORD * plan.words, LEAST_SAMPLE, MOST_SAMPLE))
    count = min(SAMPLED_PICTURES, len(pictures.training))
    rows = np.sort(chance.choice(pictures.training, count, replace=False))
    patches = len(branch.descriptor.positions)
    each = min(patches, -(-wanted // count))
    parts = []
    with torch.inference_mode():
        for batch in _batches(pictures.pixels, rows, max(1, min(64, 2**22 // (patches * branch.descriptor.length)))):
            local = branch.descriptor(batch).numpy()
            places = chance.permuted(np.tile(np.arange(patches), (len(local), 1)), axis=1)[:, :each]
            parts.append(np.take_along_axis(local, places[:, :, None], axis=1).reshape(-1, local.shape[2]))
    return np.concatenate(parts)


def _selections(pictures: LabelledPictures, plan: Plan) -> list[Selection]:
    """Return what is described, in this order: all that is learnt from, then the validation part."""
    mirror_images = [Selection(pictures.training, mirrored=True)] if plan.mirrored == "yes" else []
    return [
        Selection(pictures.training, mirrored=False),
        *mirror_images,
        Selection(pictures.validation, mirrored=False),
    ]


def _described(
    features: SideBySide, pictures: LabelledPictures, selections: list[Selection], file: Path, counting: Counting
) -> Floats:
    """Return the features of some pictures, (n, F), in a file; a finished file is taken as it is."""
    shape = (sum(len(selection.rows) for selection in selections), features.length)
    if not file.exists():
        half = file.with_suffix(".half")
        values = _mapped(half, shape)
        with counting("describing pictures", shape[0]) as advance, torch.inference_mode():
            place = 0
            for batch in _selected(pictures, selections, features.batch):
                values[place : place + len(batch)] = features(batch).numpy()
                place += len(batch)
                advance(len(batch))
        values.flush()
        half.rename(file)
    return np.memmap(file, dtype=np.float32, mode="r+", shape=shape)


def _mapped(file: Path, shape: tuple[int, int]) -> "np.memmap[tuple[int, int], np.dtype[np.float32]]":
    """Make a file for (n, F) float32 and map it into memory."""
    with writing(file), file.open("wb+") as opened:
        reserve(opened.fileno(), math.prod(shape) * np.dtype(np.float32).itemsize)
        return np.memmap(opened, dtype=np.float32, mode="w+", shape=shape)


def _selected(pictures: LabelledPictures, selections: list[Selection], size: int) -> Iterator[torch.Tensor]:
    for selection in selections:
        for batch in _batches(pictures.pixels, selection.rows, size):
            yield batch.flip(2) if selection.mirrored else batch


def _batches(pixels: Pixels, rows: Rows, size: int) -> Iterator[torch.Tensor]:
    for piece in pieces(len(rows), size):
        yield torch.from_numpy(pixels[rows[piece]])


class _Clock:
    """Seconds of one stage after the other."""

    def __init__(self) -> None:
        self.laps: list[tuple[str, float]] = []
        self._since = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the seconds since the last lap."""
        now = time.perf_counter()
        self.laps.append((name, now - self._since))
        self._since = now
