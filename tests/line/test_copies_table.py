"""The table of near copies: what stands in it, and in which order."""

import csv

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.core.errors import RunError
from sightline.line.narrator import Silent


@pytest.fixture(scope="module")
def checkup(tmp_path_factory):
    """A check of two parts: a test picture with two copies in training, another with one, and one within training."""
    root = tmp_path_factory.mktemp("parts")
    copies = {
        "train/a": [(0, 95), (0, 40), (2, 95), (3, 95)],
        "train/b": [(1, 60), (2, 30)],
        "test/a": [(0, 60), (4, 90)],
    }
    for part, pictures in {**copies, "test/b": [(1, 50)]}.items():
        (root / part).mkdir(parents=True)
        for number, (seed, quality) in enumerate(pictures):
            coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8))
            picture = coarse.resize((64, 48), Image.Resampling.BICUBIC)
            picture.save(root / part / f"{number}.jpg", quality=quality)
    return sightline.check(root, narrator=Silent())


def test_the_table_begins_with_the_nearest_copy_of_each_test_picture(checkup, tmp_path):
    rows = list(csv.DictReader(checkup.write_copies(tmp_path / "copies.csv").read_text().splitlines()))

    crossing = [{row["path_a"].split("/")[0], row["path_b"].split("/")[0]} == {"train", "test"} for row in rows]
    tests = [path for row in rows[:2] for path in (row["path_a"], row["path_b"]) if path.startswith("test")]
    assert crossing == sorted(crossing, reverse=True)
    assert sorted(tests) == ["test/a/0.jpg", "test/b/0.jpg"]
    assert list(rows[0]) == ["path_a", "path_b", "kind", "distance"]


def test_a_table_replaces_an_older_one_but_no_other_file(checkup, tmp_path):
    place = checkup.write_copies(tmp_path / "copies.csv")
    assert checkup.write_copies(place) == place

    place.write_text("path,label\n")
    with pytest.raises(RunError, match="no table of near copies"):
        checkup.write_copies(place)
