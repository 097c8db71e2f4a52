"""The one deterministic path from a picture's file to the pixels that a model reads."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from PIL import Image, ImageOps

from sightline.imaging.colours import CHANNELS, ColourSpace, in_colour_space
from sightline.imaging.deep import FULL, DeepRange
from sightline.imaging.facts import Facts
from sightline.imaging.photo import Payload, Photo, Pixels, open_photo

Resize = Literal["squash", "crop", "pad"]
RESIZES: tuple[Resize, ...] = get_args(Resize)


@dataclass(frozen=True)
class PictureFormat:
    """What every picture becomes before a model sees it: (H, W, C) uint8.

    Args:
        height: Pixels down, 1 or more.
        width: Pixels across, 1 or more.
        colours: The colour space: ``"rgb"``, ``"grey"``, ``"hsv"`` or ``"cmyk"``.
        resize: ``"squash"`` stretches to the size; ``"crop"`` keeps the proportions and cuts the
            longer side to its middle; ``"pad"`` keeps the whole picture between black bars.
        deep: What becomes black and white in pictures of more than eight bits.

    Example:
        >>> PictureFormat(32, 48, "grey").shape
        (32, 48, 1)
    """

    height: int
    width: int
    colours: ColourSpace = "rgb"
    resize: Resize = "squash"
    deep: DeepRange = FULL

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        return self.height, self.width, CHANNELS[self.colours]

    def open(self, payload: Payload, *, name: str) -> Photo:
        """Decode a picture at no more than the scale that this format needs; see `open_photo`."""
        return open_photo(payload, name=name, at_least=(self.height, self.width), deep=self.deep)

    def pixels(self, photo: Photo) -> Pixels:
        """Return the picture at the model's size and in its colours, (H, W, C) uint8."""
        return in_colour_space(self._resized(photo.image), self.colours)

    def facts(self, payload: Payload, *, name: str) -> Facts:
        """Decode a picture and return what is known of it.

        Raises:
            PictureError: The picture can't be read.
        """
        return self.open(payload, name=name).facts

    def look(self, payload: Payload, *, name: str) -> tuple[Facts, Pixels]:
        """Decode a picture once; return what is known of it and its (H, W, C) uint8 pixels.

        Raises:
            PictureError: The picture can't be read.
        """
        photo = self.open(payload, name=name)
        return photo.facts, self.pixels(photo)

    def read(self, payload: Payload, *, name: str) -> Pixels:
        """Decode and resize one picture: the path of training, evaluation and prediction alike.

        Raises:
            PictureError: The picture can't be read.
        """
        return self.pixels(self.open(payload, name=name))

    def describe(self) -> dict[str, Any]:
        """Return kind, height, width, colours, resize and, where it is known, deep, as a bundle's manifest has them."""
        described = {"kind": "picture", **asdict(self)}
        del described["deep"]
        return described if self.deep == FULL else {**described, "deep": self.deep.as_json()}

    def _resized(self, image: Image.Image) -> Image.Image:
        size = (self.width, self.height)
        if image.size == size:
            return image
        if self.resize == "crop":
            return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
        if self.resize == "pad":
            return _padded(image, size)
        return image.resize(size, Image.Resampling.BILINEAR)


def _padded(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    try:
        return ImageOps.pad(image, size, Image.Resampling.BILINEAR)
    except ValueError:  # before Pillow 13, over a picture so narrow that nothing is left of it between the bars
        return Image.new(image.mode, size)
