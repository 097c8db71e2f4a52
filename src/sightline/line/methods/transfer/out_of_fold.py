"""What heads say of pictures that they were not fitted to: each picture is answered by the head of another fold."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from sightline.classical.fitting import FittedScores
from sightline.classical.plan import Plan
from sightline.core.seeding import derived_seed
from sightline.data.catalog import Rows
from sightline.data.folds import NOWHERE, fold_places
from sightline.data.survey.record import Surveyed
from sightline.line.features.seen import Seen
from sightline.line.methods.heads_of_folds import FOLDS
from sightline.line.methods.transfer.curve import fit_head

Logits = npt.NDArray[np.float32]


def out_of_fold_logits(surveyed: Surveyed, seen: Seen, plan: Plan, *, seed: int) -> Logits | None:
    """Return what is said of each picture by a head that was fitted without its fold, (n, classes).

    Copies and groups are in one fold.

    Args:
        seen: What a base has seen of n pictures.
        plan: Of a head whose every value is given, so that a fold chooses nothing.
        seed: Decides which pictures are in which fold.

    Returns:
        In the order of the rows that were seen; None where a fold leaves no picture of some class to learn from.
    """
    logits = np.empty((len(seen.rows), seen.classes), dtype=np.float32)
    for learnt, judged in _folds(surveyed, seen, seed):
        if len(np.unique(seen.labels[learnt])) < seen.classes or not len(judged):
            return None
        fitted = fit_head(plan, seen, learnt, judged, seed=seed)
        logits[np.searchsorted(seen.rows, judged)] = logits_of(fitted, seen.of(judged))
    return logits


def logits_of(fitted: FittedScores, features: npt.NDArray[np.float32]) -> Logits:
    """Return what a head makes of features, (n, classes)."""
    with torch.inference_mode():
        scores: Logits = fitted.classifier.scores(fitted.standardise(torch.from_numpy(features))).numpy()
    return scores


def _folds(surveyed: Surveyed, seen: Seen, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield the rows to learn from and the rows that are judged, for each fold."""
    places = fold_places(surveyed, seen.rows, count=FOLDS, seed=derived_seed(seed, "out-of-fold"))
    for fold in range(1, FOLDS + 1):
        yield np.flatnonzero((places != fold) & (places != NOWHERE)), np.flatnonzero(places == fold)
