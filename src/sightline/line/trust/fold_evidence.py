"""Labels judged by a model that is learnt in folds: every picture by the one that has not learnt from it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.findings import Finding, Severity
from sightline.core.seeding import derived_seed
from sightline.data.catalog import Catalog, Rows
from sightline.data.checks import PICTURE_CHECKS, check
from sightline.data.folds import Fold, Folds, fold_places, rows_to_divide
from sightline.data.survey.record import Surveyed
from sightline.evaluation.temperature import softmax
from sightline.line.crossval.trainings import prepared_for
from sightline.line.methods.heads_of_folds import FOLDS
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.methods.pace import LEAST_EPOCHS, MOST_EPOCHS
from sightline.line.narrator import Narrator, WithoutFindings
from sightline.line.reading import Divided, dividing
from sightline.line.resolution import decided, method_for
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.line.train import requested, require_one_seed
from sightline.models import MODELS

LOOKS = 60_000
"""At pictures, all epochs of a network together: right labels are learnt first, wrong ones by heart later, which spoils
what is said of other pictures. Of labels planted at random among 5,000 small pictures the answers of the fast recipe's
network found 68.8 % after 16 epochs and 65.6 % after 60."""

TAKEN = ("same-picture-two-classes", "near-equal-names")
"""Codes of findings that are about labels: they shall be judged, not mended first."""


def fold_evidence(catalog: Catalog, named: Mapping[str, Any], narrator: Narrator, *, seed: int) -> LabelEvidence:
    """Learn a model without each fold in turn and ask it about the fold; copies and groups are in one fold.

    Args:
        named: Settings of the training by their names, such as ``{"model": "quick-cnn"}``; minutes are for all folds.
        seed: Decides the folds, and everything in a training.

    Reference:
        D. Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, for short trainings.
        https://arxiv.org/abs/1706.05394

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible.
        RunError: A training diverged.
    """
    whole = replace(catalog, parts=("",) * len(catalog))
    accept = (*TAKEN, *named.get("accept", ()))
    with TemporaryDirectory(prefix="sightline-") as folder:
        out = Path(folder) / "folds"
        request = requested(
            whole,
            out=out,
            purpose="a model that judges labels",
            download=False,
            narrator=narrator,
            file=None,
            named={**named, "accept": accept, "seed": seed},
        )
        require_one_seed(request.settings, "leave it out: a model of each fold judges once")
        settings = request.settings.changed(minutes=request.settings["minutes"] / FOLDS)
        with dividing(request.catalog, settings, test_fraction=0.0, keep_in=out) as divide:
            divided = divide(narrator)
            narrator.tell_findings(_of_pictures(divided.surveyed, accept))
            return _evidence(divided, _short(settings, divided), out, WithoutFindings(narrator))


def _of_pictures(surveyed: Surveyed, accept: Sequence[str]) -> list[Finding]:
    """Return what keeps pictures from being judged; what a training of one's own would heed has no place here."""
    return [
        each for each in check(surveyed, accept=accept, checks=PICTURE_CHECKS) if each.severity is not Severity.NOTE
    ]


def _short(settings: Settings, divided: Divided) -> Settings:
    """Return settings with which a network does not learn long enough to know wrong labels by heart."""
    if settings["model"] not in MODELS:
        return settings
    pictures = len(rows_to_divide(divided.split)) * (FOLDS - 1) // FOLDS
    most = MOST_EPOCHS if settings.is_open("epochs") else settings["epochs"]
    return settings.named({"epochs": min(most, max(LEAST_EPOCHS, ceil(LOOKS / max(pictures, 1))))})


def _evidence(divided: Divided, settings: Settings, out: Path, narrator: Narrator) -> LabelEvidence:
    """Return what the models of all folds say, and how the others learnt each picture."""
    surveyed = divided.surveyed
    rows, labels = rows_to_divide(divided.split), surveyed.catalog.labels
    folds = _folds(surveyed, rows, seed=settings.split_seed)
    probabilities = np.zeros((len(labels), len(surveyed.catalog.classes)))
    margins, counts = np.zeros(len(labels)), np.zeros(len(labels))
    for fold, own, seen in _learnt(divided, folds, settings, out, narrator):
        probabilities[folds.held_out(fold)] = own.probabilities
        if seen is not None and seen.margins is not None:
            margins[seen.rows] += seen.margins
            counts[seen.rows] += 1
    return LabelEvidence(rows, probabilities[rows], _means(margins[rows], counts[rows]))


def _means(margins: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the mean margin of each picture, that of the middle one where no model learnt from it; None without any.

    Args:
        margins: (n,) added up over the models that learnt from each.
        counts: (n,) how many did.
    """
    learnt = counts > 0
    if not learnt.any():
        return None
    means = margins / np.maximum(counts, 1)
    return np.where(learnt, means, np.median(means[learnt]))


def _learnt(
    divided: Divided, folds: Folds, settings: Settings, out: Path, narrator: Narrator
) -> Iterator[tuple[Fold, LabelEvidence, LabelEvidence | None]]:
    """Yield each fold, what its model says of the pictures in it, and what of those that it learnt from."""
    method, labels = method_for(settings), divided.surveyed.catalog.labels
    for fold in folds:
        narrator.say(f"fold {fold.number} of {folds.count}: learning without it")
        prepared, run = prepared_for(divided, folds, fold, settings), Run(out / str(fold))
        run.folder.mkdir(parents=True)
        chosen = decided(prepared, settings, started=time.perf_counter(), run=run)
        learnt = method.learn(prepared, chosen, run=run, narrator=narrator)
        rows = folds.held_out(fold)
        answers = softmax(learnt.logits(prepared.pixels, rows).astype(np.float64))
        yield fold, LabelEvidence.calibrated(rows, labels[rows], answers), learnt.label_evidence(prepared)


def _folds(surveyed: Surveyed, rows: Rows, *, seed: int) -> Folds:
    places = fold_places(surveyed, rows, count=FOLDS, seed=derived_seed(seed, "suspects"))
    return Folds(FOLDS, places[None], digest="")
