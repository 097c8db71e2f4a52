"""How a base reads a picture, in the house's own terms.

Importing this file does not import torch.
"""

import numpy as np

from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Preprocess
from sightline.models.bases.table import Base


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
