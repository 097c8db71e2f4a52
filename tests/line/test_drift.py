"""Whether an evaluation says that its pictures no longer look like those of the training."""

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.inference.arrays.drift_reference import PREFIX
from sightline.inference.bundle import read_bundle
from sightline.line.narrator import Silent


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that has learnt blots of two colours, and a folder of new ones."""
    root = tmp_path_factory.mktemp("drift")
    for name, seed in (("set", 0), ("new", 1)):
        for label in ("a", "b"):
            (root / name / label).mkdir(parents=True)
            for number in range(150 if name == "set" else 40):
                blot(label, [seed, number]).save(root / name / label / f"{number}.png")
    settings = {"model": "mlp", "epochs": 2, "baseline": "none", "validation_fraction": 0.3}
    sightline.train(root / "set", out=root / "run", narrator=Silent(), **settings)
    return root


def blot(label, seed):
    random = np.random.default_rng([label == "b", *seed])
    colours = random.integers(0, 160, (4, 4, 3), dtype=np.uint8)
    colours[..., 0 if label == "a" else 2] += 80
    return Image.fromarray(colours).resize((16, 16), Image.Resampling.BILINEAR)


def test_pictures_of_the_same_kind_have_not_drifted(run):
    evaluation = sightline.evaluate(run / "run", run / "new", narrator=Silent())
    assert not evaluation.drift.has_drifted
    assert evaluation.as_json()["drift"]["count"] == 80


def test_darker_pictures_have_and_that_is_a_finding_and_a_section(run, tmp_path):
    for picture in (run / "new").rglob("*.png"):
        place = tmp_path / "dark" / picture.parent.name / picture.name
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.open(picture).point(lambda value: value // 3).save(place)

    evaluation = sightline.evaluate(run / "run", tmp_path / "dark", out=tmp_path / "out", narrator=Silent())
    assert "drift" in [finding.code for finding in evaluation.findings]
    assert "no longer look like" in (tmp_path / "out" / "report.html").read_text()


def test_pictures_that_the_model_has_seen_are_not_asked_about(run):
    assert sightline.evaluate(run / "run", run / "set", narrator=Silent()).drift.count < 300


def test_a_model_file_keeps_a_few_numbers_of_it(run):
    arrays = {
        name: array
        for name, array in read_bundle(run / "run" / "model.sightline").named_arrays().items()
        if PREFIX in name
    }
    assert sorted(arrays) == ["drift.axes", "drift.centre", "drift.known"]
    assert len(arrays["drift.known"]) == 90
