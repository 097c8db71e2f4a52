"""Opening one picture safely: upright, eight bits, RGB or grey, or a reason why not."""

import io
import os
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from sightline.core.errors import PictureError
from sightline.imaging.budget import AT_ONCE, MAX_PIXELS, MOST_AT_ONCE, require_cheap
from sightline.imaging.camera import camera_of
from sightline.imaging.colour_profile import APPLIED, KEY, NONE, in_srgb, is_of
from sightline.imaging.colours import plain
from sightline.imaging.decoders import EXPECTED, INSTALL_HEIC, LOOKALIKES, READS_HEIF, formats_for, is_heif
from sightline.imaging.deep import (
    DEEP,
    FULL,
    SIGNIFICANT_BITS,
    DeepRange,
    Shades,
    has_shades,
    is_deep,
    is_deep_colour,
    shades_of,
    stored_as,
)
from sightline.imaging.exif import START, Exif
from sightline.imaging.facts import Facts
from sightline.imaging.formats import gif, tiff
from sightline.imaging.formats.jpeg import is_surely_cheap, plain_frame, rot
from sightline.imaging.formats.png import coded_colours, significant_bits
from sightline.imaging.rot import ROT
from sightline.imaging.taken import UNKNOWN, taken_seconds

Pixels = npt.NDArray[np.uint8]
Payload = bytes | Pixels
"""A picture as its source keeps it: an encoded file's bytes, or pixels (H, W) or (H, W, 1|3|4)."""

DECODER_ERRORS = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, AttributeError, OverflowError, MemoryError,
    NotImplementedError, ZeroDivisionError, RuntimeError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow's decoders were seen to raise on hostile files. A KeyError is left out on purpose: it is
what Pillow raises when a decoder is missing, which would be our own mistake."""

EXIF_TEXT = "Raw profile type exif"
"""Where ImageMagick keeps EXIF data in a PNG: below three lines, in hexadecimal."""
ORIENTATION_TAG = 0x0112
UPRIGHT = 1
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by its EXIF orientation."""
LYING_ORIENTATIONS = (5, 6, 7, 8)

FRAME_COUNTS = {"GIF": gif.frame_count, "TIFF": tiff.frame_count}
NO_SHADES = Shades()
CODED = "coded_colours"
"""Where what a PNG's cICP chunk says stands in an image's `info`: primaries and transfer."""
STATED = (CODED, "gamma", "chromaticity", "exif")
"""What in an image's `info` may state colours without a profile."""

# The size is checked below, before anything is decoded; Pillow's warning would only repeat it.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
# Pillow warns of odd metadata in files that it reads well.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@dataclass(frozen=True)
class Photo:
    """One decoded picture.

    Args:
        image: Upright, in mode ``"RGB"`` or ``"L"``; a large JPEG may be reduced (see `open_photo`).
        width: Pixels across as stored in the file, before it is turned upright.
        height: Pixels down as stored in the file.
        format: ``"JPEG"``, ``"PNG"``, ... or ``"array"``.
        mode: Pillow's name for the colour mode in the file: ``"RGB"``, ``"P"``, ``"I;16"``, ...; or, with 16 bits a
            channel, ``"RGB;16"`` and the like, ``"CMYK>8"`` and the like where only their upper eight can be read.
        turned: Whether an EXIF orientation was applied.
        frames: How many pictures the file holds; only the first is used.
        shades: Which values a deep picture holds.
        profile: What became of the file's colour profile.
        taken: When the picture was taken, as in `Facts`.
        camera: What took it, as in `Facts`.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    mode: str
    turned: bool
    frames: int
    shades: Shades = NO_SHADES
    profile: str = NONE
    taken: float = UNKNOWN
    camera: str = ""

    @property
    def facts(self) -> Facts:
        """All but the image."""
        stored = self.width, self.height, self.format, self.mode, self.turned, self.frames
        return Facts(*stored, *self.shades, self.profile, self.taken, self.camera)


def open_photo(
    payload: Payload, *, name: str, at_least: tuple[int, int] | None = None, deep: DeepRange = FULL
) -> Photo:
    """Decode one picture.

    Args:
        payload: The file's bytes, or pixels.
        name: What to call the picture in an error.
        at_least: (height, width) that will be needed. A JPEG of at least four times that size is
            decoded at a half, a quarter or an eighth of its scale, which is several times faster
            and leaves at least twice the pixels that are needed.
        deep: What becomes black and white in a picture of more than eight bits.

    Returns:
        The picture, upright, in mode ``"RGB"`` or ``"L"``.

    Raises:
        PictureError: The payload is empty, no picture, cut short, rotten, too large, or in colours
            for which there is no rule.
    """
    if isinstance(payload, np.ndarray):
        return _opened(_from_array(payload, name), b"", name, at_least=at_least, frames=1, deep=deep)
    if (plain_jpeg := _plain_jpeg(payload, at_least)) is not None:
        return plain_jpeg
    image = _from_bytes(payload, name)
    return _opened(image, payload, name, at_least=at_least, frames=_frames(image, payload), deep=deep)


def _plain_jpeg(payload: bytes, at_least: tuple[int, int] | None) -> Photo | None:
    """Decode a JPEG of the plainest kind in half the time that it takes to find out what a file is.

    Returns:
        What `_opened` would return; None for every file that is not as plain, or not sound, so that there is
        one place that knows them and has words for what is wrong.
    """
    frame = plain_frame(payload)
    if frame is None or (pixels := frame.width * frame.height) > MAX_PIXELS or not is_surely_cheap(payload, pixels):
        return None
    if rot(payload, frame.scan) is not None:
        return None
    scale = 1 if at_least is None else _reduction(frame.width, frame.height, 2 * max(at_least))
    size = -(-frame.width // scale), -(-frame.height // scale)
    try:
        image = Image.new(frame.mode, size, None)
        image.frombytes(payload, "jpeg", frame.mode, "", scale, 0)
    except DECODER_ERRORS:
        return None
    return Photo(image, frame.width, frame.height, "JPEG", frame.mode, turned=False, frames=1)


def _reduction(width: int, height: int, needed: int) -> int:
    """Return by how much libjpeg may divide both sides, 1, 2, 4 or 8; as Pillow's ``draft`` has it."""
    most = min(width // needed, height // needed)
    return next((scale for scale in (8, 4, 2) if scale <= most), 1)


def _opened(
    stored: Image.Image,
    payload: bytes,
    name: str,
    *,
    at_least: tuple[int, int] | None,
    frames: int,
    deep: DeepRange,
) -> Photo:
    mode = mode_in_file(stored)  # first, for a PNG's orientation stands behind its pixels
    orientation = orientation_of(stored)
    width, height = _stored_size(stored, orientation)
    if at_least is not None:
        needed = 2 * max(at_least)
        stored.draft(None, (needed, needed))
    loaded = _loaded(stored, name)
    turn = TURNS.get(orientation_of(loaded))  # Pillow turns a TIFF itself and then says that it is upright
    eight, shades = _in_range(loaded, mode, payload, name, deep=deep)
    image, profile = in_known_colours(eight, name, deep=deep)
    exif = Exif.of(loaded.info.get("exif"))
    return Photo(
        image=image if turn is None else image.transpose(turn),
        width=width,
        height=height,
        format=stored.format or "array",
        mode=mode,
        turned=orientation != UPRIGHT,
        frames=frames,
        shades=shades,
        profile=profile,
        taken=taken_seconds(exif),
        camera=camera_of(exif),
    )


def mode_in_file(image: Image.Image) -> str:
    """Return the mode of a picture that has not been decoded, with its depth if it has 16 bits a channel."""
    if is_deep(image.mode) or DEEP not in stored_as(image):
        return image.mode
    from sightline.imaging.deep_colours import deep_mode  # for the few that are

    return deep_mode(image)


def _in_range(
    loaded: Image.Image, mode: str, payload: bytes, name: str, *, deep: DeepRange
) -> tuple[Image.Image, Shades]:
    """Return a picture, in eight bits if it has deep colours, and which values it holds if it is deep."""
    if is_deep(mode):
        return loaded, shades_of(loaded)
    if not is_deep_colour(mode):
        return loaded, NO_SHADES
    from sightline.imaging.deep_colours import colours_in_eight_bits, deep_values, shades_of_colours  # for the few

    try:
        values = deep_values(loaded, payload)
    except DECODER_ERRORS as error:
        raise _damaged(name, error) from error
    return colours_in_eight_bits(values, loaded, deep), shades_of_colours(values, loaded)


def in_known_colours(image: Image.Image, name: str, *, deep: DeepRange) -> tuple[Image.Image, str]:
    """Return a picture in mode ``"RGB"`` or ``"L"``, in sRGB, and what became of its colour profile.

    Args:
        image: Decoded, in any mode; its `info` holds its profile.
        name: What to call it in an error.
        deep: What becomes black and white in a picture of more than eight bits.

    Raises:
        PictureError: There is no rule for these colours or values.
    """
    profile: bytes | None = image.info[KEY] if KEY in image.info else _stated_profile(image)
    if profile == b"" and KEY not in image.info:
        return plain(image, name, deep=deep), NONE
    if image.mode == "CMYK" and is_of(profile, "CMYK"):
        converted, outcome = in_srgb(image, profile)
        return (converted, outcome) if outcome == APPLIED else (plain(image, name), outcome)
    return in_srgb(plain(image, name, deep=deep), profile)


def _stated_profile(image: Image.Image) -> bytes | None:
    if image.info.keys().isdisjoint(STATED):
        return b""
    from sightline.imaging.stated_colours import stated_profile  # for the few that may state some

    return stated_profile(image)


def _from_array(pixels: Pixels, name: str) -> Image.Image:
    if pixels.dtype != np.uint8:
        raise PictureError(
            f"{name} is an array of {pixels.dtype}; expected uint8",
            hint="scale the pixels to 0..255 and convert them with .astype('uint8')",
        )
    flat = pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels  # noqa: PLR2004
    if not (flat.ndim == 2 or (flat.ndim == 3 and flat.shape[2] in (3, 4))) or flat.size == 0:  # noqa: PLR2004
        raise PictureError(
            f"{name} is an array of shape {pixels.shape}; expected (H, W) or (H, W, 1, 3 or 4)",
            hint="put the colour channels last",
        )
    return Image.fromarray(flat)


def _from_bytes(payload: bytes, name: str) -> Image.Image:
    if not payload:
        raise PictureError(f"{name} is empty: 0 bytes", hint="copy the file again, or remove it")
    require_cheap(payload, name)
    try:
        image = Image.open(io.BytesIO(payload), formats=formats_for(payload))
    except Image.DecompressionBombError as error:
        raise _bomb(name, str(error)) from error
    except UnidentifiedImageError as error:
        raise _foreign(name, payload) from error
    except DECODER_ERRORS as error:
        raise _damaged(name, error) from error
    most = MOST_AT_ONCE if image.format in AT_ONCE else MAX_PIXELS
    if image.width * image.height > most:
        raise _bomb(name, f"{image.width} x {image.height} pixels", most)
    check = ROT.get(image.format or "")
    if check is not None and (flaw := check(payload)) is not None:
        raise PictureError(f"{name} {flaw}", hint="copy the file again, or remove it")
    if image.format == "PNG" and (coded := coded_colours(payload)):
        image.info[CODED] = coded
    if image.format == "PNG" and has_shades(mode_in_file(image)):
        image.info[SIGNIFICANT_BITS] = significant_bits(payload)
    return image


def _foreign(name: str, payload: bytes) -> PictureError:
    if is_heif(payload) and not READS_HEIF:
        return PictureError(
            f"{name} is a HEIC picture, which is read with the extra heic alone",
            hint=f"install it with: {INSTALL_HEIC}; or convert the file to JPEG",
        )
    from sightline.core.recognition import begun_as  # for files that are no pictures

    kind = LOOKALIKES.get(os.path.splitext(name)[1].lower())  # noqa: PTH122 - Path raises over names with null bytes
    return PictureError(
        f"{name} is no picture that can be read"
        + (f": it begins as {begun} does" if (begun := begun_as(payload)) else "")
        + (f"; by its ending it is {kind}" if kind else ""),
        hint=f"expected {EXPECTED}; convert or remove the file",
    )


def _bomb(name: str, size: str, most: int = MAX_PIXELS) -> PictureError:
    return PictureError(
        f"{name} is too large to decode safely ({size}); at most {most:,} pixels are read",
        hint="reduce the picture, or remove it if it should not be that large",
    )


def _damaged(name: str, error: Exception) -> PictureError:
    return PictureError(
        f"{name} is damaged or cut short: {str(error) or type(error).__name__}",
        hint="copy the file again, or remove it",
    )


def _loaded(image: Image.Image, name: str) -> Image.Image:
    try:
        image.load()
    except DECODER_ERRORS as error:
        raise _damaged(name, error) from error
    return image


def _frames(image: Image.Image, payload: bytes) -> int:
    """Return how many pictures the file holds; Pillow would read through a GIF or TIFF to count them."""
    counted = FRAME_COUNTS.get(image.format or "")
    return counted(payload) if counted else int(getattr(image, "n_frames", 1))


def _stored_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """Return width and height in the file; Pillow has swapped those of a TIFF that lies on its side."""
    width, height = image.size
    return (height, width) if image.format == "TIFF" and orientation in LYING_ORIENTATIONS else (width, height)


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; broken EXIF data says nothing, so the picture stays as it is."""
    try:
        orientation = UPRIGHT if _hides_excess(image) else image.getexif().get(ORIENTATION_TAG, UPRIGHT)
    except DECODER_ERRORS:
        return UPRIGHT
    return orientation if orientation in range(1, 9) else UPRIGHT


def _hides_excess(image: Image.Image) -> bool:
    """Return whether EXIF data that a PNG holds as a text claim too much; before it is unpacked, nobody can tell."""
    if not isinstance(text := image.info.get(EXIF_TEXT), str):
        return False
    block = bytes.fromhex("".join(text.split("\n")[3:]))
    return tiff.exif_excess(block.removeprefix(START)) is not None
