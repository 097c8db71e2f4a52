"""Which classes are taken for which: the list of pairs, and the matrix as a picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.pictures import transparent_uri

RIGHT, WRONG = (47, 120, 220), (226, 96, 34)
"""Blue on the diagonal and orange elsewhere can be told apart by nearly all colour-blind readers."""
FAINTEST = 60
"""The opacity, of 255, that the smallest share is drawn with."""
STRONG = 0.5
"""From this share of a row on, a cell is dark enough to need the page's light ink."""


@dataclass(frozen=True)
class ConfusedPair:
    """One class that was taken for another.

    Args:
        truth: What the pictures show.
        prediction: What they were called.
        count: How many of them.
        support: How many pictures show ``truth``.
    """

    truth: str
    prediction: str
    count: int
    support: int

    @property
    def share(self) -> float:
        """The share of the class's pictures that were called so, 0 to 1."""
        return self.count / self.support


@dataclass(frozen=True)
class Cell:
    """One cell of the matrix as the page shows it.

    Args:
        count: How many pictures it stands for.
        right: Whether it lies on the diagonal.
        opacity: How strongly to colour it, 0 to 1.
        strong: Whether its number needs the light ink.
    """

    count: int
    right: bool
    opacity: float
    strong: bool


def most_confused(confusion: NDArray[np.int64], classes: tuple[str, ...], count: int) -> tuple[ConfusedPair, ...]:
    """Return the pairs with the most mistakes, the worst first; of equals, the larger share.

    Args:
        confusion: (C, C) counts; the row is the truth.
        classes: The C names, in the order of the rows.
        count: How many to return at most.
    """
    support = confusion.sum(axis=1)
    rows, columns = np.nonzero(confusion * ~np.eye(len(confusion), dtype=bool))
    mistakes = confusion[rows, columns]
    worst_first = np.lexsort((-mistakes / support[rows], -mistakes))[:count]
    return tuple(
        ConfusedPair(
            truth=classes[rows[place]],
            prediction=classes[columns[place]],
            count=int(mistakes[place]),
            support=int(support[rows[place]]),
        )
        for place in worst_first
    )


def heat_cells(confusion: NDArray[np.int64]) -> list[list[Cell]]:
    """Return the matrix with a colour for each cell, by its share of the row.

    No cell lies between 0.5 and 0.85 in opacity, where neither dark nor light numbers are readable.

    Args:
        confusion: (C, C) counts; the row is the truth.
    """
    shares = _row_shares(confusion)
    return [
        [
            Cell(
                count=int(confusion[row, column]),
                right=row == column,
                opacity=_opacity(float(shares[row, column])),
                strong=bool(shares[row, column] >= STRONG),
            )
            for column in range(len(confusion))
        ]
        for row in range(len(confusion))
    ]


def heat_picture(confusion: NDArray[np.int64]) -> str:
    """Return the matrix as a picture with one pixel a cell, for when numbers would be too small.

    The root of the share is drawn, so that one mistake in fifty pictures can still be seen.

    Args:
        confusion: (C, C) counts; the row is the truth.

    Returns:
        A transparent PNG as a ``data:`` address.
    """
    pixels = np.empty((*confusion.shape, 4), dtype=np.uint8)
    pixels[..., :3] = WRONG
    np.einsum("iic->ic", pixels)[:, :3] = RIGHT
    shares = _row_shares(confusion)
    pixels[..., 3] = np.where(shares > 0, FAINTEST + (255 - FAINTEST) * np.sqrt(shares), 0)
    return transparent_uri(pixels)


def _row_shares(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    return shares


def _opacity(share: float) -> float:
    if share == 0:
        return 0.0
    return round(0.7 + 0.3 * share if share >= STRONG else 0.08 + 0.8 * share, 3)
