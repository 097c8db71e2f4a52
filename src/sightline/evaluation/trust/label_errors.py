"""Which labels look wrong: where answers of a model that had not seen a picture contradict its label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.scores import PERCENTILES, checked

DRAWS = 200
LEAST = 1e-12
FEWEST, FEWEST_OF_A_CLASS = 50, 5
LEAST_AGREEMENT = 0.5
"""A model that contradicts more labels than that is wrong itself more often than they are."""
CLEARLY = 0.5
"""How much more probable the likelier class is where a label looks wrong; below, both are plausible."""
KEEP, RELABEL, DROP = "keep", "relabel", "drop"
ACTIONS = (KEEP, RELABEL, DROP)
WEIGHT_OF_MARGINS = 0.5
"""Beside the odds: chosen on 5,000 pictures with planted labels that no published figure is about."""
SURE = 0.8
"""The probability from which on the likelier class is proposed as the label; below, the picture is left out."""


class Suspect(NamedTuple):
    """A label that a model contradicts.

    Args:
        place: Of the picture among those that were judged.
        given: The class of its label.
        likelier: The class that the model finds likelier.
        score: How surely the label is wrong, 0 to 1.
        action: One of `ACTIONS`: what is proposed.
    """

    place: int
    given: int
    likelier: int
    score: float
    action: str


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """Labels that look wrong, and how many there are.

    Args:
        count: How many labels were judged.
        suspects: The most surely wrong first; those whose two classes are both plausible are to be kept.
        wrong: About how many labels are wrong.
        interval: The 95 % bootstrap interval of that number.
        agreement: The share of labels that the model agrees with.
        silence: Why nothing is said of any label, or ``""``.
    """

    count: int
    suspects: tuple[Suspect, ...]
    wrong: float
    interval: Interval
    agreement: float
    silence: str = ""

    @property
    def looks_wrong(self) -> tuple[Suspect, ...]:
        """The suspects that are not to be kept."""
        return tuple(suspect for suspect in self.suspects if suspect.action != KEEP)

    @property
    def words(self) -> str:
        """How many labels look wrong, in a sentence or two."""
        if self.silence:
            return f"Nothing is said of wrong labels: {self.silence}."
        low, high = self.interval
        ambiguous = len(self.suspects) - len(self.looks_wrong)
        more = f"; ambiguous, since both classes are plausible: {ambiguous:,}" if ambiguous else ""
        return (
            f"Labels that look wrong: {len(self.looks_wrong):,} of {self.count:,}{more}. In contradiction to the other "
            f"pictures: about {self.wrong:,.0f} (95{SPACE}% interval {low:,.0f} to {high:,.0f}). The model agrees with "
            f"{percent(self.agreement)} of all labels"
            + ("; some contradictions are its own mistakes." if self.suspects else ".")
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "count": self.count,
            "looks_wrong": len(self.looks_wrong),
            "ambiguous": len(self.suspects) - len(self.looks_wrong),
            "estimate": self.wrong,
            "interval": list(self.interval),
            "agreement": self.agreement,
            "silence": self.silence,
            "words": self.words,
        }


def label_errors(probabilities: ArrayLike, labels: ArrayLike, *, margins: ArrayLike | None = None) -> LabelErrors:
    """Return which labels look wrong, by confident learning.

    A class is confidently another one than the label where its probability reaches what it has on average on pictures
    that are labelled so: so a class that the model is never sure of is not held against its pictures.

    Args:
        probabilities: (N, C) in 0 to 1, each by a model that had not learnt from the picture.
        labels: (N,) whole numbers in 0 to C - 1.
        margins: (N,) of each picture how far its label was ahead over a training, on average; joined with the
            probabilities in the ranking. None where there are none.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        C. G. Northcutt, L. Jiang, I. L. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal
        of Artificial Intelligence Research 70, 2021. https://arxiv.org/abs/1911.00068
        G. Pleiss, T. Zhang, E. Elenberg, K. Q. Weinberger, "Identifying Mislabeled Data using the Area Under the Margin
        Ranking", NeurIPS 2020: the margins. https://arxiv.org/abs/2001.10528
    """
    given, table = checked(labels, probabilities)
    agreement = float((table.argmax(axis=1) == given).mean())
    silence = _silence(given, table)
    if silence:
        return LabelErrors(len(given), (), 0.0, (0.0, 0.0), agreement, silence)
    confident = confident_classes(table, given)
    scores = label_scores(table, given, margins=margins)
    places = np.flatnonzero(confident != given)
    order = places[np.argsort(-scores[places], kind="stable")]
    suspects = tuple(_suspect(int(place), table[place], int(given[place]), float(scores[place])) for place in order)
    wrong, interval = _count_of_wrong(table, given)
    return LabelErrors(len(given), suspects, wrong, interval, agreement)


def ranked_labels(
    probabilities: ArrayLike, labels: ArrayLike, *, margins: ArrayLike | None = None
) -> tuple[Suspect, ...]:
    """Return every label as a suspect, the most doubtful first; arguments and errors are those of `label_errors`."""
    given, table = checked(labels, probabilities)
    scores = label_scores(table, given, margins=margins)
    order = np.argsort(-scores, kind="stable").tolist()
    return tuple(_suspect(place, table[place], int(given[place]), float(scores[place])) for place in order)


def confident_classes(table: NDArray[np.floating[Any]], given: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return of each picture the class that is confidently its own, (N,); the label where none is.

    What a class has on average is the threshold, as in the paper, but 0.8 at most: a model that is nearly always sure
    would otherwise hold no class to be likely enough where it is only as good as sure.

    Args:
        table: (N, C) probabilities.
        given: (N,) labels.
    """
    counts = np.bincount(given, minlength=table.shape[1])
    sums = np.bincount(given, table[np.arange(len(given)), given], table.shape[1])
    means = np.minimum(sums / np.maximum(counts, 1), SURE)  # (C,) of each class on its own pictures
    usual = np.where(counts > 0, means, np.inf)
    reached = np.where(table >= usual, table, -1.0)
    return np.where(reached.max(axis=1) >= 0, reached.argmax(axis=1), given)


def label_scores(
    table: NDArray[np.floating[Any]], given: NDArray[np.int64], *, margins: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return how surely each label is wrong, (N,), 0 to 1: by how improbable it is, and how far another class is ahead.

    The first finds labels that are any other class, the second those of a similar one. As odds they are multiplied:
    with the label at p and the likeliest other class at q, 1 / p and q / p.

    Args:
        table: (N, C) probabilities.
        given: (N,) labels.
        margins: (N,) over a training; in deviations of all, they count half as much as the logarithm of the odds, and
            the score is the rank of both together.
    """
    rows, others = np.arange(len(given)), table.astype(np.float64)
    own = others[rows, given]
    others[rows, given] = -np.inf
    ahead = others.max(axis=1)
    if margins is None:
        scores: NDArray[np.float64] = ahead / np.maximum(ahead + own**2, LEAST)
        return scores
    odds = np.log(np.maximum(ahead, LEAST)) - 2 * np.log(np.maximum(own, LEAST))
    return _ranks(_deviations(odds) - WEIGHT_OF_MARGINS * _deviations(np.asarray(margins, np.float64)))


def accuracy_range(probabilities: ArrayLike, labels: ArrayLike, errors: LabelErrors) -> tuple[float, float]:
    """Return the accuracy with all labels as they are, and without those that look wrong.

    The second is an upper end: a mistake of the model and a wrong label look alike.
    """
    given, table = checked(labels, probabilities)
    right = table.argmax(axis=1) == given
    doubtful = np.zeros(len(given), dtype=bool)
    doubtful[[suspect.place for suspect in errors.looks_wrong]] = True
    return float(right.mean()), float(right[~doubtful].mean()) if (~doubtful).any() else float(right.mean())


def _suspect(place: int, answer: NDArray[np.floating[Any]], given: int, score: float) -> Suspect:
    others = answer.astype(np.float64)
    others[given] = -np.inf
    likelier = int(others.argmax())
    is_clear = others[likelier] - float(answer[given]) >= CLEARLY
    proposed = RELABEL if others[likelier] >= SURE else DROP
    return Suspect(place, given, likelier, score, proposed if is_clear else KEEP)


def _silence(given: NDArray[np.int64], table: NDArray[np.floating[Any]]) -> str:
    """Return why the answers can't judge labels; empty where they can."""
    counts = np.bincount(given, minlength=table.shape[1])
    if len(given) < FEWEST:
        return f"{len(given):,} pictures are too few to tell a wrong label from a rare picture; {FEWEST} are needed"
    enough = int((counts >= FEWEST_OF_A_CLASS).sum())
    if enough < 2:  # noqa: PLR2004 - a label is wrong beside another class
        return f"only {enough} class has {FEWEST_OF_A_CLASS} pictures or more"
    low, _ = wilson_interval(int((table.argmax(axis=1) == given).sum()), len(given))
    if low < LEAST_AGREEMENT:
        agreement = percent(float((table.argmax(axis=1) == given).mean()))
        return f"the model agrees with only {agreement} of the labels, so it is itself wrong more often than they are"
    return ""


def _count_of_wrong(table: NDArray[np.floating[Any]], given: NDArray[np.int64]) -> tuple[float, Interval]:
    """Return about how many labels are wrong, and its bootstrap interval, moved onto the number."""
    generator = np.random.default_rng(0)
    wrong = _off_diagonal(confident_classes(table, given), given)
    draws = []
    for _ in range(DRAWS):
        rows = generator.integers(0, len(given), len(given))
        draws.append(_off_diagonal(confident_classes(table[rows], given[rows]), given[rows]))
    low, high = np.percentile(draws, PERCENTILES) + (wrong - np.mean(draws))
    return wrong, (max(0.0, float(low)), float(high))


def _off_diagonal(confident: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    """Return the labels that are confidently others, as a number."""
    return float((confident != given).sum())


def _deviations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many standard deviations each value lies above the mean; 0 where all are the same."""
    deviations: NDArray[np.float64] = (values - values.mean()) / max(float(values.std()), LEAST)
    return deviations


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each value's rank from 0 to 1; equal ones share theirs."""
    ordered = np.sort(values)
    below, upto = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (below + upto) / (2 * len(values))


def named(suspects: Sequence[Suspect], paths: Sequence[str], classes: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the rows of ``suspects.csv``: path, given and likelier class, score, action.

    Args:
        paths: (N,) of all pictures that were judged.
        classes: Their names, in the order of the probabilities.
    """
    return [
        (paths[one.place], classes[one.given], classes[one.likelier], f"{one.score:.6f}", one.action)
        for one in suspects
    ]
