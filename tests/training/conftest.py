from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from sightline.imaging.preprocess import InputFormat, fitted
from sightline.models.building import build_network
from sightline.training.checkpoints import Checkpoints
from sightline.training.loop import Recipe, fit
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.samples import Samples
from sightline.training.schedules import SCHEDULES

SHAPE = (16, 16, 1)


@pytest.fixture
def samples_of():
    """Return a maker of samples: noise, one bright stripe whose place is the class."""

    def make(count, *, classes=4, seed=0, shuffled_labels=False):
        generator = np.random.default_rng(seed)
        labels = np.arange(count) % classes
        pixels = generator.integers(0, 100, (count, *SHAPE), dtype=np.uint8)
        for picture, label in zip(pixels, labels, strict=True):
            picture[4 * label : 4 * label + 4] += 100
        if shuffled_labels:
            generator.shuffle(labels)
        return Samples(torch.from_numpy(pixels), torch.from_numpy(labels), torch.arange(count))

    return make


@pytest.fixture
def recipe_of():
    """Return a maker of recipes from names."""

    def make(optimizer="adam", *, schedule="constant", **changes):
        entry = OPTIMIZERS[optimizer]
        values = {"epochs": 3, "batch_size": 8, "learning_rate": entry.learning_rate, "patience": 0, "seed": 0}
        return Recipe(optimizer=entry, schedule=SCHEDULES[schedule], **(values | changes))

    return make


@pytest.fixture
def network_of():
    """Return a maker of networks, always with the same first weights."""

    def make(name="linear", classes=4, options=None):
        torch.manual_seed(0)
        pixels = np.random.default_rng(0).integers(0, 200, (8, *SHAPE), dtype=np.uint8)
        preprocess = fitted(InputFormat(*SHAPE[:2], "grey"), [pixels], centre="channel", scale="deviation")
        return build_network(name, preprocess, classes, options)

    return make


@dataclass
class Trainer:
    """Trains small networks in a folder."""

    folder: object
    samples_of: object
    network_of: object
    validation_count: int = 16
    training_count: int = 32
    networks: list = field(default_factory=list)

    def __call__(self, recipe, *, name="linear", where="run", watchers=(), training=None, validation=None):
        network = self.network_of(name)
        self.networks.append(network)
        (self.folder / where).mkdir(exist_ok=True)
        history = fit(
            network,
            training or self.samples_of(self.training_count),
            validation or self.samples_of(self.validation_count, seed=1),
            recipe=recipe,
            checkpoints=Checkpoints(self.folder / where / "checkpoints"),
            watchers=watchers,
        )
        return network, history


@pytest.fixture
def train(tmp_path, samples_of, network_of):
    """Return a function that trains a fresh network and returns (network, history)."""
    return Trainer(tmp_path, samples_of, network_of)


@pytest.fixture
def assert_same_weights():
    """Return a check that two networks agree bit for bit."""

    def check(first, second):
        ours, theirs = first.state_dict(), second.state_dict()
        assert ours.keys() == theirs.keys()
        assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []

    return check
