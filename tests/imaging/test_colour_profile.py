import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from sightline.data.checks import check
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.photo import open_photo
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.pictures import reading_of

COLOURS = np.array(
    [[[220, 40, 40], [40, 200, 60], [40, 60, 220], [230, 200, 30], [0, 0, 0], [255, 255, 255]]], np.uint8
)
P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
"""Display P3's primaries, adapted to D50."""


def fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65_536)) for number in numbers)


def profile(space: bytes, gamma: float) -> bytes:
    """An ICC profile of Display P3's primaries, or of grey, with one gamma."""
    curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, round(gamma * 256), 0)
    tags = [(b"desc", b"desc" + bytes(4) + struct.pack(">I", 4) + b"own\0" + bytes(80)), (b"cprt", b"text" + bytes(8)),
            (b"wtpt", b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249))]  # fmt: skip
    if space == b"RGB ":
        tags += [
            (name + b"XYZ", b"XYZ " + bytes(4) + fixed(*row)) for name, row in zip((b"r", b"g", b"b"), P3, strict=True)
        ]
        tags += [(name + b"TRC", curve) for name in (b"r", b"g", b"b")]
    else:
        tags.append((b"kTRC", curve))
    start, table, body = 132 + 12 * len(tags), b"", b""
    for name, value in tags:
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    header = struct.pack(">I4sI4s4s4s", start + len(body), b"none", 0x02100000, b"mntr", space, b"XYZ ") + bytes(12)
    header += b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


DISPLAY_P3 = profile(b"RGB ", 2.2)
GREY = profile(b"GRAY", 1.0)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def scene() -> Image.Image:
    return Image.fromarray(COLOURS.repeat(24, 0).repeat(24, 1))


def twin() -> Image.Image:
    """The scene in the numbers of Display P3."""
    p3 = ImageCms.ImageCmsProfile(io.BytesIO(DISPLAY_P3))
    return ImageCms.profileToProfile(scene(), ImageCms.createProfile("sRGB"), p3)


def saved(image: Image.Image, kind: str, icc: bytes, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, icc_profile=icc, **options)
    return stream.getvalue()


def seen(payload: bytes) -> np.ndarray:
    return np.asarray(open_photo(payload, name="x").image.convert("RGB"))[12, 12::24].astype(int)


@pytest.mark.parametrize(
    ("kind", "options", "most"),
    [("PNG", {}, 1), ("TIFF", {}, 1), ("WEBP", {"lossless": True}, 1), ("JPEG", {"quality": 100, "subsampling": 0}, 3)],
)
def test_a_display_p3_twin_shows_the_colours_of_the_srgb_picture(kind, options, most):
    payload = saved(twin(), kind, DISPLAY_P3, **options)

    assert np.abs(seen(payload) - COLOURS[0]).max() <= most
    assert open_photo(payload, name="x").profile == "applied"


def test_a_phone_s_large_jpeg_is_converted_at_the_scale_at_which_it_is_decoded():
    payload = saved(twin().resize((1440, 240), Image.Resampling.NEAREST), "JPEG", DISPLAY_P3, quality=95)

    pixels = PictureFormat(12, 36).read(payload, name="x")

    assert np.abs(pixels[6, 3::6].astype(int) - COLOURS[0]).max() <= 4


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_srgb_profile_changes_no_bit(mode):
    image = Image.effect_noise((64, 48), 60).convert("RGB").rotate(3).convert(mode)
    photo = open_photo(saved(image, "PNG", SRGB), name="x")

    np.testing.assert_array_equal(photo.image, image)
    assert photo.profile == ""


def test_palettes_and_transparency_are_converted_after_they_became_colours():
    palette = saved(twin().quantize(6), "PNG", DISPLAY_P3)
    clear = twin().convert("RGBA")
    clear.putalpha(0)

    assert np.abs(seen(palette) - COLOURS[0]).max() <= 1
    assert (seen(saved(clear, "PNG", DISPLAY_P3)) == 255).all()


def test_grey_has_profiles_of_its_own():
    linear = Image.fromarray(np.array([[0, 55, 128, 255]], dtype=np.uint8))

    photo = open_photo(saved(linear, "PNG", GREY), name="x")

    expected = [0, 128, 188, 255]  # sRGB's curve: 1.055 x^(1/2.4) - 0.055
    assert photo.image.mode == "L"
    assert np.abs(np.asarray(photo.image)[0].astype(int) - expected).max() <= 1


def test_a_grey_picture_with_a_colour_profile_stays_grey():
    photo = open_photo(saved(Image.new("L", (4, 4), 90), "JPEG", DISPLAY_P3, quality=100), name="x")

    assert (photo.image.mode, photo.profile) == ("L", "applied")


BROKEN = {
    "empty": b"\0",
    "noise": np.random.default_rng(0).bytes(900),
    "cut short": DISPLAY_P3[:200],
    "without tags": DISPLAY_P3[:128] + bytes(4),
    "of tags that lie outside": DISPLAY_P3[:136] + b"\xff" * 8 + DISPLAY_P3[144:],
    "of other colours": GREY,
    "of unknown colours": DISPLAY_P3[:16] + b"7CLR" + DISPLAY_P3[20:],
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_profile_is_passed_over_and_noted(broken, kind):
    plain = seen(saved(scene(), kind, b""))
    photo = open_photo(saved(scene(), kind, BROKEN[broken]), name="x")

    assert photo.profile == "broken"
    np.testing.assert_array_equal(np.asarray(photo.image)[12, 12::24], plain)


def test_no_rotten_byte_of_a_profile_is_a_crash():
    rng = np.random.default_rng(5)
    for _ in range(200):
        rotten = bytearray(DISPLAY_P3)
        for place in rng.integers(0, len(rotten), 4):
            rotten[place] = rng.integers(256)
        assert open_photo(saved(scene(), "PNG", bytes(rotten)), name="x").image.mode == "RGB"


def test_a_jpeg_whose_profile_lacks_a_piece_is_noted():
    whole = saved(scene(), "JPEG", DISPLAY_P3)
    place = whole.index(b"ICC_PROFILE\0") + 13
    payload = whole[:place] + b"\x02" + whole[place + 1 :]  # one of one becomes one of two

    assert open_photo(payload, name="x").profile == "broken"


def test_a_pillow_image_shows_the_same_colours_as_its_file(tmp_path):
    (tmp_path / "x.png").write_bytes(saved(twin(), "PNG", DISPLAY_P3))
    input_format = PictureFormat(24, 144)

    from_file = reading_of(tmp_path / "x.png", input_format, name="x").pixels
    with Image.open(tmp_path / "x.png") as image:
        from_image = reading_of(image, input_format, name="x").pixels

    np.testing.assert_array_equal(from_image, from_file)


def test_profiles_are_counted_by_a_check(class_folders):
    root = class_folders({"a": 3, "b": 3})
    (root / "a" / "p3.png").write_bytes(saved(twin(), "PNG", DISPLAY_P3))
    (root / "b" / "broken.png").write_bytes(saved(scene(), "PNG", BROKEN["noise"]))

    findings = {finding.code: finding for finding in check(survey(open_catalog(root)))}

    assert findings["colour-profile"].evidence == ("a/p3.png",)
    assert findings["broken-profile"].evidence == ("b/broken.png",)
