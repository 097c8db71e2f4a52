"""Several models on the same pictures: each pair by one test, corrected for having compared so many."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.significance.corrected_test import FoldComparison, compare_folds
from sightline.evaluation.significance.paired import Paired, compare
from sightline.evaluation.significance.verdict import LEVEL
from sightline.evaluation.words import interval_words, points_words


@dataclass(frozen=True)
class Ranked:
    """One model among those that are compared.

    Args:
        name: What its user calls it.
        accuracy: The share of the pictures that it named rightly, 0 to 1.
        interval: The 95 % interval of it.
    """

    name: str
    accuracy: float
    interval: Interval


@dataclass(frozen=True)
class Pair:
    """Two models and the one test between them.

    Args:
        first: The name of the one that named more pictures rightly, or as many.
        second: The name of the other.
        comparison: The test; its interval and its verdict never contradict each other.
    """

    first: str
    second: str
    comparison: Paired | FoldComparison

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        gap = points_words(self.comparison.difference, self.comparison.interval)
        if self.comparison.kind == "alike":
            return f"{self.first} and {self.second} can't be told apart: {gap}"
        return f"{self.first} is better than {self.second}: {gap}"

    def as_json(self) -> dict[str, Any]:
        """Return figures, verdict and words as plain values."""
        figures = asdict(self.comparison) | {"kind": self.comparison.kind, "words": self.words}
        return {"first": self.first, "second": self.second} | figures


@dataclass(frozen=True)
class Ranking:
    """All models, the best first, and every pair of them.

    Args:
        what: The pictures that they answered, in words.
        test: What decides, in words.
        models: All of them, the one with most right answers first.
        pairs: The better one of each pair first.
    """

    what: str
    test: str
    models: tuple[Ranked, ...]
    pairs: tuple[Pair, ...]

    @property
    def words(self) -> str:
        """Which is best, and which can't be told from it."""
        best = self.models[0].name
        alike = [pair.second for pair in self.pairs if pair.first == best and pair.comparison.kind == "alike"]
        if alike:
            return f"{best} named most pictures rightly, but can't be told apart from {', '.join(alike)}."
        return f"{best} is better than {'the other' if len(self.models) == 2 else 'all others'}."  # noqa: PLR2004

    def as_json(self) -> dict[str, Any]:
        """Return models, pairs and words as plain values."""
        return {
            "pictures": self.what,
            "test": self.test,
            "models": [asdict(model) for model in self.models],
            "pairs": [pair.as_json() for pair in self.pairs],
            "words": self.words,
        }

    def lines(self) -> tuple[str, ...]:
        """Return the ranking as lines for a terminal."""
        width = max(len(model.name) for model in self.models)
        models = (
            f"{model.name:<{width}}  {percent(model.accuracy)}  (95{SPACE}% interval {interval_words(model.interval)})"
            for model in self.models
        )
        together = (self.words,) if len(self.pairs) > 1 else ()
        return (f"on {self.what}:", *models, *(pair.words for pair in self.pairs), *together, self.test)


def ranking(names: Sequence[str], truth: ArrayLike, answers: Sequence[ArrayLike], *, what: str) -> Ranking:
    """Rank models by their answers to the same pictures.

    Args:
        names: Of two models or more.
        truth: (N,) indices of classes.
        answers: One a model, (N,) indices of classes.
        what: The pictures, in words.
    """
    labels = np.asarray(truth)
    right = [int((np.asarray(each) == labels).sum()) for each in answers]
    order = sorted(range(len(names)), key=lambda place: -right[place])
    pairs = list(combinations(order, 2))
    return Ranking(
        what,
        _test_words("McNemar's test as a score test, on the pictures that one alone named rightly", len(pairs)),
        tuple(
            Ranked(names[place], right[place] / len(labels), wilson_interval(right[place], len(labels)))
            for place in order
        ),
        tuple(
            Pair(names[one], names[other], compare(labels, answers[one], answers[other], comparisons=len(pairs)))
            for one, other in pairs
        ),
    )


def ranking_over_folds(
    names: Sequence[str], accuracies: Sequence[Sequence[float]], *, models: Sequence[Ranked], folds: int, what: str
) -> Ranking:
    """Rank kinds of training by their accuracies on the same folds.

    Args:
        names: Of two kinds of training or more.
        accuracies: One list a kind: its accuracy on each fold of each repeat, in their order.
        models: Their pooled accuracies, in the order of the names.
        folds: K, how many folds a repeat has.
        what: The pictures, in words.
    """
    order = sorted(range(len(names)), key=lambda place: -float(np.mean(accuracies[place])))
    pairs = list(combinations(order, 2))

    def compared(one: int, other: int) -> FoldComparison:
        differences = [a - b for a, b in zip(accuracies[one], accuracies[other], strict=True)]
        return compare_folds(differences, tested_share=1 / (folds - 1), level=LEVEL / len(pairs))

    return Ranking(
        what,
        _test_words("Nadeau and Bengio's corrected t-test over the folds, which share pictures", len(pairs)),
        tuple(models[place] for place in order),
        tuple(Pair(names[one], names[other], compared(one, other)) for one, other in pairs),
    )


def _test_words(test: str, pairs: int) -> str:
    """Return what decides, and what was done about the number of comparisons."""
    if pairs == 1:
        return f"decided by {test}; the interval is of the same test"
    return f"decided by {test}; each interval is wide enough for all {pairs} together to be right 95 in 100 times"
