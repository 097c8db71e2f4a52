"""What speaks for and against labels: answers to pictures by what had not learnt them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.data.catalog import Rows
from sightline.evaluation.temperature import fitted_temperature, softmax

LEAST = 1e-12

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class LabelEvidence:
    """Answers to labelled pictures, by models of other folds or by a network that was on its way.

    Args:
        rows: (n,) int64, of the catalog, ascending.
        probabilities: (n, classes), calibrated.
        margins: (n,) how far the label was ahead of the next class while it was learnt, on average; None where nothing
            was learnt in epochs.
    """

    rows: Rows
    probabilities: Floats
    margins: Floats | None = None

    @classmethod
    def calibrated(
        cls, rows: Rows, labels: Rows, probabilities: Floats, margins: Floats | None = None
    ) -> "LabelEvidence":
        """Return evidence from answers that are less sure, or surer, than they are right.

        Args:
            labels: (n,) int64, of these rows.
            probabilities: (n, classes), such as means over epochs, of which the first knew little.
        """
        logits = np.log(np.maximum(probabilities.astype(np.float64), LEAST))
        return cls(rows, softmax(fitted_temperature(logits, labels) * logits), margins)

    @classmethod
    def joined(cls, evidence: Sequence["LabelEvidence"], labels: Rows) -> "LabelEvidence":
        """Return what several witnesses say of the pictures that all of them have answered about.

        The logarithms of their probabilities are added, so that one who is sure is heard; margins, which have scales of
        their own, are brought to one.

        Args:
            evidence: Of one witness or more.
            labels: (N,) int64, of all rows of the catalog.
        """
        if len(evidence) == 1:
            return evidence[0]
        rows = evidence[0].rows
        for one in evidence[1:]:
            rows = np.intersect1d(rows, one.rows)
        places = [np.searchsorted(one.rows, rows) for one in evidence]
        logits = [np.log(np.maximum(one.probabilities[at], LEAST)) for one, at in zip(evidence, places, strict=True)]
        scaled = [
            one.margins[at] / max(float(one.margins[at].std()), LEAST)
            for one, at in zip(evidence, places, strict=True)
            if one.margins is not None
        ]
        margins = np.mean(scaled, axis=0) if scaled else None
        return cls.calibrated(rows, labels[rows], softmax(np.sum(logits, axis=0)), margins)
