"""How several models' answers become one: the mean, a vote, or members chosen greedily by validation pictures."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.floating]
"""(M, N, C) probabilities of M members for N pictures and C classes."""
MOST_STEPS = 50
"""Of the greedy selection; members that help are found long before."""
SMALLEST = 1e-12
"""A probability below this counts as this in a loss."""


def mean_of(table: Table, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted mean of the members' probabilities, (N, C).

    Args:
        table: (M, N, C) in 0 to 1.
        weights: (M,) of the members, summing to one.
    """
    mean: NDArray[np.float64] = np.tensordot(weights, table, axes=1)
    return mean


def vote_of(table: Table, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of the votes that each class has, (N, C); of equal probabilities both classes have the vote.

    The shares of a picture are divided by their sum, so that they are one together.

    Args:
        table: (M, N, C) in 0 to 1.
        weights: (M,) of the members, summing to one.
    """
    votes = mean_of((table >= table.max(axis=2, keepdims=True)).astype(np.float64), weights)
    shares: NDArray[np.float64] = votes / votes.sum(axis=1, keepdims=True)
    return shares


COMBINATIONS: Mapping[str, Callable[[Table, NDArray[np.float64]], NDArray[np.float64]]] = {
    "mean": mean_of,
    "vote": vote_of,
}
"""Each way to combine answers by its name."""


def equal_weights(members: int) -> NDArray[np.float64]:
    """Return (M,) weights that are all the same."""
    return np.full(members, 1 / members)


def greedy_weights(table: Table, truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the weights of members that were chosen one after another, each as often as it helped.

    It begins with the best single member, adds at each step the one whose addition is best, the same again where that
    helps, and keeps the best of all ensembles on the way: so it is never worse than the best single one on these
    pictures. What is best has most right answers, and of equals the lowest loss.

    Args:
        table: (M, N, C) probabilities for pictures that no member has learnt from.
        truth: (N,) indices of classes.

    Returns:
        (M,), summing to one; a member that is not chosen has 0.

    Reference:
        R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes, "Ensemble selection from libraries of models", ICML 2004.
        https://doi.org/10.1145/1015330.1015432
    """
    counts = np.zeros(len(table), dtype=np.int64)
    total = np.zeros(table.shape[1:])
    best, kept = (-1.0, -np.inf), counts.copy()
    for _ in range(min(MOST_STEPS, 3 * len(table) + 3)):
        scores = [_score((total + member) / (counts.sum() + 1), truth) for member in table]
        choice = max(range(len(table)), key=lambda place: scores[place])
        counts[choice] += 1
        total = total + table[choice]
        if scores[choice] > best:
            best, kept = scores[choice], counts.copy()
    weights: NDArray[np.float64] = kept / kept.sum()
    return weights


def _score(probabilities: NDArray[np.floating], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Return the share of right answers, and the loss with a minus."""
    own = probabilities[np.arange(len(truth)), truth]
    return float((probabilities.argmax(axis=1) == truth).mean()), float(np.log(np.maximum(own, SMALLEST)).mean())


def disagreement(table: Table) -> NDArray[np.float64]:
    """Return (M, M), the share of pictures that two members name differently."""
    answers = table.argmax(axis=2)  # (M, N)
    apart: NDArray[np.float64] = (answers[:, None] != answers[None]).mean(axis=2)
    return apart
