"""How well pictures fit classes that are enrolled, as a model file keeps it."""

from sightline.core.errors import BundleError
from sightline.evaluation.trust.enrolled_fit import EnrolledFit
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.bundle import TRAIN_AGAIN

FIT = "fit."
"""Before the name of each of its arrays."""
COSINES, SHARES = FIT + "cosines", FIT + "shares"


def fit_arrays(fit: EnrolledFit) -> Arrays:
    """Return what a model file keeps of it, by name."""
    return {COSINES: fit.cosines, SHARES: fit.shares}


def enrolled_fit_in(arrays: Arrays) -> EnrolledFit | None:
    """Return it from a model file's arrays; None where learnt classes can't stand for new ones.

    Raises:
        BundleError: It is damaged.
    """
    if COSINES not in arrays and SHARES not in arrays:
        return None
    try:
        return EnrolledFit(arrays[COSINES], arrays[SHARES])
    except (KeyError, ValueError) as error:
        raise BundleError(f"the fit of enrolled classes is not understood: {error}", hint=TRAIN_AGAIN) from error
