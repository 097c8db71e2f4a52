"""A run that a test may enroll into."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sightline.inference.bundle import read_bundle, write_bundle
from sightline.inference.manifest import FIXED
from sightline.line.run import Run


@pytest.fixture
def run_copy(finished, tmp_path):
    """A copy of a finished run, with its examples, that a test may change."""
    shutil.copytree(finished.folder, tmp_path / "run")
    return Run(tmp_path / "run")


@pytest.fixture
def fixed_copy(run_copy):
    """The same with a model that says that its features were made without its classes, as those of a base are."""
    bundle = read_bundle(run_copy.model)
    write_bundle(run_copy.model, replace(bundle, manifest=bundle.manifest | {FIXED: True}))
    return run_copy


@pytest.fixture
def new_class(tmp_path):
    """A folder of twelve pictures of a class that the run has not learnt: a bright column in the middle."""
    folder = tmp_path / "gnu"
    folder.mkdir()
    for number in range(12):
        pixels = np.random.default_rng([9, number]).integers(0, 120, (16, 16, 3), dtype=np.uint8)
        pixels[:, 6:10] += 130
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def model_bytes(run_copy):
    """What the copied run's model file holds before anything is done to it."""
    return run_copy.model.read_bytes()
