"""How many of some pictures a model has seen before, as far as its file says."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightline.data.catalog import TRAIN, VALIDATION
from sightline.evaluation.report.overlap import Overlap
from sightline.inference.picture_digests import PictureDigests


def overlap_of(
    digests: PictureDigests | None, pictures: Sequence[str], *, left_out: bool = False
) -> tuple[Overlap, npt.NDArray[np.bool_]]:
    """Return how many of some pictures a model has seen before, and which.

    A picture is known by the bytes of its file: one that was saved anew, in another format or size, passes for new.

    Args:
        digests: What the model's file says of its pictures; None if it says nothing.
        pictures: The SHA-256 sums of N files, hexadecimal.
        left_out: Whether those that it has seen are left out of what is measured.

    Returns:
        The counts, and (N,) bool.
    """
    if digests is None:
        return Overlap(len(pictures), None, None), np.zeros(len(pictures), dtype=np.bool_)
    parts = digests.part_of(pictures)
    counted = Overlap(len(pictures), parts.count(TRAIN), parts.count(VALIDATION), left_out=left_out)
    return counted, np.array([part != "" for part in parts], dtype=np.bool_)
