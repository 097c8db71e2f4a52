"""Shallow classifiers: one vector a picture to scores."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Trial:
    """One value that was tried.

    Args:
        value: The penalty's strength, the number of neighbours, or the passes over the training pictures.
        training_accuracy: 0 to 1, on the training part or a sample of it.
        validation_accuracy: 0 to 1; the best one is kept.
    """

    value: float
    training_accuracy: float
    validation_accuracy: float


@dataclass(frozen=True, eq=False)
class FittedClassifier:
    """A classifier that has been fitted.

    Args:
        scores: A module from standardised features (N, F) float32 to scores (N, C), higher for likelier.
        what: What was tried, in words: ``"strength"``, ``"neighbours"``, ``"passes"``, or ``""``.
        trials: In the order in which they were tried; none if there is nothing to choose.
        chosen: Place of the kept one in `trials`; 0 if there is none.
        remarks: Sentences on what had to be done otherwise than the plan asks.
    """

    scores: nn.Module
    what: str
    trials: tuple[Trial, ...]
    chosen: int
    remarks: tuple[str, ...] = ()
