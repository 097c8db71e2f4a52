"""The centring and scaling that a model begins with, learnt from the training part."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat

Centre = Literal["channel", "mean-picture", "none"]
Scale = Literal["deviation", "range", "none"]
CENTRES: tuple[Centre, ...] = get_args(Centre)
SCALES: tuple[Scale, ...] = get_args(Scale)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Preprocess:
    """An input format together with the centring and scaling that were fitted on the training part.

    The model's input is ``(pixels - mean) * factor``, float32.

    Args:
        format: What every picture becomes first.
        centre: What `mean` is: one value a ``"channel"``, a ``"mean-picture"``, or zero (``"none"``).
        scale: What `factor` is: one over the ``"deviation"`` of each channel, one over the
            ``"range"`` (1/255), or one (``"none"``).
        mean: (1, 1, C) or (H, W, C) float32 in 0..255.
        factor: (1, 1, C) float32.
    """

    format: PictureFormat
    centre: Centre
    scale: Scale
    mean: Floats
    factor: Floats

    def describe(self) -> dict[str, Any]:
        """Return all but the arrays as plain values, for a manifest."""
        return {**self.format.describe(), "centre": self.centre, "scale": self.scale}


def fitted(format: PictureFormat, chunks: Iterable[Pixels], *, centre: Centre, scale: Scale) -> Preprocess:  # noqa: A002
    """Fit centring and scaling on the training part.

    Args:
        format: What every picture becomes first.
        chunks: The training pictures in pieces, each (n, H, W, C) uint8; read once.
        centre: What is subtracted, as in `Preprocess`.
        scale: What is multiplied by, as in `Preprocess`. A channel that never varies is not scaled.

    Reference:
        LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.3: inputs with zero
        mean and equal spread train faster. http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf
    """
    count, total, squares = 0, np.zeros(format.shape), np.zeros(format.shape)
    for chunk in chunks if _is_measured(centre, scale) else ():
        count += len(chunk)
        total += chunk.sum(axis=0, dtype=np.uint64)
        squares += np.square(chunk, dtype=np.uint16).sum(axis=0, dtype=np.uint64)
    picture_mean = total / max(count, 1)
    channel_mean = picture_mean.mean(axis=(0, 1), keepdims=True)
    variance = (squares / max(count, 1)).mean(axis=(0, 1), keepdims=True) - channel_mean**2
    means = {"mean-picture": picture_mean, "channel": channel_mean, "none": np.zeros_like(channel_mean)}
    factors = {
        "deviation": 1 / np.sqrt(np.where(variance > 1e-6, variance, 1)),  # noqa: PLR2004 - rounding apart
        "range": np.full_like(channel_mean, 1 / 255),
        "none": np.ones_like(channel_mean),
    }
    return Preprocess(
        format=format,
        centre=centre,
        scale=scale,
        mean=means[centre].astype(np.float32),
        factor=factors[scale].astype(np.float32),
    )


def _is_measured(centre: Centre, scale: Scale) -> bool:
    """Return whether the pictures have a say in it."""
    return centre != "none" or scale == "deviation"
