"""The one deterministic path from a decoded picture to what a model reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from sightline.imaging.colours import CHANNELS, ColourSpace, in_colour_space
from sightline.imaging.photo import Payload, Photo, Pixels, open_photo

Fit = Literal["squash", "crop", "pad"]
Centre = Literal["channel", "mean-picture", "none"]
Scale = Literal["deviation", "range", "none"]
FITS: tuple[Fit, ...] = get_args(Fit)
CENTRES: tuple[Centre, ...] = get_args(Centre)
SCALES: tuple[Scale, ...] = get_args(Scale)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class InputFormat:
    """What every picture becomes before a model sees it: (H, W, C) uint8.

    Args:
        height: Pixels down.
        width: Pixels across.
        colours: The colour space.
        fit: ``"squash"`` stretches to the size; ``"crop"`` keeps the proportions and cuts the
            longer side to its middle; ``"pad"`` keeps the whole picture between black bars.
    """

    height: int
    width: int
    colours: ColourSpace = "rgb"
    fit: Fit = "squash"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        return self.height, self.width, CHANNELS[self.colours]

    def open(self, payload: Payload, *, name: str) -> Photo:
        """Decode a picture at no more than the scale that this format needs; see `open_photo`."""
        return open_photo(payload, name=name, at_least=(self.height, self.width))

    def pixels(self, photo: Photo) -> Pixels:
        """Return the picture at the model's size and in its colours, (H, W, C) uint8."""
        return in_colour_space(self._fitted(photo.image), self.colours)

    def read(self, payload: Payload, *, name: str) -> Pixels:
        """Decode and fit one picture: the path of training, evaluation and prediction alike.

        Raises:
            PictureError: The picture can't be read.
        """
        return self.pixels(self.open(payload, name=name))

    def _fitted(self, image: Image.Image) -> Image.Image:
        size = (self.width, self.height)
        if image.size == size:
            return image
        if self.fit == "crop":
            return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
        if self.fit == "pad":
            return ImageOps.pad(image, size, Image.Resampling.BILINEAR)
        return image.resize(size, Image.Resampling.BILINEAR)


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

    format: InputFormat
    centre: Centre
    scale: Scale
    mean: Floats
    factor: Floats

    def description(self) -> dict[str, Any]:
        """Return all but the arrays as plain values, for a manifest."""
        return {
            "height": self.format.height,
            "width": self.format.width,
            "colours": self.format.colours,
            "resize": self.format.fit,
            "centre": self.centre,
            "scale": self.scale,
        }


def fitted(format: InputFormat, chunks: Iterable[Pixels], *, centre: Centre, scale: Scale) -> Preprocess:  # noqa: A002
    """Fit centring and scaling on the training part.

    Args:
        format: What every picture becomes first.
        chunks: The training pictures in pieces, each (n, H, W, C) uint8; read once.
        centre: See `Preprocess`.
        scale: See `Preprocess`. A channel that never varies is not scaled.

    Reference:
        LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.3: inputs with zero
        mean and equal spread train faster. http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf
    """
    count, total, squares = 0, np.zeros(format.shape), np.zeros(format.shape)
    for chunk in chunks:
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
