import numpy as np
import pytest
import torch

from sightline.classical import ENCODERS
from sightline.classical.plan import Plan

LENGTH = 8


@pytest.fixture
def positions():
    """Return the middles of a 6 x 6 grid of patches, row by row."""
    middles = (np.arange(6) + 0.5) / 6
    return np.stack(np.meshgrid(middles, middles, indexing="ij"), axis=-1).reshape(-1, 2)


@pytest.fixture
def local():
    """Return local descriptors (3, 36, 8); every fifth patch of the first picture is flat, and all of the last."""
    drawn = torch.randn((3, 36, LENGTH), generator=torch.Generator().manual_seed(0))
    drawn[0, ::5] = 0
    drawn[2] = 0
    return drawn


@pytest.fixture
def sample_of():
    """Return a maker of local descriptors (M, 8) to fit an encoder on."""

    def make(count, seed=0):
        return np.random.default_rng(seed).normal(size=(count, LENGTH)).astype(np.float32)

    return make


@pytest.fixture
def encoder_of(positions, sample_of):
    """Return a maker of encoders that are fitted on 600 local descriptors."""

    def make(name, *, places=positions, sample=None, **options):
        plan = Plan(("sift",), encoder=name, **{"words": 5, **options})
        encoder = ENCODERS[name].load()(places, LENGTH, plan)
        encoder.fit(sample_of(600) if sample is None else sample, seed=0)
        return encoder

    return make
