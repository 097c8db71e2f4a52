"""Distances between the embeddings of a batch, and who in it is of whose class."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

LEAST_SQUARE = 1e-12
"""Of a distance whose root is taken: the root's slope at zero has no end."""


class Kinship(NamedTuple):
    """Who in a batch is of whose class, each (N, N) bool.

    Args:
        alike: Whether two different samples are of one class.
        apart: Whether they are of two classes.
    """

    alike: "Tensor"
    apart: "Tensor"


def squared_distances(first: "Tensor", second: "Tensor") -> "Tensor":
    """Return the squared Euclidean distance of each of (N, E) to each of (M, E) embeddings, (N, M)."""
    products = first @ second.T
    squares = first.square().sum(dim=1, keepdim=True) + second.square().sum(dim=1) - 2 * products
    return squares.clamp(min=0)


def distances(embeddings: "Tensor") -> "Tensor":
    """Return the Euclidean distance of each of (N, E) embeddings to each other, (N, N)."""
    return squared_distances(embeddings, embeddings).clamp(min=LEAST_SQUARE).sqrt()


def kinship(labels: "Tensor") -> Kinship:
    """Return who is of whose class.

    Args:
        labels: (N,) int64.

    Raises:
        ValueError: No two samples are of one class, or all are: there is nothing to pull together, or to push apart.
    """
    same = labels.unsqueeze(1) == labels
    alike = same.clone().fill_diagonal_(False)
    if not alike.any() or same.all():
        what = "no two samples are of one class" if not alike.any() else "all samples are of one class"
        raise ValueError(f"{what} in a batch of {len(labels)}; take two classes and two samples of each at least")
    return Kinship(alike, ~same)


def mean_where(values: "Tensor", chosen: "Tensor") -> "Tensor":
    """Return the mean of each row's chosen values, (N,); 0 where none is chosen.

    Args:
        values: (N, M) float.
        chosen: (N, M) bool.
    """
    total = values.masked_fill(~chosen, 0).sum(dim=1)
    return total / chosen.sum(dim=1).clamp(min=1)
