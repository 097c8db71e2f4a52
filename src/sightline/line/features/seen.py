"""What a base has seen of some labelled pictures, by the rows of their catalog."""

from dataclasses import dataclass

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

    def of(self, rows: Rows) -> Features:
        """Return the features of some of the rows, in their order."""
        return self.features[np.searchsorted(self.rows, rows)]
