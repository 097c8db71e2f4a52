"""Pictures that are unlike the others."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from sightline.data.health.picture_quality import picture_quality
from sightline.data.opening import open_catalog
from sightline.data.survey import survey

ODD = {
    "dark-picture": lambda picture: picture.point(lambda value: value // 40),
    "bright-picture": lambda picture: picture.point(lambda value: 250 + value // 80),
    "empty-picture": lambda picture: Image.new("RGB", picture.size, (90, 120, 90)),
    "framed-picture": lambda picture: ImageOps.expand(picture, 8, "white"),
    "drawn-picture": lambda picture: screen(picture.size),
    "blurred-picture": lambda picture: picture.filter(ImageFilter.GaussianBlur(4)),
    "narrow-picture": lambda picture: picture.resize((160, 30)),
    "tiny-picture": lambda picture: picture.crop((0, 0, 4, 4)),
}


def screen(size):
    """Return a window with some lines of text."""
    window = Image.new("RGB", size, "white")
    for line in range(0, 44, 8):
        ImageDraw.Draw(window).line([(0, line), (36, line)], "black", 1)
    return window


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    for number in range(40):
        (folder / "ab"[number % 2]).mkdir(exist_ok=True)
        noise(number).save(folder / "ab"[number % 2] / f"{number}.png")
    for number, (code, change) in enumerate(ODD.items()):
        change(noise(100 + number)).save(folder / "a" / f"{code}.png")
    return {finding.code: finding.evidence for finding in picture_quality(survey(open_catalog(folder)))}


def noise(number):
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, (48, 48, 3), dtype=np.uint8))


@pytest.mark.parametrize("code", ODD)
def test_what_is_unlike_the_others_is_named_and_nothing_else(code, found):
    assert found[code] == (f"a/{code}.png",)


def test_many_pictures_of_one_colour_are_named_together(tmp_path):
    for number in range(20):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        picture = Image.new("RGB", (40, 40), (number, 90, 200)) if number < 5 else noise(number)
        picture.save(tmp_path / "ab"[number % 2] / f"{number}.png")
    found = {finding.code: finding.evidence for finding in picture_quality(survey(open_catalog(tmp_path)))}
    assert {path[2:] for path in found["plain-pictures"]} == {f"{number}.png" for number in range(5)}
    assert "empty-picture" not in found


def test_what_a_tenth_of_the_set_is_like_is_what_the_set_is_like(tmp_path):
    for number in range(20):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        picture = noise(number) if number < 15 else ODD["dark-picture"](noise(number))
        picture.save(tmp_path / "ab"[number % 2] / f"{number}.png")

    assert not list(picture_quality(survey(open_catalog(tmp_path))))
