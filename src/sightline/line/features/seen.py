"""What a base has seen of some labelled pictures, by the rows of their catalog."""

from dataclasses import dataclass, replace

import numpy as np

from sightline.data.catalog import Rows
from sightline.inference.graph import Features


@dataclass(frozen=True, eq=False)
class Seen:
    """Features by row.

    Args:
        rows: (n,) int64, ascending.
        features: (n, F) float32, of these rows.
        labels: (N,) int64, of every row of the catalog.
        classes: How many there are.
    """

    rows: Rows
    features: Features
    labels: Rows
    classes: int

    @property
    def width(self) -> int:
        """F."""
        return int(self.features.shape[1])

    def lacks(self, rows: Rows) -> Rows:
        """Return which of these have not been seen, ascending."""
        return np.setdiff1d(rows, self.rows)

    def beside(self, rows: Rows, features: Features) -> "Seen":
        """Return the same with the features of further rows, (m, F)."""
        every = np.concatenate([self.rows, rows])
        order = np.argsort(every)
        return replace(self, rows=every[order], features=np.concatenate([self.features, features])[order])

    def of(self, rows: Rows) -> Features:
        """Return the features of some of the rows, in their order.

        Raises:
            KeyError: One has not been seen.
        """
        if len(missing := self.lacks(rows)):
            raise KeyError(int(missing[0]))
        return self.features[np.searchsorted(self.rows, rows)]
