"""Colours of 16 bits a channel, read in full."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sightline.imaging.deep import ANY, FULL, DeepRange, Shades
from sightline.imaging.photo import open_photo

RGB, GREY_ALPHA, RGBA = 2, 4, 6
CHANNELS = {RGB: 3, GREY_ALPHA: 2, RGBA: 4}
TWELVE_BITS = DeepRange(whole=(0, 4095))


def png(values: np.ndarray, kind: int = RGB, more: bytes = b"") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff(values: np.ndarray, *, order: str = "<", compression: int = 1, photometric: int = 2) -> bytes:
    """A TIFF of one strip; compression 1 is none, 8 is deflate."""
    height, width, channels = values.shape
    strip = values.astype(f"{order}u2").tobytes()
    strip = zlib.compress(strip) if compression > 1 else strip
    short, long = 3, 4
    entries = [(256, long, 1, width), (257, long, 1, height), (258, short, channels, 8), (259, short, 1, compression),
               (262, short, 1, photometric), (273, long, 1, 256), (277, short, 1, channels), (278, long, 1, height),
               (279, long, 1, len(strip))]  # fmt: skip
    table = b""
    for tag, kind, count, value in entries:
        is_here = kind == short and count == 1  # a long may also be where the values lie
        table += struct.pack(f"{order}HHI", tag, kind, count)
        table += struct.pack(f"{order}HH", value, 0) if is_here else struct.pack(f"{order}I", value)
    bits = struct.pack(f"{order}{channels}H", *[16] * channels).ljust(8, b"\0")
    magic = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(f"{order}H", len(entries)) + table + bytes(4)
    return (magic + struct.pack(f"{order}I", 16) + bits + directory).ljust(256, b"\0") + strip


def noise(channels: int = 3, most: int = 65_536) -> np.ndarray:
    return np.random.default_rng(0).integers(0, most, (4, 5, channels)).astype(np.uint16)


def shown(payload: bytes, deep: DeepRange) -> np.ndarray:
    return np.asarray(open_photo(payload, name="x", deep=deep).image)


def scaled(values: np.ndarray, white: int) -> np.ndarray:
    return np.rint(np.minimum(values.astype(float) / white, 1) * 255)


@pytest.mark.parametrize(
    "write",
    [
        png,
        tiff,
        lambda values: tiff(values, order=">"),
        lambda values: tiff(values, compression=8),
        lambda values: tiff(values, order=">", compression=8),
    ],
    ids=["PNG", "TIFF", "TIFF, large end first", "TIFF, deflated", "TIFF, both"],
)
@pytest.mark.parametrize("white", [4095, 65_535])
def test_all_sixteen_bits_of_a_colour_are_read_in_the_format_s_range(write, white):
    values = noise(most=white + 1)

    read = shown(write(values), DeepRange(whole=(0, white)))

    np.testing.assert_array_equal(read, scaled(values, white))


def test_a_twelve_bit_camera_s_colours_are_measured_as_its_grey_is():
    photo = open_photo(png(noise(most=4096)), name="x", deep=ANY)

    assert photo.mode == "RGB;16"
    assert photo.shades == Shades(float(noise(most=4096).min()), float(noise(most=4096).max()))
    assert photo.shades.ends(photo.mode) == (0, 4095)


def test_without_a_range_colours_are_the_upper_eight_bits_as_they_were():
    np.testing.assert_array_equal(shown(png(noise()), FULL), noise() >> 8)


def test_opacity_fills_its_own_range_and_counts_for_no_colour():
    values = noise(4, most=4096)
    values[..., 3] = 65_535

    photo = open_photo(png(values, RGBA), name="x", deep=TWELVE_BITS)

    assert photo.shades.high < 4096
    np.testing.assert_array_equal(np.asarray(photo.image), scaled(values[..., :3], 4095))


def test_grey_with_opacity_is_read_in_full_too():
    values = noise(2, most=4096)
    values[..., 1] = 65_535

    photo = open_photo(png(values, GREY_ALPHA), name="x", deep=TWELVE_BITS)

    assert photo.mode == "LA;16"
    np.testing.assert_array_equal(np.asarray(photo.image)[..., 0], scaled(values[..., 0], 4095))


def test_significant_bits_of_colours_are_honoured():
    data = b"sBIT" + bytes([14, 14, 14])
    chunk = struct.pack(">I", 3) + data + struct.pack(">I", zlib.crc32(data))
    photo = open_photo(png(noise(most=4096), more=chunk), name="x", deep=ANY)

    assert photo.shades.ends(photo.mode) == (0, 2**14 - 1)


def test_inks_of_sixteen_bits_are_cut_and_their_mode_says_so():
    photo = open_photo(tiff(noise(4), photometric=5), name="x", deep=TWELVE_BITS)

    assert (photo.mode, photo.shades) == ("CMYK>8", Shades())


def test_a_transparent_colour_of_sixteen_bits_leaves_the_upper_eight():
    data = b"tRNS" + struct.pack(">3H", 1, 2, 3)
    chunk = struct.pack(">I", 6) + data + struct.pack(">I", zlib.crc32(data))

    assert open_photo(png(noise(), more=chunk), name="x", deep=TWELVE_BITS).mode == "RGB>8"


def test_a_pillow_image_of_a_file_of_deep_colours_is_read_as_the_file_is():
    from sightline.imaging.picture_format import PictureFormat
    from sightline.inference.pictures import reading_of

    payload, input_format = png(noise(most=4096)), PictureFormat(4, 5, "rgb", deep=TWELVE_BITS)

    image = reading_of(Image.open(io.BytesIO(payload)), input_format, name="x")

    np.testing.assert_array_equal(image.pixels, scaled(noise(most=4096), 4095))
