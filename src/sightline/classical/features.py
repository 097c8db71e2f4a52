"""The vectors of many pictures, on disk or in memory, standardised where they are used.

The standardised matrix is never made: with mean m and factor f of each column, products with it are
products with the plain matrix and a correction, so that a matrix of several gigabytes is only read. Large
products are torch's, whose threads wait without spinning; see `sightline.core.runtimes`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from sightline.core.pieces import pieces

ROWS_A_PIECE = 1024

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Loss = Callable[[Floats, Labels], tuple[Floats, Floats]]
"""From scores (n, C) and labels (n,) to each picture's loss (n,) and the slopes of its scores (n, C)."""


@dataclass(frozen=True, eq=False)
class Features:
    """A matrix of features, one row a picture: ``(values - mean) * factor``.

    Args:
        values: (N, F) float32, finite; perhaps memory-mapped, but not read-only: torch warns of such arrays.
        labels: (N,) int64, 0 to `classes` - 1.
        mean: (F,) float32, subtracted from each column.
        factor: (F,) float32, multiplied with each column; 0 for a feature that is constant.
    """

    values: Floats
    labels: Labels
    mean: Floats
    factor: Floats
    classes: int

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.values)

    @property
    def width(self) -> int:
        """F."""
        return int(self.values.shape[1])

    def pieces(self) -> Iterator[slice]:
        """Return the places of the rows that are worked on at a time."""
        return pieces(len(self), ROWS_A_PIECE)

    def rows(self, place: slice | Labels) -> torch.Tensor:
        """Return some standardised rows, (n, F) float32."""
        return (torch.from_numpy(self.values[place]) - torch.from_numpy(self.mean)) * torch.from_numpy(self.factor)

    def sample(self, most: int) -> Labels:
        """Return the places of at most so many rows, evenly spread."""
        return np.arange(0, len(self), -(-len(self) // most))

    def turned(self, basis: torch.Tensor) -> "Features":
        """Return the same pictures in other coordinates: the standardised matrix times a basis (F, n) of length 1."""
        width = basis.shape[1]
        values = torch.cat([self.rows(place) @ basis for place in self.pieces()]).numpy()
        zeros, ones = np.zeros(width, np.float32), np.ones(width, np.float32)
        return Features(values, self.labels, zeros, ones, self.classes)

    def scores(self, weights: Floats, bias: Floats) -> Floats:
        """Return the standardised matrix times weights (F, C), plus bias (C,): (N, C)."""
        folded, offset = self._folded(weights, bias)
        return np.concatenate([self._products(place, folded) for place in self.pieces()]) + offset

    def descent(self, weights: Floats, bias: Floats, loss: Loss) -> tuple[float, Floats, Floats]:
        """Return the mean loss of a linear classifier and its gradient, in one pass over the matrix.

        Args:
            weights: (F, C) float32, of standardised features.
            bias: (C,) float32, added to each row's scores.
            loss: Makes losses and slopes of the scores of some rows.

        Returns:
            The mean loss; its slopes by the weights, (F, C), and by the bias, (C,).
        """
        folded, offset = self._folded(weights, bias)
        total, sums, products = 0.0, np.zeros(self.classes), torch.zeros((self.classes, self.width))
        for place in self.pieces():
            losses, slopes = loss(self._products(place, folded) + offset, self.labels[place])
            products.addmm_(torch.from_numpy(slopes).T, torch.from_numpy(self.values[place]))
            total += float(losses.sum(dtype=np.float64))
            sums += slopes.sum(axis=0, dtype=np.float64)
        by_bias = torch.from_numpy(sums / len(self)).float()
        by_weights = products.T / len(self) - torch.outer(torch.from_numpy(self.mean), by_bias)
        by_weights *= torch.from_numpy(self.factor)[:, None]
        return total / len(self), by_weights.numpy(), by_bias.numpy()

    def gram(self) -> torch.Tensor:
        """Return the mean over rows of each row times itself, (F, F) float32: the covariance of the features."""
        total = torch.zeros((self.width, self.width))
        for place in self.pieces():
            rows = self.rows(place)
            total.addmm_(rows.T, rows)
        return total / len(self)

    def _folded(self, weights: Floats, bias: Floats) -> tuple[torch.Tensor, Floats]:
        """Return weights (C, F) and bias (C,) for the plain matrix."""
        folded = weights * self.factor[:, None]
        return torch.from_numpy(folded).T.contiguous(), bias - self.mean @ folded

    def _products(self, place: slice, folded: torch.Tensor) -> Floats:
        """Return some plain rows times weights (C, F), (n, C).

        This way round, MKL's sums do not depend on where the rows lie in memory: the same bits each time.
        """
        return np.asarray((folded @ torch.from_numpy(self.values[place]).T).T.numpy())
