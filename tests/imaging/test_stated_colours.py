"""Colours that a file states without a profile."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from sightline.data.checks import check
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.colour_profile import APPLIED, BROKEN, NONE
from sightline.imaging.photo import open_photo
from sightline.imaging.stated_colours import ADOBE_RGB, DISPLAY_P3, SRGB

COLOUR = (97, 196, 82)
ADOBE_TWIN = (0, 197, 70)
"""By the matrices of Lindbloom's pages; in red it lies outside of sRGB."""
P3_TWIN, LINEAR_TWIN = (40, 200, 60), (166, 227, 154)
GAMMA_SRGB, GAMMA_LINEAR = 45_455, 100_000


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    stream, info = io.BytesIO(), PngImagePlugin.PngInfo()
    for name, data in chunks:
        info.add(name, data)
    Image.new("RGB", (8, 8), COLOUR).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def gamma(number: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", number)


def places(chromaticities) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(place * 100_000) for place in chromaticities))


def jpeg(space: int, index: str = "") -> bytes:
    stream, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    if index:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    Image.new("RGB", (8, 8), COLOUR).save(stream, "JPEG", exif=exif, quality=100, subsampling=0)
    return stream.getvalue()


def read(payload: bytes) -> tuple[str, tuple[int, ...]]:
    photo = open_photo(payload, name="x")
    return photo.profile, tuple(int(value) for value in np.asarray(photo.image)[0, 0])


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (png(gamma(GAMMA_LINEAR)), LINEAR_TWIN),
        (png(gamma(round(100_000 * 256 / 563)), places(ADOBE_RGB)), ADOBE_TWIN),
        (png(places(DISPLAY_P3)), P3_TWIN),
        (png((b"cICP", bytes([12, 13, 0, 1]))), P3_TWIN),
        (png((b"cICP", bytes([12, 13, 0, 1])), (b"sRGB", b"\0")), P3_TWIN),
        (jpeg(65_535, "R03"), ADOBE_TWIN),
        (jpeg(2), ADOBE_TWIN),
    ],
    ids=["linear", "Adobe RGB in chunks", "P3 in chunks", "P3 coded", "coded before sRGB", "R03", "ColorSpace 2"],
)
def test_colours_that_a_file_states_are_brought_to_srgb(payload, expected):
    outcome, colour = read(payload)

    assert outcome == APPLIED
    np.testing.assert_allclose(colour, expected, atol=2)


@pytest.mark.parametrize(
    "payload",
    [
        png(gamma(GAMMA_SRGB)),
        png(gamma(45_000), places(SRGB)),
        png(gamma(GAMMA_LINEAR), (b"sRGB", b"\0")),
        png((b"cICP", bytes([1, 13, 0, 1]))),
    ],
    ids=["usual gamma", "about sRGB", "sRGB before gamma", "sRGB coded"],
)
def test_what_is_srgb_by_another_word_changes_no_bit(payload):
    assert read(payload) == (NONE, COLOUR)


@pytest.mark.parametrize(("space", "index"), [(1, ""), (65_535, ""), (65_535, "R98"), (1, "R03")])
def test_a_camera_that_does_not_say_adobe_rgb_is_read_as_srgb(space, index):
    assert read(jpeg(space, index))[0] == NONE


@pytest.mark.parametrize(
    "payload",
    [
        png(gamma(0)),
        png(gamma(1)),
        png(gamma(2**31 - 1)),
        png(places((0, 0) * 4)),
        png(places((0.3, 0.3) * 4)),
        png((b"cICP", bytes([9, 16, 0, 1]))),
        png((b"cICP", bytes([200, 13, 0, 1]))),
    ],
    ids=["gamma 0", "gamma tiny", "gamma huge", "no places", "one place", "brighter than white", "unknown primaries"],
)
def test_colours_that_cannot_be_are_passed_over_and_said_so(payload):
    assert read(payload) == (BROKEN, COLOUR)


def test_a_profile_counts_before_what_stands_beside_it():
    stream, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add(*gamma(GAMMA_LINEAR))
    from PIL import ImageCms

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (8, 8), COLOUR).save(stream, "PNG", pnginfo=info, icc_profile=srgb)

    assert read(stream.getvalue()) == (NONE, COLOUR)


def test_check_counts_what_is_converted(tmp_path):
    for name, payload in (("a/1.png", png(gamma(GAMMA_LINEAR))), ("b/1.jpg", jpeg(2)), ("b/2.png", png())):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(payload)

    findings = {finding.code: finding for finding in check(survey(open_catalog(tmp_path)))}

    assert findings["colour-profile"].evidence == ("a/1.png", "b/1.jpg")
