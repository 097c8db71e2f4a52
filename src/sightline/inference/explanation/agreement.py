"""Whether two maps show the same places."""

import numpy as np

from sightline.inference.explanation.heat import Heat

ALIKE = 0.5
"""A map that a network with shuffled weights gives so much alike shows the picture more than the network."""


def rank_agreement(one: Heat, other: Heat) -> float:
    """Return Spearman's correlation of how strong two maps are at each place, -1 to 1; 0 where one is blank.

    Args:
        one: A map, in whatever unit.
        other: Of the same shape.

    Raises:
        ValueError: Their shapes differ.

    Reference:
        J. Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, section 3: the model parameter
        randomization test, by rank correlation with absolute values. https://arxiv.org/abs/1810.03292
    """
    if one.grid.shape != other.grid.shape:
        raise ValueError(f"the maps must be of one shape, not {one.grid.shape} and {other.grid.shape}")
    from scipy.stats import rankdata

    ranks = [rankdata(np.nan_to_num(np.abs(heat.grid.ravel()))) for heat in (one, other)]
    deviations = [np.std(rank) for rank in ranks]
    if min(deviations) == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])
