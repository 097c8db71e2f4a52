"""Which of several values is kept: the one that is right most often on the validation part."""

from collections.abc import Iterable
from math import sqrt
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sightline.classical.features import Labels
from sightline.classical.shallow import Trial

PATIENCE = 2

T = TypeVar("T")


def accuracy(scores: npt.NDArray[np.floating[Any]], labels: Labels) -> float:
    """Return the share of pictures, at least one, whose highest score, the first of equals, is their class's."""
    return float(np.mean(scores.argmax(axis=1) == labels))


def kept(attempts: Iterable[tuple[Trial, T]], *, pictures: int) -> tuple[tuple[Trial, ...], int, T]:
    """Make one attempt after the other and keep the best; no more are made once accuracy has clearly fallen.

    Args:
        attempts: At least one, simple ones first; of equals the first is kept.
        pictures: How many the validation part has.

    Returns:
        All trials that were made, which one is kept, and what came of it.
    """
    trials = list[Trial]()
    for trial, result in attempts:
        trials.append(trial)
        if _best(trials) == len(trials) - 1:
            best = result
        if _is_past_best(trials, pictures):
            break
    return tuple(trials), _best(trials), best


def _best(trials: list[Trial]) -> int:
    return max(range(len(trials)), key=lambda number: trials[number].validation_accuracy)


def _is_past_best(trials: list[Trial], pictures: int) -> bool:
    """Return whether the last two trials are worse than the best one by more than its standard error."""
    top = trials[_best(trials)].validation_accuracy
    error = sqrt(top * (1 - top) / pictures)
    return all(top - trial.validation_accuracy > error for trial in trials[-PATIENCE:])
