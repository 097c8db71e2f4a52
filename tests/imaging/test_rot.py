import io

import numpy as np
import pytest
from PIL import Image

from sightline.core.errors import PictureError
from sightline.imaging.photo import open_photo

CODED = {
    "JPEG": {"quality": 90},
    "progressive JPEG": {"quality": 90, "progressive": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {"quality": 90},
    "lossless WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
    "deflated TIFF": {"compression": "tiff_adobe_deflate"},
    "group 4 TIFF": {"compression": "group4"},
}
"""Compressed files, whose end can't be taken for a picture's."""


def scene() -> Image.Image:
    noise = np.random.default_rng(3).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((160, 120))


def encoded(image: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    mode = {"GIF": "P", "group 4 TIFF": "1"}.get(kind, "RGB")
    image.convert(mode).save(stream, kind.rpartition(" ")[2], **CODED.get(kind, {}))
    return stream.getvalue()


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.85])
@pytest.mark.parametrize("kind", CODED)
def test_a_file_whose_end_was_cut_off_or_never_written_is_refused(kind, share):
    whole = encoded(scene(), kind)
    cut = whole[: int(share * len(whole))]

    for payload in (cut, cut + bytes(len(whole) - len(cut))):
        with pytest.raises(PictureError, match=r"x is (damaged|no picture that can be read)"):
            open_photo(payload, name="x")


def test_a_jpeg_that_lacks_its_end_marker_alone_is_refused_and_says_so():
    with pytest.raises(PictureError, match="no end-of-image marker"):
        open_photo(encoded(scene(), "JPEG")[:-2] + bytes(2), name="x")


def test_the_preview_of_a_camera_does_not_stand_for_the_end_of_its_picture():
    preview = encoded(scene().resize((40, 30)), "JPEG")
    whole = encoded(scene(), "JPEG")
    block = b"Exif\0\0" + preview
    with_preview = whole[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2) + block + whole[2:]
    assert open_photo(with_preview, name="x").image.size == (160, 120)

    with pytest.raises(PictureError, match="no end-of-image marker"):
        open_photo(with_preview[:-1000] + bytes(1000), name="x")


@pytest.mark.parametrize("options", [{"quality": 80}, {"quality": 1}, {"lossless": True}])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (10, 20, 30)])
def test_a_large_webp_of_one_colour_is_no_rot_though_it_ends_in_zeros(colour, options):
    stream = io.BytesIO()
    Image.new("RGB", (1000, 1000), colour).save(stream, "WEBP", **options)

    assert open_photo(stream.getvalue(), name="x").image.size == (1000, 1000)


def test_a_moving_webp_whose_last_picture_was_never_written_is_refused():
    stream = io.BytesIO()
    frames = [scene(), scene().rotate(90)]
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:], quality=90)
    whole = stream.getvalue()
    assert open_photo(whole, name="x").frames == 2

    with pytest.raises(PictureError, match="ends in zeros"):
        open_photo(whole[: len(whole) * 3 // 4] + bytes(len(whole) - len(whole) * 3 // 4), name="x")


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_what_lacks_nothing_but_the_mark_of_its_end_is_read_to_the_last_pixel(kind):
    whole = encoded(scene(), kind)
    ending = {"PNG": 12, "GIF": 1}[kind]

    photo = open_photo(whole[:-ending], name="x")

    np.testing.assert_array_equal(photo.image, open_photo(whole, name="x").image)
