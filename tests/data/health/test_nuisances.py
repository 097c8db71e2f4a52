"""What separates classes beside what is pictured, and what does not."""

import numpy as np
import pytest
from PIL import Image

from sightline.data.health.nuisances import nuisances, tellings
from sightline.data.opening import open_catalog
from sightline.data.survey import survey


def surveyed_of(folder, change, *, seed=0, count=40):
    """Return the survey of noise in two classes, of which the second was changed."""
    for label in (0, 1):
        (folder / "ab"[label]).mkdir()
        for number in range(count):
            random = np.random.default_rng([seed, label, number])
            side = int(random.integers(20, 28))
            picture = Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8))
            picture = picture.resize((24, 24)) if seed % 2 else picture
            changed = change(picture, label)
            exif = changed.info.get("exif", b"")
            changed.save(folder / "ab"[label] / f"{number}.jpg", quality=int(random.integers(70, 90)), exif=exif)
    return survey(open_catalog(folder))


def noted(picture, tag, value):
    """Return a picture whose EXIF data hold a value."""
    exif = Image.Exif()
    exif[tag] = value
    picture.info["exif"] = exif.tobytes()
    return picture


CONSTRUCTED = {
    "brightness": lambda picture, label: picture.point(lambda value: value // (1 + label)),
    "pixels": lambda picture, label: picture.resize((20 + 9 * label, 24)),
    "mode": lambda picture, label: picture.convert("L") if label else picture,
    "camera": lambda picture, label: noted(picture, 272, ("Canon EOS 5D", "NIKON D70")[label]),
    "time": lambda picture, label: noted(picture, 306, f"2024:0{1 + label}:01 12:00:00"),
}


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_a_nuisance_that_separates_the_classes_by_construction_is_named(name, tmp_path):
    (finding,) = nuisances(surveyed_of(tmp_path, CONSTRUCTED[name]))

    assert name in finding.symptom
    assert any("reaches 100.0" in line for line in finding.evidence)


@pytest.mark.parametrize("seed", range(10))
def test_ten_honest_sets_have_none(seed, tmp_path):
    assert not list(nuisances(surveyed_of(tmp_path, lambda picture, _: picture, seed=seed)))


def test_nothing_is_said_of_a_few_pictures(tmp_path):
    assert tellings(surveyed_of(tmp_path, CONSTRUCTED["mode"], count=9)) == {}
