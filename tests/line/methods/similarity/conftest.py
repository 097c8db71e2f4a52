"""A small set of strokes in two alphabets, and a model that was trained on it once."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

import sightline
from sightline.line.narrator import Silent

SIDE, DRAWINGS = 20, 10
ALPHABETS, LETTERS = 5, 5


def drawn(points, generator):
    """Return a letter, its points a little shaken, (SIDE, SIDE) grey."""
    shaken = [tuple(point + generator.normal(0, 0.7, 2)) for point in points]
    picture = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(picture).line(shaken, fill=0, width=2)
    return picture


@pytest.fixture(scope="session")
def letters(tmp_path_factory):
    """A folder ``alphabet/letter/N.png`` of five alphabets of five letters, ten drawings each."""
    root = tmp_path_factory.mktemp("letters")
    generator = np.random.default_rng(0)
    for alphabet in range(ALPHABETS):
        for letter in range(LETTERS):
            folder = root / f"alphabet{alphabet}" / f"letter{letter}"
            folder.mkdir(parents=True)
            points = generator.uniform(3, SIDE - 3, (4, 2))
            for number in range(DRAWINGS):
                drawn(points, generator).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def compared(letters, tmp_path_factory):
    """A finished run of a small leg on the letters; no test changes it."""
    return sightline.train(
        letters,
        out=tmp_path_factory.mktemp("runs") / "run",
        narrator=Silent(),
        task="similarity",
        folders="nested",
        size="20",
        epochs=15,
        classes_a_step=5,
        pictures_a_class=4,
        embedding=16,
        validation_fraction=0.2,
        test_fraction=0.2,
        turned_classes="yes",
    )
