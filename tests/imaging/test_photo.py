import io
import random
import resource
import zipfile

import numpy as np
import pytest
from PIL import Image

from sightline.core.errors import PictureError
from sightline.imaging.budget import MAX_PIXELS
from sightline.imaging.decoders import FORMATS
from sightline.imaging.photo import TURNS, open_photo

TRANSPOSED = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
"""Stored pixels to upright ones, written out by hand from the EXIF standard's table."""
LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "BMP": {}, "TIFF": {}}


def pixels_of(photo):
    return np.asarray(photo.image)


def exif_of(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def with_exif(whole, body):
    """Return a JPEG with these bytes as its EXIF segment."""
    segment = b"Exif\x00\x00" + body
    return whole[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + whole[2:]


def test_a_broken_file_is_refused_in_one_line_with_its_name(fault):
    name, payload = fault

    with pytest.raises(PictureError) as caught:
        open_photo(payload, name=f"cats/{name}")

    assert f"cats/{name}" in caught.value.problem
    assert "\n" not in caught.value.problem
    assert caught.value.hint


def test_no_broken_file_costs_much_memory(faults):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for name, payload in faults.items():
        with pytest.raises(PictureError):
            open_photo(payload, name=name)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # KiB


def test_the_corpus_has_at_least_twenty_kinds(faults):
    assert len(faults) >= 20
    assert len(set(faults.values())) == len(faults)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_a_mangled_file_gives_a_picture_or_a_picture_error_and_nothing_else(kind, encoded, noise):
    frames = [noise(seed, height=9, width=12) for seed in range(3)]
    many = {"save_all": True, "append_images": frames[1:]} if kind in ("GIF", "TIFF", "PNG", "WEBP") else {}
    exif = {"exif": exif_of(6)} if kind not in ("BMP", "GIF") else {}
    whole, dice = encoded(frames[0], kind, **many, **exif), random.Random(0)  # noqa: S311 - no secret
    for _ in range(250):
        mangled = bytearray(whole[: dice.choice([len(whole), dice.randrange(len(whole))])])
        for _ in range(dice.randrange(4)):
            if mangled:
                mangled[dice.randrange(len(mangled))] = dice.choice([0, 255, dice.randrange(256)])
        try:
            assert open_photo(bytes(mangled), name="x").image.mode in ("RGB", "L")
        except PictureError as error:
            assert "\n" not in error.problem  # noqa: PT017 - either outcome is right


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(encoded):
    wide = MAX_PIXELS // 1000 + 1
    payload = bytearray(encoded(Image.new("L", (8, 8)), "BMP"))
    payload[18:26] = wide.to_bytes(4, "little") + (1000).to_bytes(4, "little")

    with pytest.raises(PictureError, match="too large to decode safely"):
        open_photo(bytes(payload), name="large.bmp")


@pytest.mark.parametrize("kind", LOSSLESS)
def test_rgb_is_read_as_it_was_written(kind, encoded, noise):
    photo = open_photo(encoded(noise(), kind, **LOSSLESS[kind]), name="x")

    np.testing.assert_array_equal(pixels_of(photo), np.asarray(noise()))
    assert (photo.width, photo.height, photo.format, photo.frames) == (36, 24, kind, 1)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_grey_stays_grey(kind, encoded, noise):
    grey = noise().convert("L")

    photo = open_photo(encoded(grey, kind), name="x")

    np.testing.assert_array_equal(np.asarray(photo.image.convert("L")), np.asarray(grey))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_one_bit_becomes_black_and_white(kind, encoded):
    bits = np.arange(24).reshape(4, 6) % 3 == 0

    photo = open_photo(encoded(Image.fromarray(bits), kind), name="x")

    assert photo.mode == "1"
    np.testing.assert_array_equal(pixels_of(photo), np.where(bits, 255, 0))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_a_palette_becomes_its_colours(kind, encoded, noise):
    palette = noise().quantize(16)

    photo = open_photo(encoded(palette, kind), name="x")

    assert photo.mode == "P"
    np.testing.assert_array_equal(pixels_of(photo), np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_over_white(kind, encoded):
    image = Image.new("RGBA", (2, 1), (200, 100, 0, 0))
    image.putpixel((1, 0), (200, 100, 0, 51))
    options = {"lossless": True} if kind == "WEBP" else {}

    photo = open_photo(encoded(image, kind, **options), name="x")

    assert photo.image.getpixel((0, 0)) == (255, 255, 255)
    np.testing.assert_allclose(photo.image.getpixel((1, 0)), (244, 224, 204), atol=1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_with_alpha_is_laid_over_white(kind, encoded):
    photo = open_photo(encoded(Image.new("LA", (2, 2), (0, 51)), kind), name="x")

    np.testing.assert_allclose(photo.image.getpixel((0, 0)), (204, 204, 204), atol=1)


@pytest.mark.parametrize(
    ("image", "clear"),
    [
        (Image.new("RGB", (2, 2), (9, 8, 7)), (9, 8, 7)),
        (Image.new("L", (2, 2), 9), 9),
        (Image.new("RGB", (2, 2), (9, 8, 7)).quantize(4), 0),
    ],
    ids=["RGB", "L", "P"],
)
def test_a_transparent_colour_of_a_png_becomes_white(image, clear, encoded):
    photo = open_photo(encoded(image, "PNG", transparency=clear), name="x")

    assert set(pixels_of(photo).ravel().tolist()) == {255}


def test_sixteen_bits_are_divided_by_257(encoded):
    deep = np.array([[0, 128, 129, 257, 32_768, 65_535]], dtype=np.uint16)

    for kind in ("PNG", "TIFF"):
        photo = open_photo(encoded(Image.fromarray(deep), kind), name="x")
        np.testing.assert_array_equal(pixels_of(photo), [[0, 0, 1, 1, 128, 255]])
        assert photo.mode.startswith("I;16")


def test_a_32_bit_integer_tiff_is_read_as_16_bit_when_it_fits(encoded):
    deep = np.array([[0, 257, 65_535]], dtype=np.int32)

    np.testing.assert_array_equal(
        pixels_of(open_photo(encoded(Image.fromarray(deep), "TIFF"), name="x")), [[0, 1, 255]]
    )


def test_floats_from_0_to_1_are_multiplied_by_255(encoded):
    floats = np.array([[0, 0.1, 0.5, 1]], dtype=np.float32)

    photo = open_photo(encoded(Image.fromarray(floats), "TIFF"), name="x")

    np.testing.assert_array_equal(pixels_of(photo), [[0, 26, 128, 255]])


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("YCbCr", "JPEG"), ("RGB", "JPEG")])
def test_ink_and_video_colours_become_rgb(mode, kind, encoded):
    image = Image.new("RGB", (16, 16), (200, 40, 90)).convert(mode)

    photo = open_photo(encoded(image, kind), name="x")

    np.testing.assert_allclose(photo.image.getpixel((8, 8)), (200, 40, 90), atol=4)


def test_a_grey_jpeg_stays_grey(encoded):
    assert open_photo(encoded(Image.new("L", (8, 8), 77), "JPEG"), name="x").image.getpixel((3, 3)) == 77


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_of_several_frames_is_used(kind, encoded):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}

    photo = open_photo(encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options), name="x")

    assert photo.frames == 3
    assert photo.image.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "I;16"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_every_orientation_of_every_mode_is_turned_upright(kind, mode, orientation, encoded, noise):
    deep = Image.fromarray(np.asarray(noise().convert("L"), dtype=np.uint16) * 257)
    image = {"I;16": deep, "P": noise().quantize(16)}.get(mode) or noise().convert(mode)
    plain = pixels_of(open_photo(encoded(image, kind), name="x"))

    photo = open_photo(encoded(image, kind, exif=exif_of(orientation)), name="x")

    np.testing.assert_array_equal(pixels_of(photo), TRANSPOSED[orientation](plain))
    assert (photo.width, photo.height, photo.turned) == (36, 24, orientation != 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_jpeg_is_turned_upright(orientation, encoded, noise):
    plain = pixels_of(open_photo(encoded(noise(), "JPEG"), name="x"))

    photo = open_photo(encoded(noise(), "JPEG", exif=exif_of(orientation)), name="x")

    np.testing.assert_array_equal(pixels_of(photo), TRANSPOSED[orientation](plain))


def test_a_turned_jpeg_is_turned_at_a_reduced_scale_too(encoded):
    sides = np.zeros((256, 512, 3), dtype=np.uint8)
    sides[:, 256:] = 255  # white on the right; orientation 6 turns the right side down

    photo = open_photo(encoded(Image.fromarray(sides), "JPEG", exif=exif_of(6)), name="x", at_least=(16, 16))

    assert photo.image.size == (32, 64)
    assert pixels_of(photo)[:20].max() < 20
    assert pixels_of(photo)[44:].min() > 235


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_says_nothing(orientation, encoded, noise):
    photo = open_photo(encoded(noise(), "PNG", exif=exif_of(orientation)), name="x")

    assert not photo.turned
    np.testing.assert_array_equal(pixels_of(photo), np.asarray(noise()))


@pytest.mark.parametrize(
    "body",
    [b"", b"II", b"nonsense", b"II*\x00\xff\xff\xff\x7f", b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\x12\x01" * 40],
    ids=["empty", "two bytes", "no header", "far directory", "lying count"],
)
def test_broken_exif_does_not_cost_the_picture(body, encoded, noise):
    whole = encoded(noise(), "JPEG")

    photo = open_photo(with_exif(whole, body), name="x")

    assert not photo.turned
    np.testing.assert_array_equal(pixels_of(photo), pixels_of(open_photo(whole, name="x")))


def test_a_number_that_exif_cannot_hold_does_not_keep_a_picture_from_being_turned(encoded, noise):
    # Tag 0x0100, a short, holds a text: it can be read, but no longer be written.
    directory = b"II*\x00\x08\x00\x00\x00\x02\x00"
    directory += b"\x00\x01\x02\x00\x02\x00\x00\x00a\x00\x00\x00" + b"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"

    photo = open_photo(with_exif(encoded(noise(), "JPEG"), directory + bytes(4)), name="x")

    assert photo.turned
    assert photo.image.size == (24, 36)


def test_a_large_jpeg_is_decoded_at_a_reduced_scale(encoded):
    smooth = np.linspace(0, 255, 640 * 480 * 3).reshape(480, 640, 3).astype(np.uint8)
    payload = encoded(Image.fromarray(smooth), "JPEG", quality=95)
    full, reduced = open_photo(payload, name="x"), open_photo(payload, name="x", at_least=(32, 32))

    small = [np.asarray(photo.image.resize((32, 32), Image.Resampling.BILINEAR), float) for photo in (full, reduced)]

    assert full.image.size == (640, 480)
    assert reduced.image.size == (160, 120)
    assert (reduced.width, reduced.height) == (640, 480)
    assert np.abs(small[0] - small[1]).mean() < 2


def test_a_jpeg_under_four_times_the_size_is_decoded_whole(encoded, noise):
    payload = encoded(noise(height=127, width=300), "JPEG")

    assert open_photo(payload, name="x", at_least=(32, 32)).image.size == (300, 127)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_an_array_is_a_picture(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)

    photo = open_photo(pixels, name="x")

    np.testing.assert_array_equal(pixels_of(photo), pixels.squeeze())
    assert (photo.width, photo.height, photo.format) == (7, 5, "array")


def test_an_array_with_alpha_is_laid_over_white():
    assert open_photo(np.zeros((2, 2, 4), dtype=np.uint8), name="x").image.getpixel((0, 0)) == (255, 255, 255)


def test_an_array_in_any_memory_order_is_the_same_picture():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)

    turned = open_photo(np.asfortranarray(pixels)[::-1], name="x")

    np.testing.assert_array_equal(pixels_of(turned), pixels[::-1])


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), dtype=np.float32),
        np.zeros((4, 4), dtype=np.int64),
        np.zeros(4, dtype=np.uint8),
        np.zeros((3, 4, 5), dtype=np.uint8),
        np.zeros((4, 4, 2), dtype=np.uint8),
        np.zeros((0, 4, 3), dtype=np.uint8),
        np.zeros((1, 4, 4, 3), dtype=np.uint8),
    ],
    ids=lambda pixels: f"{pixels.dtype} {pixels.shape}",
)
def test_another_array_is_refused_with_its_shape_or_type(pixels):
    with pytest.raises(PictureError, match=r"row 7 is an array of .*; expected"):
        open_photo(pixels, name="row 7")


@pytest.mark.parametrize(
    "options",
    [
        {"progressive": True},
        {"restart_marker_rows": 1},
        {"restart_marker_blocks": 1},
        {"progressive": True, "restart_marker_rows": 1},
        {"optimize": True, "quality": 100, "subsampling": 0},
        {"comment": b"\xff\xc0\xff\xda in a comment"},
    ],
    ids=str,
)
def test_a_whole_jpeg_of_any_kind_is_not_called_damaged(options, encoded, noise):
    payload = encoded(noise(height=100, width=90), "JPEG", **options)

    assert open_photo(payload, name="x").image.size == (90, 100)


def test_a_thumbnail_in_a_jpeg_is_not_called_damage(encoded, noise):
    thumbnail = encoded(noise(1), "JPEG")

    payload = with_exif(encoded(noise(), "JPEG"), b"II*\x00\x08\x00\x00\x00\x00\x00" + bytes(4) + thumbnail)

    assert open_photo(payload, name="x").image.size == (36, 24)


@pytest.mark.parametrize("tail", [b"\x00" * 9, b"\xff\xc0\xff\xda", b"trailing text"])
def test_bytes_after_the_end_of_a_jpeg_do_no_harm(tail, encoded, noise):
    assert open_photo(encoded(noise(), "JPEG") + tail, name="x").image.size == (36, 24)


def test_a_jpeg_of_two_pictures_is_read_as_its_first(encoded, noise):
    payload = encoded(noise(), "MPO", save_all=True, append_images=[noise(1)])

    photo = open_photo(payload, name="x")

    assert (photo.format, photo.frames) == ("MPO", 2)
    np.testing.assert_allclose(pixels_of(photo).mean(), np.asarray(noise()).mean(), atol=3)


def test_no_real_photograph_is_called_damaged(data_folder):
    archive = data_folder / "hymenoptera.zip"
    if not archive.is_file():
        pytest.skip("hymenoptera.zip is not there")
    with zipfile.ZipFile(archive) as photographs:
        names = [name for name in photographs.namelist() if name.endswith(".jpg") and "__MACOSX" not in name]
        for name in names:
            assert open_photo(photographs.read(name), name=name, at_least=(32, 32)).format in ("JPEG", "MPO")
    assert len(names) > 300


def test_only_the_formats_of_the_table_are_opened():
    assert set(FORMATS) == {"JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF"}


@pytest.mark.parametrize("kind", ["TGA", "ICO", "PCX", "EPS", "PDF"])
def test_a_real_picture_of_another_format_is_refused(kind, encoded, noise):
    with pytest.raises(PictureError, match="expected JPEG, PNG, WebP, BMP, GIF, TIFF, PPM, AVIF"):
        open_photo(encoded(noise(), kind), name="x.png")


def test_the_table_of_turns_has_every_orientation_but_upright():
    assert sorted(TURNS) == [2, 3, 4, 5, 6, 7, 8]


def test_a_whole_png_of_many_data_chunks_is_not_called_damaged(encoded, noise):
    payload = encoded(noise(height=300, width=300), "PNG")

    assert payload.count(b"IDAT") > 1
    assert open_photo(payload, name="x").image.size == (300, 300)


def test_a_picture_can_be_read_from_several_reads_of_the_same_bytes(encoded, noise):
    payload = io.BytesIO(encoded(noise(), "PNG")).getvalue()

    first, second = open_photo(payload, name="x"), open_photo(payload, name="x")

    np.testing.assert_array_equal(pixels_of(first), pixels_of(second))
