"""Which pictures are found to be made of one another, and which are not."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from sightline.data.copies.alike import most_alike
from sightline.data.copies.pairs import near_copies
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.thumbnail import thumbnail


def captioned(picture):
    """Return a picture with a bar of text over its lower end."""
    picture = picture.copy()
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, round(height * 0.87), width, height), fill="black")
    draw.text((4, round(height * 0.87)), "a caption", fill="white", font_size=8)
    return picture


CHANGES = {
    "re-encoded": lambda picture: picture,
    "resized": lambda picture: picture.resize((60, 40)),
    "sharpness": lambda picture: picture.filter(ImageFilter.GaussianBlur(3)),
    "brightness": lambda picture: ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(0.7)).enhance(0.8),
    "cropped": lambda picture: picture.crop((0, 0, 88, 58)),
    "mirrored": ImageOps.mirror,
    "turned": lambda picture: picture.rotate(90, expand=True),
    "border": lambda picture: ImageOps.expand(picture, (8, 6), fill="white"),
    "caption": captioned,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, photo):
    """A folder with forty pictures of two classes, and a copy of each kind."""
    root = tmp_path_factory.mktemp("copies")
    for number in range(40):
        place = root / "ab"[number % 2]
        place.mkdir(exist_ok=True)
        photo(number).save(place / f"{number}.png")
    for number, (kind, change) in enumerate(CHANGES.items()):
        change(photo(number)).save(root / "ab"[number % 2] / f"{number} {kind}.jpg", quality=80)
    return root


@pytest.fixture(scope="module")
def found(folder):
    surveyed = survey(open_catalog(folder))
    copies = near_copies(surveyed)
    names = [tuple(surveyed.catalog.paths[row].split("/")[-1] for row in pair) for pair in copies.rows.tolist()]
    return {
        pair: (str(kind), distance) for pair, kind, distance in zip(names, copies.kinds, copies.distances, strict=True)
    }


@pytest.mark.parametrize("kind", CHANGES)
def test_a_copy_of_each_kind_is_found_and_named(kind, found):
    number = list(CHANGES).index(kind)

    name, distance = found[f"{number} {kind}.jpg", f"{number}.png"]

    assert (name, distance < 0.3) == (kind, True)


def test_nothing_else_is_found(found):
    assert len(found) == len(CHANGES)


def test_the_picture_most_like_a_mirrored_one_is_its_original(folder, photo):
    picture = ImageOps.mirror(photo(20))

    first, second = most_alike(survey(open_catalog(folder)), thumbnail(picture), 2)

    assert (first.path, first.distance < 0.1, second.distance > 0.3) == ("a/20.png", True, True)


def surveyed_of(tmp_path, pictures):
    """Return the survey of pictures in two classes."""
    for number, picture in enumerate(pictures):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        picture.save(tmp_path / "ab"[number % 2] / f"{number:03}.png", comment=str(number))
    return survey(open_catalog(tmp_path))


def test_pictures_of_one_colour_are_no_copies_of_each_other(tmp_path):
    plain = [Image.new("RGB", (20, 20), (shade, shade, 0)) for shade in range(40)]

    copies = near_copies(surveyed_of(tmp_path, plain))

    assert (len(copies), copies.poor) == (0, 40)


def test_many_copies_of_one_picture_make_one_family_and_few_pairs(tmp_path, photo):
    random = np.random.default_rng(0)
    one = np.asarray(photo(0)).astype(np.int64)
    noisy = [
        Image.fromarray((one + random.integers(-6, 7, one.shape)).clip(0, 255).astype(np.uint8)) for _ in range(60)
    ]

    copies = near_copies(surveyed_of(tmp_path, noisy))

    assert copies.families == (tuple(range(60)),)
    assert len(copies) < 60 * 12


def test_pictures_of_a_few_pixels_are_alike_but_no_copies():
    copies = near_copies(survey(open_catalog("digits")))

    assert (len(copies), copies.poor) == (0, 1797)


@pytest.mark.skipif("SIGHTLINE_DATA" not in os.environ, reason="SIGHTLINE_DATA names no folder of data sets")
def test_handwritten_letters_are_alike_but_no_copies(tmp_path):
    with zipfile.ZipFile(Path(os.environ["SIGHTLINE_DATA"]) / "omniglot-background.zip") as archive:
        names = [name for name in archive.namelist() if "/Balinese/" in name and name.endswith(".png")]
        archive.extractall(tmp_path, names)
    letters = survey(open_catalog(tmp_path / "omniglot_full/images_background/Balinese"))

    assert not len(near_copies(letters))


def test_two_pictures_can_be_compared(tmp_path, photo):
    assert len(near_copies(surveyed_of(tmp_path, [photo(1), photo(1).resize((48, 32))]))) == 1
