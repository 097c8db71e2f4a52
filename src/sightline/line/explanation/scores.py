"""How each way to explain fared over several pictures."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightline.core.intervals import Interval
from sightline.core.seeding import derived_seed
from sightline.evaluation.scores import PERCENTILES, RESAMPLES
from sightline.line.explanation.record import ExplainedMap, ExplainedPicture, WayScore


def way_scores(pictures: Sequence[ExplainedPicture], *, seed: int) -> tuple[WayScore, ...]:
    """Compare each way's maps with random ones, a picture at a time.

    Args:
        pictures: Two or more, explained in the same ways.
        seed: Of the bootstrap's draws, in which pictures are drawn anew.
    """
    return tuple(_score(maps, seed) for maps in zip(*(picture.maps for picture in pictures), strict=True))


def _score(maps: Sequence[ExplainedMap], seed: int) -> WayScore:
    """Return how one way fared over its maps of several pictures."""
    deletion = np.array([one.random.deletion_area - one.curves.deletion_area for one in maps])
    insertion = np.array([one.curves.insertion_area - one.random.insertion_area for one in maps])
    agreements = [one.agreement for one in maps if one.agreement is not None]
    return WayScore(
        maps[0].way,
        float(deletion.mean()),
        mean_interval(deletion, seed=seed),
        float(insertion.mean()),
        mean_interval(insertion, seed=seed),
        float(np.mean(agreements)) if agreements else None,
    )


def mean_interval(values: npt.NDArray[np.float64], *, seed: int) -> Interval:
    """Return the 95 % percentile interval of a mean, by drawing the values anew 1,000 times.

    Args:
        values: (n,), 1 or more.

    Reference:
        B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", chapter 13, 1993.
        https://doi.org/10.1201/9780429246593
    """
    generator = np.random.default_rng(derived_seed(seed, "mean"))
    means = values[generator.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, PERCENTILES).tolist()
    return low, high
