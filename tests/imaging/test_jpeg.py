import random
import zipfile

import numpy as np
import pytest
from PIL import Image

from sightline.core.errors import PictureError
from sightline.imaging.formats.jpeg import plain_frame
from sightline.imaging.photo import _plain_jpeg, open_photo

KINDS = [
    {},
    {"quality": 30},
    {"quality": 100, "subsampling": 0},
    {"subsampling": 1},
    {"progressive": True},
    {"optimize": True},
    {"restart_marker_blocks": 2},
    {"progressive": True, "restart_marker_rows": 1},
    {"dpi": (300, 300)},
    {"comment": b"\xff\xc0\xff\xda in a comment"},
]


def with_exif(whole):
    """Return the file with an empty EXIF segment, so that it is no plain JPEG any more but the same picture."""
    return whole[:2] + b"\xff\xe1\x00\x08Exif\x00\x00" + whole[2:]


def outcome(payload, at_least):
    try:
        photo = open_photo(payload, name="x", at_least=at_least)
    except PictureError as error:
        return error.problem  # where the segment was put in
    facts = (photo.width, photo.height, photo.format, photo.mode, photo.turned, photo.frames)
    return (*facts, photo.image.mode, photo.image.size, photo.image.tobytes())


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("at_least", [None, (1, 1), (8, 12), (16, 16), (40, 3)])
def test_a_plain_jpeg_is_read_as_any_other(options, mode, at_least, encoded, noise):
    whole = encoded(noise(height=133, width=150).convert(mode), "JPEG", **options)

    assert _plain_jpeg(whole, at_least)
    assert _plain_jpeg(with_exif(whole), at_least) is None
    assert outcome(whole, at_least) == outcome(with_exif(whole), at_least)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (7, 9), (16, 16), (17, 1000)])
def test_a_plain_jpeg_of_any_size_is_read_as_any_other(size, encoded, noise):
    whole = encoded(noise(width=size[0], height=size[1]), "JPEG")

    for at_least in (None, (1, 1), (4, 4)):
        assert outcome(whole, at_least) == outcome(with_exif(whole), at_least)


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=str)
def test_a_mangled_jpeg_is_read_or_refused_as_any_other(options, encoded, noise):
    whole, dice, outcomes = encoded(noise(height=40, width=50), "JPEG", **options), random.Random(1), []  # noqa: S311
    for _ in range(400):
        mangled = bytearray(whole[: dice.choice([len(whole), dice.randrange(20, len(whole))])])
        for _ in range(dice.randrange(1, 4)):
            mangled[dice.randrange(2, len(mangled))] = dice.choice([0, 255, dice.randrange(256)])
        outcomes.append(outcome(bytes(mangled), None))
        assert outcomes[-1] == outcome(with_exif(bytes(mangled)), None)

    assert 40 < sum(isinstance(one, str) for one in outcomes) < 400


@pytest.mark.parametrize("archive", ["hymenoptera.zip", "cifar10-jpeg.zip"])
def test_real_pictures_are_read_as_any_other(archive, data_folder):
    if not (data_folder / archive).is_file():
        pytest.skip(f"{archive} is not there")
    with zipfile.ZipFile(data_folder / archive) as pictures:
        names = [name for name in pictures.namelist() if name.endswith(".jpg") and "__MACOSX" not in name]
        payloads = [pictures.read(name) for name in names[:: len(names) // 40]]

    for payload in payloads:
        assert outcome(payload, (32, 32)) == outcome(with_exif(payload), (32, 32))
    assert sum(plain_frame(payload) is not None for payload in payloads) > 5


def test_what_says_how_to_show_the_picture_is_not_plain(encoded, noise):
    whole = encoded(noise(), "JPEG")
    start = whole.index(b"\xff\xc0")
    deep = bytearray(whole)
    deep[start + 4] = 12
    odd = {
        "exif": with_exif(whole),
        "adobe": whole[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00" + whole[2:],
        "ink": encoded(Image.new("CMYK", (9, 9)), "JPEG"),
        "two frames": whole[:start] + whole[start : start + 19] + whole[start:],
        "two pictures": encoded(noise(), "MPO", save_all=True, append_images=[noise(1)]),
        "twelve bits": bytes(deep),
        "arithmetic codes": whole.replace(b"\xff\xc0", b"\xff\xc9", 1),
        "no frame": whole[:start] + whole[start + 19 :],
        "a byte between": whole[:start] + b"\0" + whole[start:],
        "no height": whole[: start + 5] + b"\0\0" + whole[start + 7 :],
        "header cut short": whole[: start + 6],
        "no jpeg": encoded(noise(), "PNG"),
        "empty": b"",
    }

    assert plain_frame(whole)[:3] == (36, 24, "RGB")
    assert {name: plain_frame(payload) for name, payload in odd.items()} == dict.fromkeys(odd)


def test_a_bomb_is_no_less_refused_for_being_plain(encoded, noise, monkeypatch):
    monkeypatch.setattr("sightline.imaging.photo.MAX_PIXELS", 24 * 36 - 1)

    with pytest.raises(PictureError, match="too large to decode safely"):
        open_photo(encoded(noise(), "JPEG"), name="x")


def test_a_reduced_plain_jpeg_holds_what_was_asked_for(encoded):
    smooth = np.linspace(0, 255, 640 * 480 * 3).reshape(480, 640, 3).astype(np.uint8)

    sizes = [
        open_photo(encoded(Image.fromarray(smooth), "JPEG"), name="x", at_least=(side, side)).image.size
        for side in (1, 31, 60, 61, 121)
    ]

    assert sizes == [(80, 60), (160, 120), (160, 120), (320, 240), (640, 480)]
