from dataclasses import replace

import pytest
import torch
from torch import nn

from sightline.training.preflight.checks import CHECKS
from sightline.training.preflight.setup import Setup
from sightline.training.samplers import LABEL
from sightline.training.samples import Parts, Samples


def blobs(count, *, seed=0, classes=4, channels=3, side=6):
    """Return samples (count, channels, side, side) of noise around a mean of each class; about 0, of width 1."""
    means = torch.randn(classes, channels, side, side, generator=torch.Generator().manual_seed(7))
    labels = torch.arange(count) % classes
    noise = torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(seed))
    inputs = (0.8 * means[labels] + 0.6 * noise).contiguous()
    return Samples(inputs, {LABEL: labels}, torch.arange(count))


def small(*between, classes=4, channels=3):
    """Return a small convolutional network, with layers of one's own before its second convolution."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 8, 3),
        nn.ReLU(),
        *between,
        nn.Conv2d(8, 8, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32, classes),
    )


@pytest.fixture
def setup_of(recipe_of):
    """Return a maker of set-ups that are right in every part but for what is named."""

    def make(network=None, *, training=None, validation=None, optimizer="adam", **changes):
        parts = Parts(training or blobs(64), validation or blobs(32, seed=1))
        recipe = recipe_of(optimizer, **{"batch_size": 16, **changes})
        return Setup(network or small(), parts, recipe)

    return make


@pytest.fixture
def found():
    """Return what names the codes that one check finds in a set-up."""

    def codes(check, setup):
        return [finding.code for finding in CHECKS[check].check(setup).findings]

    return codes


def with_inputs(samples, inputs):
    return replace(samples, inputs=inputs)
