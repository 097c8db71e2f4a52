"""Whether one of two kinds of training does better, by the folds of a cross-validation that share their pictures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np

from sightline.core.intervals import Interval
from sightline.evaluation.significance.verdict import LEVEL, Kind, kind_of


@dataclass(frozen=True)
class FoldComparison:
    """Two kinds of training on the same folds.

    Args:
        folds: How many differences there are: folds times repeats.
        difference: The mean over folds of the first one's accuracy minus the second one's, -1 to 1.
        interval: Its interval by the corrected test, within -1 to 1.
        p_value: Of the same test, of a difference of zero, 0 to 1.
    """

    folds: int
    difference: float
    interval: Interval
    p_value: float

    @property
    def kind(self) -> Kind:
        """``"better"`` or ``"worse"`` if the interval says so of the first; ``"alike"`` if it holds zero."""
        return kind_of(self.interval)

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the verdict as plain values."""
        return asdict(self) | {"kind": self.kind}


def compare_folds(differences: Sequence[float], *, tested_share: float, level: float = LEVEL) -> FoldComparison:
    """Compare two kinds of training by their differences on the folds of a cross-validation.

    The models of two folds learnt from mostly the same pictures, so their differences are not independent and the usual
    t-test finds differences where there are none. The corrected one adds to the variance of the mean what one fold's
    pictures are to those that it learnt from. Interval and verdict are of that one test.

    Args:
        differences: One a fold, of all repeats: the first accuracy minus the second, -1 to 1; two or more.
        tested_share: A fold's pictures over those that its model learnt from, above 0; 1 / (K - 1) for K folds.
        level: How often two that are alike may be told apart, 0 to 1.

    Raises:
        ValueError: There are fewer than two differences.

    Reference:
        C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52, 2003.
        https://doi.org/10.1023/A:1024068626366
        R. R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for comparing learning
        algorithms", PAKDD 2004 (for repeated cross-validation). https://doi.org/10.1007/978-3-540-24775-3_3

    Example:
        >>> found = compare_folds([0.04, 0.05, 0.03, 0.06, 0.04], tested_share=1 / 4)
        >>> low, high = found.interval
        >>> f"{found.difference:.3f} ({low:.3f} to {high:.3f}), p = {found.p_value:.4f}"
        '0.044 (0.023 to 0.065), p = 0.0045'
    """
    from scipy.stats import t

    count = len(differences)
    if count < 2:  # noqa: PLR2004 - one difference has no spread
        raise ValueError(f"two differences or more are needed, not {count}")
    mean = float(np.mean(differences))
    error = sqrt(float(np.var(differences, ddof=1)) * (1 / count + tested_share))
    reach = float(t.ppf(1 - level / 2, count - 1)) * error
    p_value = float(2 * t.sf(abs(mean) / error, count - 1)) if error else float(not mean)
    return FoldComparison(count, mean, (max(-1.0, mean - reach), min(1.0, mean + reach)), p_value)
