"""Fitting a pipeline, one stage after the other, over as many pictures as there are.

    some patches -> projections and vocabularies -> features of every picture, in a file -> classifier

Memory holds a sample of local descriptors and a batch of pictures; the features lie in a file that is
mapped into memory. Each finished stage is kept in a folder, so that an interrupted fit goes on.
"""

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
from sightline.classical.building import Branch, SideBySide, fill
from sightline.classical.choosing import NON_NEGATIVE
from sightline.classical.features import Features
from sightline.classical.plan import Plan
from sightline.classical.shallow import Fitted
from sightline.classical.shallow.trials import accuracy
from sightline.core.seeding import derived_seed
from sightline.core.storage import write_whole

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Counting = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

SAMPLED_PICTURES = 8_000
LEAST_SAMPLE, MOST_SAMPLE = 100_000, 400_000
SAMPLES_A_WORD = 250
WHOLE = ("vlad", "fisher", "bag")
"""Encoders whose vectors are normalised as a whole: columns keep their proportions."""
MEASURED_ROWS = 4096
REGULAR_VARIANCE = 1e-6
"""A column varies if its deviation is above a thousandth of the largest column's."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures to fit a pipeline on.

    Args:
        pixels: (N, H, W, C) uint8, perhaps memory-mapped.
        labels: (N,) int64.
        training: Rows that are learnt from.
        validation: Rows that the penalty's strength is chosen by.
        classes: Number of classes.
    """

    pixels: Pixels
    labels: Rows
    training: Rows
    validation: Rows
    classes: int


class View(NamedTuple):
    """Some pictures, as they are or as their mirror images.

    Args:
        rows: (n,) which of them.
        mirrored: Whether left and right are exchanged.
    """

    rows: Rows
    mirrored: bool


@dataclass(frozen=True, eq=False)
class Course:
    """How a fit went.

    Args:
        stages: Name and seconds of each.
        fitted: The classifier with everything that was tried.
        training_accuracy: 0 to 1, on some thousand pictures at most where nothing was tried.
        validation_accuracy: 0 to 1.
        remarks: Sentences on what had to be done differently than asked.
    """

    stages: tuple[tuple[str, float], ...]
    fitted: Fitted
    training_accuracy: float
    validation_accuracy: float
    remarks: tuple[str, ...]


def fit_pipeline(
    pipeline: nn.Sequential, plan: Plan, examples: Examples, *, seed: int, folder: Path, counting: Counting
) -> Course:
    """Fit a pipeline in place; the same examples and seed give the same bits.

    Args:
        pipeline: As `build_pipeline` made it.
        plan: What it was made from.
        examples: Pictures; only the training rows are learnt from.
        seed: Decides what is left to chance.
        folder: Where finished stages are kept; left with ``vocabulary.safetensors`` alone.
        counting: Makes a progress bar: takes what is counted and how many there are.

    Raises:
        SettingsError: The classifier can't take so many pictures, or such features.
    """
    folder.mkdir(parents=True, exist_ok=True)
    features: SideBySide = pipeline.get_submodule("features")  # type: ignore[assignment]
    clock = _Clock()
    remarks = _vocabularies(features, examples, plan, seed=seed, kept=folder / "vocabulary.safetensors")
    clock.lap("vocabulary")
    views = _views(examples, plan)
    values = _described(features, examples, views, folder / "features.f32", counting)
    clock.lap("features")
    count = sum(len(view.rows) for view in views[:-1])
    mean, factor = standardised(values[:count], plan)
    pipeline.get_submodule("standardise").fit(mean, factor)  # type: ignore[operator]
    labels = np.concatenate([examples.labels[view.rows] for view in views])
    training, validation = (
        Features(values[part], labels[part], mean, factor, examples.classes)
        for part in (slice(count), slice(count, None))
    )
    fitted: Fitted = CLASSIFIERS[plan.classifier].load()(
        training, validation, plan, seed=derived_seed(seed, "classifier")
    )
    pipeline.scores = fitted.scores
    clock.lap("classifier")
    (folder / "features.f32").unlink()
    told = tuple(filter(None, (*remarks, *fitted.remarks)))
    return Course(tuple(clock.laps), fitted, *_accuracies(fitted, training, validation), told)


def _accuracies(fitted: Fitted, training: Features, validation: Features) -> tuple[float, float]:
    if fitted.trials:
        kept = fitted.trials[fitted.chosen]
        return kept.training_accuracy, kept.validation_accuracy
    return _accuracy(fitted, training), _accuracy(fitted, validation)


def _accuracy(fitted: Fitted, part: Features) -> float:
    some = part.sample(MEASURED_ROWS)
    with torch.inference_mode():
        return accuracy(fitted.scores(part.rows(some)).numpy(), part.labels[some])


def standardised(values: Floats, plan: Plan) -> tuple[Floats, Floats]:
    """Return what is subtracted from each column and what it is multiplied by, (F,) float32 each.

    Histograms that an additive kernel compares stay as they are. Vectors that were normalised as a whole
    are centred and get one factor for all columns; other columns are scaled singly.

    Args:
        values: (N, F) of the training part.
        plan: Of the pipeline.
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
    for start in range(0, len(values), 1024):
        piece = values[start : start + 1024].astype(np.float64)
        total += piece.sum(axis=0)
        squares += np.square(piece).sum(axis=0)
    mean = total / len(values)
    return mean, np.maximum(squares / len(values) - mean**2, 0)


def _vocabularies(features: SideBySide, examples: Examples, plan: Plan, *, seed: int, kept: Path) -> list[str]:
    """Fit every branch's projection and encoder on patches of training pictures alone, or load them."""
    from safetensors import safe_open
    from safetensors.torch import save

    if kept.exists():
        with safe_open(kept, framework="pt") as file:
            fill(features, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - it is no dict
            return [(file.metadata() or {}).get("remarks", "")]
    remarks: list[str] = []
    for number, branch in enumerate(features):
        remarks += _vocabulary(branch, examples, plan, seed=derived_seed(seed, f"vocabulary {number}"))  # type: ignore[arg-type]
    told = " ".join(filter(None, remarks))
    write_whole(
        kept, save({name: array.contiguous() for name, array in features.state_dict().items()}, {"remarks": told})
    )
    return [told]


def _vocabulary(branch: Branch, examples: Examples, plan: Plan, *, seed: int) -> Iterator[str]:
    if not (branch.projection.state_dict() or branch.encoder.state_dict()):
        return
    sample = _sample(branch, examples, plan, seed=seed)
    yield branch.projection.fit(sample, seed=seed)
    with torch.inference_mode():
        projected = branch.projection(torch.from_numpy(sample)[None])[0].numpy()
    yield branch.encoder.fit(projected, seed=seed)


def _sample(branch: Branch, examples: Examples, plan: Plan, *, seed: int) -> Floats:
    """Return local descriptors of training pictures, (M, D), drawn without regard to classes."""
    chance = np.random.default_rng(seed)
    wanted = int(np.clip(SAMPLES_A_WORD * plan.words, LEAST_SAMPLE, MOST_SAMPLE))
    count = min(SAMPLED_PICTURES, len(examples.training))
    rows = np.sort(chance.choice(examples.training, count, replace=False))
    patches = len(branch.descriptor.positions)
    each = min(patches, -(-wanted // count))
    parts = []
    with torch.inference_mode():
        for batch in _batches(examples.pixels, rows, max(1, min(64, 2**22 // (patches * branch.descriptor.length)))):
            local = branch.descriptor(batch).numpy()
            places = chance.permuted(np.tile(np.arange(patches), (len(local), 1)), axis=1)[:, :each]
            parts.append(np.take_along_axis(local, places[:, :, None], axis=1).reshape(-1, local.shape[2]))
    return np.concatenate(parts)


def _views(examples: Examples, plan: Plan) -> list[View]:
    """Return what is described, in this order: all that is learnt from, then the validation part."""
    mirror_images = [View(examples.training, mirrored=True)] if plan.mirrored == "yes" else []
    return [View(examples.training, mirrored=False), *mirror_images, View(examples.validation, mirrored=False)]


def _described(features: SideBySide, examples: Examples, views: list[View], file: Path, counting: Counting) -> Floats:
    """Return the features of some pictures, (n, F), in a file; a finished file is taken as it is."""
    shape = (sum(len(view.rows) for view in views), features.length)
    if not file.exists():
        half = file.with_suffix(".half")
        values = np.memmap(half, dtype=np.float32, mode="w+", shape=shape)
        with counting("describing pictures", shape[0]) as advance, torch.inference_mode():
            place = 0
            for batch in _pictures(examples, views, features.batch):
                values[place : place + len(batch)] = features(batch).numpy()
                place += len(batch)
                advance(len(batch))
        values.flush()
        half.rename(file)
    return np.memmap(file, dtype=np.float32, mode="r+", shape=shape)


def _pictures(examples: Examples, views: list[View], size: int) -> Iterator[torch.Tensor]:
    for view in views:
        for batch in _batches(examples.pixels, view.rows, size):
            yield batch.flip(2) if view.mirrored else batch


def _batches(pixels: Pixels, rows: Rows, size: int) -> Iterator[torch.Tensor]:
    for start in range(0, len(rows), size):
        yield torch.from_numpy(pixels[rows[start : start + size]])


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
