"""What decides between learnt classes and enrolled ones, fitted on pictures of the learnt ones alone."""

from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sightline.core.seeding import derived_seed
from sightline.evaluation.pairs.clusters import clustered_interval
from sightline.evaluation.pairs.sigmoid import Sigmoid, fitted_sigmoid
from sightline.evaluation.trust.enrolled_fit import EnrolledFit, Expectation
from sightline.inference.graph import Floats
from sightline.inference.support.anchors import Anchors, Labels
from sightline.inference.support.distances import prototypes, unit

Cosines = npt.NDArray[np.float64]

MOST_EPISODES = 20
TINY = 1e-12
LEAST_ANCHORS = 3
"""Of a class that stands for a new one: one or more are enrolled, and two or more are asked about."""


@dataclass(frozen=True, eq=False)
class Space:
    """Where pictures of learnt classes and new ones are compared: centred, and with length one.

    Args:
        centre: (F,) the mean of the learnt classes' rows.
        learnt: (L, F) a prototype of each learnt class that has anchors.

    Reference:
        Y. Wang, W.-L. Chao, K. Q. Weinberger, L. van der Maaten, "SimpleShot: Revisiting Nearest-Neighbor
        Classification for Few-Shot Learning", 2019: CL2N. https://arxiv.org/abs/1911.04623
    """

    centre: Floats
    learnt: Floats

    @classmethod
    def of(cls, rows: Floats, labels: Labels) -> "Space":
        """Return the space of some pictures of learnt classes.

        Args:
            rows: (A, F) float32, of length one.
            labels: (A,) ascending.
        """
        _, places = np.unique(labels, return_inverse=True)
        centre = rows.mean(axis=0)
        return cls(centre, prototypes(unit(rows - centre), places))

    def embedded(self, features: Floats) -> Floats:
        """Return (N, F) features of any length, centred and with length one."""
        return unit(unit(features) - self.centre)

    def margins(self, embedded: Floats, new: Floats) -> Cosines:
        """Return (N, K): how much nearer each picture is to each new class than to any that was learnt.

        Args:
            embedded: (N, F), of this space.
            new: (K, F) the new classes' prototypes.
        """
        nearest = (embedded @ self.learnt.T).max(axis=1, keepdims=True)
        margins: Cosines = (embedded @ new.T - nearest).astype(np.float64)
        return margins


@dataclass(frozen=True, eq=False)
class Gate:
    """What decides between learnt classes and enrolled ones, and how well it did.

    Args:
        sigmoid: From a margin to the chance that a picture is of the enrolled class.
        fit: How well pictures fitted their class, when it stood for a new one.
        expected: What a class that is enrolled will bring and cost.
    """

    sigmoid: Sigmoid
    fit: EnrolledFit
    expected: Expectation


class _Episode(NamedTuple):
    """A learnt class stood for a new one.

    Args:
        margins: (n,) of all anchors that were asked about.
        is_new: (n,) which are of that class.
        cosines: (m,) of those that are, with its prototype.
    """

    margins: Cosines
    is_new: npt.NDArray[np.bool_]
    cosines: Cosines


def fitted_gate(anchors: Anchors, *, shots: int, seed: int = 0) -> Gate:
    """Return the gate, fitted by letting each learnt class in turn stand for one that is enrolled.

    Some of its anchors are enrolled, the others are asked about together with those of all other classes. What is
    fitted is the chance that a picture is of the enrolled class, by its margin.

    Args:
        anchors: Of two classes or more.
        shots: How many pictures a class is enrolled by, 1 or more.
        seed: Decides which they are.

    Returns:
        The gate; its slope is 0, so that it hardly ever opens, where margins tell nothing.

    Raises:
        ValueError: Fewer than two classes have anchors, or none has enough.
    """
    generator = np.random.default_rng(derived_seed(seed, "gate"))
    labels, counts = np.unique(anchors.labels, return_counts=True)
    if len(labels) < 2:  # noqa: PLR2004 - one stands for a new one
        raise ValueError("expected anchors of two classes or more")
    able = generator.permutation(labels[counts >= LEAST_ANCHORS])
    products = (anchors.rows @ anchors.rows.T).astype(np.float64)
    episodes = [_episode(products, anchors.labels, label, shots, generator) for label in islice(able, MOST_EPISODES)]
    if not episodes:
        raise ValueError(f"expected {LEAST_ANCHORS} anchors of a class or more")
    margins, is_new, cosines = (np.concatenate(parts) for parts in zip(*episodes, strict=True))
    fitted = fitted_sigmoid(margins, is_new)
    sigmoid = Sigmoid(max(0.0, fitted.slope), fitted.offset)
    shares, turns = sigmoid(margins), np.repeat(np.arange(len(episodes)), [len(one.margins) for one in episodes])
    return Gate(
        sigmoid, EnrolledFit(np.sort(cosines), np.sort(shares[is_new])), _expected(shares, is_new, turns, shots)
    )


def _expected(shares: Cosines, is_new: npt.NDArray[np.bool_], turns: Labels, shots: int) -> Expectation:
    """Return how often the class that stands for a new one has more than half of the probability.

    Args:
        shares: (n,) what it has.
        is_new: (n,) which pictures are of it.
        turns: (n,) in which turn each was asked about.
    """
    opened = shares > 1 / 2
    named, taken = ((float(opened[kind].mean()), clustered_interval(opened[kind], turns[kind]))
                    for kind in (is_new, ~is_new))  # fmt: skip
    return Expectation(*named, *taken, shots=shots, classes=int(turns[-1]) + 1)


def _episode(products: Cosines, labels: Labels, label: int, shots: int, generator: np.random.Generator) -> _Episode:
    """Let a learnt class stand for a new one.

    All is worked out from the products of the anchors' rows, whatever their width. The prototype of an anchor's own
    class is made without it, as it is for a new picture.

    Args:
        products: (A, A), of every two anchors.
        labels: (A,) ascending.
        label: The class that is enrolled.
    """
    own = generator.permutation(np.flatnonzero(labels == label))
    enrolled, asked = np.split(own, [min(shots, len(own) // 2)])
    others = np.flatnonzero(labels != label)
    cosines = _centred(products, others)
    _, places, counts = np.unique(labels[others], return_inverse=True, return_counts=True)
    starts = np.cumsum(counts) - counts
    with_sums = np.add.reduceat(cosines[:, others], starts, axis=1)  # (A, L): with the sum of each learnt class
    within = with_sums[others, places]
    squares = np.add.reduceat(within, starts)  # (L,) of the sums' lengths
    nearness = with_sums / np.sqrt(np.maximum(squares, TINY))
    nearness[others, places] = (within - 1) / np.sqrt(np.maximum(squares[places] - 2 * within + 1, TINY))
    with_new = cosines[:, enrolled].sum(axis=1)
    with_new /= np.sqrt(max(with_new[enrolled].sum(), TINY))
    rows = np.concatenate([asked, others])
    return _Episode((with_new - nearness.max(axis=1))[rows], np.arange(len(rows)) < len(asked), with_new[asked])


def _centred(products: Cosines, others: Labels) -> Cosines:
    """Return the cosines of every two rows once the mean of the others has been taken off them."""
    with_centre = products[:, others].mean(axis=1)
    centred = products - with_centre[:, None] - with_centre + with_centre[others].mean()
    lengths = np.sqrt(np.maximum(np.diag(centred), TINY))
    cosines: Cosines = centred / lengths / lengths[:, None]
    return cosines
