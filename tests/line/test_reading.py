import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.data.opening import open_catalog
from sightline.line.augmentation.preview import augment, sheet_settings
from sightline.line.narrator import Silent
from sightline.line.reading import reading
from sightline.line.resolution import resolved

EACH = 120
"""Of each class, so that every second picture of all is looked at first."""


def picture(number, *, mode):
    pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def write(root, modes):
    for label in "ab":
        (root / label).mkdir(parents=True)
        for number in range(EACH):
            picture([ord(label), number], mode=modes(number)).save(root / label / f"{number:03d}.png")
    return root


def prepared(root, tmp_path, **values):
    catalog = open_catalog(root)
    reads, read = [], catalog.source.read
    object.__setattr__(catalog.source, "read", lambda name: reads.append(name) or read(name))
    settings = resolved({"model": "linear", "data": str(root)} | values)
    with reading(catalog, settings, test_fraction=0.15, keep_in=tmp_path) as preparing:
        return preparing(Silent()), len(reads)


@pytest.fixture
def half_coloured(tmp_path):
    """Pictures of which the even are grey, the odd are not; the even are looked at first."""
    return write(tmp_path / "half", lambda number: ("L", "RGB")[number % 2])


def test_a_half_coloured_set_is_read_in_colour(half_coloured, tmp_path):
    ready, _ = prepared(half_coloured, tmp_path)

    assert ready.preprocess.format.colours == "rgb"
    np.testing.assert_array_equal(ready.pixels[1], np.asarray(picture([ord("a"), 1], mode="RGB")))


def test_one_coloured_picture_is_enough(tmp_path):
    root = write(tmp_path / "one", lambda number: "RGB" if number == 101 else "LA")
    assert prepared(root, tmp_path)[0].preprocess.format.colours == "rgb"


def test_a_picture_that_cannot_be_read_decides_nothing(tmp_path):
    root = write(tmp_path / "grey", lambda _: "L")
    (root / "a" / "001.png").write_bytes(b"<html>")
    assert prepared(root, tmp_path)[0].preprocess.format.colours == "grey"


@pytest.mark.parametrize(("modes", "looks"), [("L", 1), ("RGB", 1)])
def test_a_set_of_one_kind_is_looked_at_once(modes, looks, tmp_path):
    ready, reads = prepared(write(tmp_path / "set", lambda _: modes), tmp_path)
    peeked = EACH
    assert reads == peeked + looks * 2 * EACH
    assert ready.preprocess.format.colours == {"L": "grey", "RGB": "rgb"}[modes]


def test_colours_that_were_named_stay(half_coloured, tmp_path):
    assert prepared(half_coloured, tmp_path, colours="grey")[0].preprocess.format.colours == "grey"


def test_the_sheet_is_in_the_colours_of_the_training(half_coloured):
    sheet = augment(open_catalog(half_coloured), sheet_settings({"model": "linear"}), pictures=2, variants=1,
                    narrator=Silent())  # fmt: skip
    assert sheet.originals.shape == (2, 16, 16, 3)


def test_a_model_learns_and_answers_in_colour(half_coloured, train):
    run = train(half_coloured)
    assert sightline.load(run.folder).format.colours == "rgb"
