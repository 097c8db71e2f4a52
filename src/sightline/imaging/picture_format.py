"""The one deterministic path from a picture's file to the pixels that a model reads."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from PIL import Image, ImageOps

from sightline.imaging.colours import CHANNELS, ColourSpace, in_colour_space
from sightline.imaging.deep import FULL, DeepRange, has_shades
from sightline.imaging.facts import Facts
from sightline.imaging.photo import Payload, Photo, Pixels, open_photo
from sightline.imaging.sharpness import sharpness
from sightline.imaging.thumbnail import thumbnail

Resize = Literal["squash", "crop", "pad"]
Resampling = Literal["bilinear", "bicubic"]
RESIZES: tuple[Resize, ...] = get_args(Resize)
RESAMPLINGS: tuple[Resampling, ...] = get_args(Resampling)


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
        margin: With ``"crop"``: pixels at each edge that are cut off after a picture has been resized. 224 pixels with
            a margin of 16 are the middle of a picture whose shorter side has become 256.
        resampling: How pixels are weighed when a picture is resized.

    Raises:
        ValueError: There is a margin below 0, or without ``"crop"``.

    Example:
        >>> PictureFormat(32, 48, "grey").shape
        (32, 48, 1)
    """

    height: int
    width: int
    colours: ColourSpace = "rgb"
    resize: Resize = "squash"
    deep: DeepRange = FULL
    margin: int = 0
    resampling: Resampling = "bilinear"

    def __post_init__(self) -> None:
        """Check the margin."""
        if self.margin < 0 or (self.margin and self.resize != "crop"):
            raise ValueError(f"a margin of {self.margin} with {self.resize}; expected 0 or more, and 0 without crop")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        return self.height, self.width, CHANNELS[self.colours]

    def open(self, payload: Payload, *, name: str) -> Photo:
        """Decode a picture at no more than the scale that this format needs; see `open_photo`."""
        needed = self.height + 2 * self.margin, self.width + 2 * self.margin
        return open_photo(payload, name=name, at_least=needed, deep=self.deep)

    def pixels(self, photo: Photo) -> Pixels:
        """Return the picture at the model's size and in its colours, (H, W, C) uint8."""
        return in_colour_space(self._resized(photo.image), self.colours)

    def note(self, photo: Photo) -> str:
        """Return what of a picture was lost on the way to its pixels and should be known; ``""`` if nothing was."""
        return self.deep.clipped(photo.mode, photo.shades) if has_shades(photo.mode) else ""

    def facts(self, payload: Payload, *, name: str) -> Facts:
        """Decode a picture and return what is known of it.

        Raises:
            PictureError: The picture can't be read.
        """
        return self.open(payload, name=name).facts

    def glance(self, payload: Payload, *, name: str) -> tuple[Facts, Pixels]:
        """Decode a picture once; return what is known of it and its thumbnail.

        Raises:
            PictureError: The picture can't be read.
        """
        return _glanced(self.open(payload, name=name))

    def look(self, payload: Payload, *, name: str) -> tuple[Facts, Pixels, Pixels]:
        """Decode a picture once; return what is known of it, its thumbnail and its (H, W, C) uint8 pixels.

        Raises:
            PictureError: The picture can't be read.
        """
        photo = self.open(payload, name=name)
        return *_glanced(photo), self.pixels(photo)

    def read(self, payload: Payload, *, name: str) -> Pixels:
        """Decode and resize one picture: the path of training, evaluation and prediction alike.

        Raises:
            PictureError: The picture can't be read.
        """
        return self.pixels(self.open(payload, name=name))

    def describe(self) -> dict[str, Any]:
        """Return kind, height, width, colours and resize as a manifest has them; the rest where it is not the default.

        What was described before there was a margin, another resampling or a range of deep pictures stays the same.
        """
        described = {"kind": "picture", **asdict(self), "deep": self.deep.as_json()}
        usual = {"deep": FULL.as_json(), "margin": 0, "resampling": "bilinear"}
        return {key: value for key, value in described.items() if key not in usual or value != usual[key]}

    def _resized(self, image: Image.Image) -> Image.Image:
        size, method = (self.width, self.height), Image.Resampling[self.resampling.upper()]
        if self.margin:
            return image.resize(size, method, box=self._middle(image.size))
        if image.size == size:
            return image
        if self.resize == "crop":
            return ImageOps.fit(image, size, method)
        if self.resize == "pad":
            return _padded(image, size, method)
        return image.resize(size, method)

    def _middle(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of what the model reads of a picture of this (width, height).

        The picture is thought of as resized until its sides are just covered, and its middle is cut out there in whole
        pixels. What lies outside is not resized at all: of a picture of one row it would be too much for any memory.
        """
        across, down = self.width + 2 * self.margin, self.height + 2 * self.margin
        wide, high = size
        width, height = (across, high * across // wide) if wide * down <= high * across else (wide * down // high, down)
        left, top = round((width - self.width) / 2), round((height - self.height) / 2)
        right, bottom = left + self.width, top + self.height
        return left * wide / width, top * high / height, right * wide / width, bottom * high / height


def _glanced(photo: Photo) -> tuple[Facts, Pixels]:
    return photo.facts._replace(sharpness=sharpness(photo.image)), thumbnail(photo.image)


def _padded(image: Image.Image, size: tuple[int, int], method: Image.Resampling) -> Image.Image:
    try:
        return ImageOps.pad(image, size, method)
    except ValueError:  # before Pillow 13, over a picture so narrow that nothing is left of it between the bars
        return Image.new(image.mode, size)
