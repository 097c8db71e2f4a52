"""How a base reads a picture, in the house's own terms.

Importing this file does not import torch.
"""

import numpy as np

from sightline.core.findings import Finding, Severity
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Floats, Preprocess
from sightline.models.bases.table import Base

DEFAULTS = {"margin": 0, "resampling": "bilinear"}
"""What a format has where its description says nothing."""


def base_format(base: Base) -> PictureFormat:
    """Return what every picture becomes before a base sees it.

    Example:
        >>> from sightline.models.bases.table import find_base
        >>> base_format(find_base("efficientnet-lite0")).describe()["margin"]
        16
    """
    return PictureFormat(base.size, base.size, "rgb", resize="crop", margin=base.margin, resampling=base.resampling)


def base_preprocess(base: Base) -> Preprocess:
    """Return the format with the centring and scaling that the base was trained with: ``(pixels - mean) / deviation``.

    They are the base's own, of its maker's pictures, and are not fitted to anybody else's.
    """
    mean, deviation = (np.array(values).reshape(1, 1, -1) for values in (base.mean, base.deviation))
    return Preprocess(
        format=base_format(base),
        centre="channel",
        scale="deviation",
        mean=mean.astype(np.float32),
        factor=(1 / deviation).astype(np.float32),
    )


def base_departure(base: Base, preprocess: Preprocess) -> Finding | None:
    """Return the warning that a run reads its pictures otherwise than its base learnt to, or None if it does not.

    Args:
        preprocess: What the run does with its pictures.
    """
    own = base_preprocess(base)
    changed = [
        f"{key} {usual} became {preprocess.format.describe().get(key, DEFAULTS.get(key))}"
        for key, usual in (DEFAULTS | own.format.describe()).items()
        if preprocess.format.describe().get(key, DEFAULTS.get(key)) != usual
    ]
    if not (_are_equal(preprocess.mean, own.mean) and _are_equal(preprocess.factor, own.factor)):
        changed.append("centring and scaling are not the base's")
    if not changed:
        return None
    return Finding(
        code="not-as-the-base-reads",
        severity=Severity.WARNING,
        symptom=f"{base.name} reads its pictures otherwise than it learnt to: {'; '.join(changed)}",
        advice="leave size, resize, colours, centre and scale to the base, or expect less of it",
    )


def _are_equal(one: Floats, other: Floats) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-5)
