import io
import struct

import numpy as np
import pytest
from PIL import Image

from sightline.core.errors import PictureError
from sightline.imaging.budget import MAX_PIXELS
from sightline.imaging.decoders import ENDINGS, LOOKALIKES, READS_HEIF, SUFFIXES
from sightline.imaging.deep import DeepRange
from sightline.imaging.photo import open_photo

HEIC_START = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic"


def pixels(payload: bytes, **options: object) -> list:
    return np.asarray(open_photo(payload, name="x", **options).image).tolist()


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"P6\n# a comment\n2 1\n255\n" + bytes([1, 2, 3, 4, 5, 6]), [[[1, 2, 3], [4, 5, 6]]]),
        (b"P3 2 1 255 1 2 3 4 5 6", [[[1, 2, 3], [4, 5, 6]]]),
        (b"P5 3 1 255\n" + bytes([0, 7, 255]), [[0, 7, 255]]),
        (b"P2 3 1 15 0 7 15", [[0, 119, 255]]),
        (b"P4 8 1\n" + bytes([0b10100000]), [[0, 255, 0, 255, 255, 255, 255, 255]]),
        (b"P5 3 1 4095\n" + struct.pack(">3H", 0, 2048, 4095), [[0, 128, 255]]),
    ],
    ids=["P6", "P3", "P5", "P2", "P4", "twelve bits"],
)
def test_a_ppm_and_its_relatives_are_read(payload, expected):
    assert pixels(payload) == expected


def test_a_ppm_of_twelve_bits_keeps_its_own_range_in_a_data_set():
    photo = open_photo(b"P5 3 1 4095\n" + struct.pack(">3H", 0, 100, 200), name="x")

    assert DeepRange.over([(photo.mode, photo.shades)]) == DeepRange(whole=(0, 65_535))


def test_a_ppm_that_promises_too_many_pixels_or_holds_too_few_is_refused():
    with pytest.raises(PictureError, match="too large"):
        open_photo(b"P6 100000 100000 255 " + bytes(64), name="x")
    with pytest.raises(PictureError, match="damaged or cut short"):
        open_photo(b"P6 10 10 255 " + bytes(64), name="x")
    assert MAX_PIXELS < 100_000**2


def test_an_avif_is_read_and_turned_upright():
    stripes = Image.new("RGB", (64, 32), (200, 30, 30))
    stripes.paste((20, 40, 210), (0, 0, 32, 32))
    exif, stream = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    stripes.save(stream, "AVIF", quality=95, exif=exif)

    photo = open_photo(stream.getvalue(), name="x")

    assert (photo.format, photo.image.size, photo.turned) == ("AVIF", (32, 64), True)
    assert np.abs(np.subtract(photo.image.getpixel((16, 8)), (20, 40, 210))).max() < 12


def test_an_avif_with_transparency_is_laid_over_white():
    stream = io.BytesIO()
    Image.new("RGBA", (32, 32), (9, 9, 9, 0)).save(stream, "AVIF")

    assert min(open_photo(stream.getvalue(), name="x").image.getpixel((9, 9))) > 250


def test_both_views_of_a_3d_camera_are_one_picture():
    stream = io.BytesIO()
    left, right = Image.new("RGB", (40, 30), (9, 90, 200)), Image.new("RGB", (40, 30), (200, 9, 9))
    left.save(stream, "MPO", save_all=True, append_images=[right])

    photo = open_photo(stream.getvalue(), name="x")

    assert (photo.format, photo.frames) == ("MPO", 2)
    assert np.abs(np.subtract(photo.image.getpixel((9, 9)), (9, 90, 200))).max() < 6
    assert ".mpo" in SUFFIXES


def test_no_ending_is_read_and_called_unread():
    assert SUFFIXES.isdisjoint(LOOKALIKES)
    assert {".jpg", ".mpo", ".ppm", ".pgm", ".avif"} <= SUFFIXES
    assert (".heic" in LOOKALIKES) != READS_HEIF
    assert {"JPEG", "MPO", "PPM"} <= set(ENDINGS)


@pytest.mark.skipif(READS_HEIF, reason="the extra heic is installed")
def test_a_heic_picture_names_the_extra_that_reads_it():
    with pytest.raises(PictureError, match=r"photo\.jpg is a HEIC picture") as caught:
        open_photo(HEIC_START + bytes(64), name="photo.jpg")

    assert 'pip install "sightline[heic]"' in caught.value.hint


@pytest.mark.parametrize(("name", "kind"), [("x.NEF", "camera raw"), ("x.jp2", "JPEG 2000"), ("x.svg", "drawing")])
def test_a_named_file_of_another_kind_says_what_its_ending_stands_for(name, kind):
    with pytest.raises(PictureError, match=f"by its ending it is {kind}"):
        open_photo(b"no such picture", name=name)


@pytest.mark.skipif(not READS_HEIF, reason="the extra heic is not installed")
def test_a_heic_picture_is_read_with_the_same_limits():
    stream = io.BytesIO()
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    Image.new("RGB", (64, 48), (20, 40, 210)).save(stream, "HEIF", quality=95)
    whole = stream.getvalue()

    photo = open_photo(whole, name="x")

    assert (photo.format, photo.image.size, photo.mode) == ("HEIF", (64, 48), "RGB")
    assert np.abs(np.subtract(photo.image.getpixel((9, 9)), (20, 40, 210))).max() < 12
    for payload in (whole[: len(whole) // 2], HEIC_START + bytes(64)):
        with pytest.raises(PictureError):
            open_photo(payload, name="x")
