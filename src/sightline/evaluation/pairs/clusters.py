"""Which samples resemble each other, and what a share of samples says of others where some do.

Samples of one class resemble each other, and where classes come in groups, such as letters in alphabets, those of one
group do. A new class or group is what somebody will meet, so it is clusters of samples that are counted and drawn anew,
not samples, pairs or episodes. One rule says which they are: groups where there are two or more, else classes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.core.intervals import NORMAL_QUANTILE, Interval, wilson_interval


def clusters_of(labels: ArrayLike, groups: ArrayLike) -> NDArray[np.int64]:
    """Return (N,) the cluster of each sample: its class's group, or its class where no two groups are among them.

    Args:
        labels: (N,) the class of each.
        groups: (N,) the group of each one's class, ``""`` for none; a class without one is a cluster of its own.

    Example:
        >>> clusters_of([0, 0, 1, 2], ["Latin", "Latin", "Latin", "Greek"]).tolist()
        [1, 1, 1, 0]
        >>> clusters_of([0, 0, 1, 2], ["Latin"] * 4).tolist()
        [0, 0, 1, 2]
    """
    classes = np.unique(np.asarray(labels), return_inverse=True)[1].astype(np.int64)
    names = np.asarray(groups, dtype=str)
    named, places = np.unique(names, return_inverse=True)
    if len({*named.tolist()} - {""}) < 2:  # noqa: PLR2004 - one group says nothing of others
        return classes
    own = np.where(names == "", len(named) + classes, places)
    return np.unique(own, return_inverse=True)[1].astype(np.int64)


def counted(labels: ArrayLike, clusters: ArrayLike) -> tuple[int, int]:
    """Return how many classes there are, and of how many groups: 0 where each class is a cluster.

    Args:
        labels: (N,) the class of each sample.
        clusters: (N,) the cluster of each; those of a class are of one.

    Example:
        >>> counted([0, 0, 1, 2], [1, 1, 1, 0]), counted([0, 0, 1], [0, 0, 1])
        ((3, 2), (2, 0))
    """
    classes, groups = (len(np.unique(np.asarray(names))) for names in (labels, clusters))
    return classes, groups if groups < classes else 0


def clusters_words(classes: int, groups: int) -> str:
    """Return how many classes there were, and of how many groups.

    Args:
        groups: 0 where each class is a cluster.

    Example:
        >>> clusters_words(40, 3), clusters_words(10, 0)
        ('40 classes of 3 groups', '10 classes')
    """
    return f"{classes:,} classes" + (f" of {groups:,} groups" if groups else "")


def clustered_interval(is_so: ArrayLike, clusters: ArrayLike) -> Interval:
    """Return the 95 % interval of a share of samples that come in clusters.

    It is Wilson's interval for as many independent samples as would tell as much: fewer than there are where whole
    clusters are so or not together. Where no sample differs from another, each cluster counts as one.

    Args:
        is_so: (S,) whether it is so of each sample.
        clusters: (S,) the cluster of each.

    Reference:
        C. Franco, R. J. A. Little, T. A. Louis, E. V. Slud, "Comparative Study of Confidence Intervals for Proportions
        in Complex Sample Surveys", Journal of Survey Statistics and Methodology 7, 2019: Wilson's interval with the
        effective sample size. https://doi.org/10.1093/jssam/smy019

    Example:
        >>> low, high = clustered_interval([True] * 10 + [False] * 30, [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10)
        >>> f"{low:.2f} to {high:.2f}"  # one cluster of four, and not ten samples of forty
        '0.02 to 0.87'
    """
    hits = np.asarray(is_so, np.float64)
    names, places = np.unique(np.asarray(clusters), return_inverse=True)
    sizes, sums = np.bincount(places).astype(np.float64), np.bincount(places, weights=hits)
    share, count = float(hits.mean()), len(names)
    variance = float(((sums - share * sizes) ** 2).sum()) / float(sizes.sum()) ** 2
    return interval_of(share, variance, clusters=count, samples=len(hits))


def interval_of(share: float, variance: float, *, clusters: int, samples: int) -> Interval:
    """Return the 95 % interval of a share whose variance over clusters is known.

    Args:
        share: 0 to 1.
        variance: Of the share where clusters are drawn anew, as many as there are: that of the bootstrap.
        clusters: How many there are; few are counted for less, by Student's distribution. Of one, nothing is known.
        samples: How many there are in all: no more are independent.
    """
    if clusters < 2:  # noqa: PLR2004 - one cluster says nothing of others
        return 0.0, 1.0
    if share in (0, 1):
        trials = float(clusters)
    else:
        unbiased = variance * clusters / (clusters - 1)
        narrower = (NORMAL_QUANTILE / _student_quantile(clusters - 1)) ** 2
        trials = min(samples, share * (1 - share) / unbiased if unbiased else samples) * narrower
    return wilson_interval(share * trials, trials)


def _student_quantile(degrees: int) -> float:
    """Return where Student's distribution leaves 2.5 % above, to 3 % for three degrees of freedom and more.

    Reference:
        M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964, formula 26.7.5.
    """
    z = NORMAL_QUANTILE
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(z + sum(term / degrees**power for power, term in enumerate(terms, 1)))
