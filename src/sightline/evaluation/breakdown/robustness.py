"""How a model fares on damaged pictures, beside the same pictures as they are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import percent
from sightline.core.seeding import derived_seed
from sightline.evaluation.scores import PERCENTILES, RESAMPLES
from sightline.evaluation.words import interval_words

FEWEST = 10
"""Pictures, and right answers among them: with fewer, drawing them anew says nothing of others."""

Right = NDArray[np.bool_]


@dataclass(frozen=True)
class CorruptionScore:
    """How a model fares on one kind of damage.

    Args:
        name: As the table of corruptions has it.
        family: The kinds that are drawn together.
        accuracies: One for each strength, from slight to severe.
        intervals: Wilson's 95 % interval of each.
        retained: The mean of the accuracies over the accuracy on whole pictures; None where that is 0.
    """

    name: str
    family: str
    accuracies: tuple[float, ...]
    intervals: tuple[Interval, ...]
    retained: float | None

    @property
    def mean(self) -> float:
        """The mean of the accuracies over the strengths."""
        return float(np.mean(self.accuracies))


@dataclass(frozen=True)
class RobustnessScores:
    """How a model fares on all kinds of damage.

    Args:
        count: How many pictures were damaged in every way.
        available: How many there were to choose them from.
        clean: The accuracy on the same pictures as they are.
        clean_interval: Its 95 % interval.
        mean: The mean accuracy over all kinds and strengths.
        mean_interval: Its 95 % interval, by drawing pictures anew; None of fewer than 10.
        retained: `mean` over `clean`; None where that is 0.
        retained_interval: Its 95 % interval, in the same way; None of fewer than 10 that are right as they are.
        corruptions: One a kind, in the order of the table.
        seed: Of the damage, and of the bootstrap's draws.
    """

    count: int
    available: int
    clean: float
    clean_interval: Interval
    mean: float
    mean_interval: Interval | None
    retained: float | None
    retained_interval: Interval | None
    corruptions: tuple[CorruptionScore, ...]
    seed: int

    @property
    def worst(self) -> CorruptionScore:
        """The kind with the lowest mean accuracy."""
        return min(self.corruptions, key=lambda one: one.mean)

    @property
    def words(self) -> str:
        """The mean, what is retained, and the worst kind, in one sentence."""
        kept = ""
        if self.retained is not None:
            ends = (
                f"too few are right for an interval: fewer than {FEWEST}"
                if self.retained_interval is None
                else f"95 % interval {interval_words(self.retained_interval)}"
            )
            kept = f", {percent(self.retained)} ({ends}) of what it was"
        return (
            f"On damaged pictures {percent(self.mean)} are named rightly, against {percent(self.clean)} of the same "
            f"{self.count:,} as they are{kept}. {self.worst.name} hurts most: {percent(self.worst.mean)}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"words": self.words}


def robustness_scores(
    clean: Right, damaged: Mapping[str, Right], *, families: Mapping[str, str], available: int, seed: int
) -> RobustnessScores:
    """Sum up what was right.

    Args:
        clean: (n,) bool, of the pictures as they are.
        damaged: Name to (strengths, n) bool, of the same pictures.
        families: Name to the family of each kind.
        available: How many pictures there were to choose these from.
        seed: Of the damage that was done, and of the draws of pictures.

    Reference:
        D. Hendrycks, T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
        Perturbations", ICLR 2019, section 3. https://arxiv.org/abs/1903.12261
    """
    everything = np.stack([right.mean(axis=0) for right in damaged.values()])  # (kinds, n), a share of the strengths
    each = everything.mean(axis=0)  # (n,)
    generator = np.random.default_rng(derived_seed(seed, "robustness"))
    drawn = generator.integers(0, len(clean), (RESAMPLES, len(clean)))
    means = each[drawn].mean(axis=1)
    return RobustnessScores(
        count=len(clean),
        available=available,
        clean=float(clean.mean()),
        clean_interval=wilson_interval(int(clean.sum()), len(clean)),
        mean=float(each.mean()),
        mean_interval=_ends(means) if len(clean) >= FEWEST else None,
        retained=float(each.mean() / clean.mean()) if clean.any() else None,
        retained_interval=_ends(means / np.maximum(clean[drawn].mean(axis=1), 1 / len(clean)))
        if clean.sum() >= FEWEST
        else None,
        corruptions=tuple(_score(name, families[name], right, clean) for name, right in damaged.items()),
        seed=seed,
    )


def _ends(values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, PERCENTILES).tolist()
    return low, high


def _score(name: str, family: str, right: Right, clean: Right) -> CorruptionScore:
    """Return how one kind fared; right is (strengths, n)."""
    retained = float(right.mean() / clean.mean()) if clean.any() else None
    intervals = tuple(wilson_interval(int(one.sum()), len(one)) for one in right)
    return CorruptionScore(name, family, tuple(right.mean(axis=1).tolist()), intervals, retained)
