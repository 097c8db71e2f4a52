from dataclasses import dataclass, field, fields, replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import fitted
from sightline.models.building import build_network
from sightline.training.checkpoints import Checkpoints
from sightline.training.loop import fit
from sightline.training.losses import LossSettings
from sightline.training.machine.devices import MachineSettings
from sightline.training.objectives.classification import Classification
from sightline.training.objectives.recipe import recipe_of as classification_of
from sightline.training.phase import Phase
from sightline.training.recipe import Recipe, StepSettings
from sightline.training.samplers import LABEL
from sightline.training.samples import Parts, Samples
from sightline.training.tally import Tally
from sightline.training.watchers.watcher import Step, Watcher

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
        return Samples(torch.from_numpy(pixels), {LABEL: torch.from_numpy(labels)}, torch.arange(count))

    return make


@pytest.fixture
def recipe_of():
    """Return a maker of recipes from settings, and from objects in the place of those that settings make."""

    def make(optimizer="adam", *, criterion=None, change=None, **changes):
        values = {"epochs": 3, "batch_size": 8, "patience": 0, "schedule": "constant", "optimizer": optimizer} | changes
        steps, loss = StepSettings.of(values), LossSettings.of(values)
        seed, counts = values.pop("seed", 0), (1, 1, 1, 1)
        recipe = classification_of(steps, loss, MachineSettings("cpu", "fp32"), counts=counts, seed=seed, change=change)
        settings = {entry.name for section in (StepSettings, LossSettings) for entry in fields(section)}
        objects = {name: values[name] for name in values.keys() - settings}
        if criterion:
            objects["objective"] = Classification(criterion)
        return replace(recipe, **objects)

    return make


@pytest.fixture
def network_of():
    """Return a maker of networks, always with the same first weights."""

    def make(name="linear", classes=4, options=None):
        torch.manual_seed(0)
        pixels = np.random.default_rng(0).integers(0, 200, (8, *SHAPE), dtype=np.uint8)
        preprocess = fitted(PictureFormat(*SHAPE[:2], "grey"), [pixels], centre="channel", scale="deviation")
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
    said: list = field(default_factory=list)
    findings: tuple = ()

    def __call__(self, recipe, *, name="linear", where="run", watchers=(), training=None, validation=None):
        phases = [Phase(recipe)] if isinstance(recipe, Recipe) else recipe
        network = self.network_of(name)
        self.networks.append(network)
        (self.folder / where).mkdir(exist_ok=True)
        outcome = fit(
            network,
            Parts(
                training or self.samples_of(self.training_count),
                validation or self.samples_of(self.validation_count, seed=1),
            ),
            phases=phases,
            checkpoints=Checkpoints(self.folder / where / "checkpoints"),
            watchers=watchers,
            say=self.said.append,
        )
        self.findings = outcome.findings
        return network, outcome.history


@pytest.fixture
def train(tmp_path, samples_of, network_of):
    """Return a function that trains a fresh network and returns (network, history)."""
    return Trainer(tmp_path, samples_of, network_of)


class StopError(Exception):
    """What stands for a power cut."""


class Breaker(Watcher):
    """Stops the training at a chosen call."""

    def __init__(self, method, number):
        self.method, self.left = method, number

    def _count(self, method):
        self.left -= method == self.method
        if self.left == 0 and method == self.method:
            raise StopError

    def on_start(self, *_):
        self._count("on_start")

    def before_step(self, *_):
        self._count("before_step")

    def on_epoch(self, *_):
        self._count("on_epoch")


@pytest.fixture
def train_until(train):
    """Return a function that trains as `train` does, up to a power cut at a call: (method, number)."""

    def run(stop, recipe, **options):
        with pytest.raises(StopError):
            train(recipe, watchers=[Breaker(*stop)], **options)

    return run


@pytest.fixture
def assert_same_weights():
    """Return a check that two networks agree bit for bit."""

    def check(first, second):
        ours, theirs = first.state_dict(), second.state_dict()
        assert ours.keys() == theirs.keys()
        assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []

    return check


class Onlooker(Watcher):
    """Keeps what a watcher sees."""

    def __init__(self):
        self.calls, self.steps = [], []

    def on_start(self, epochs_done):
        self.calls.append(("start", epochs_done))

    def before_step(self, step):
        self.calls.append(("step", step.epoch))
        weights = [parameter.detach().clone() for parameter in step.network.parameters()]
        gradients = [parameter.grad.clone() for parameter in step.network.parameters()]
        self.steps.append((weights, gradients, step.tally.count))

    def on_epoch(self, history):
        self.calls.append(("epoch", history[-1].epoch))

    def rates(self):
        """Return the learning rate that plain steps really had, from the weights before and after."""
        moves = [(before[0][0] - after[0][0], before[1][0]) for before, after in pairwise(self.steps)]
        return [float(move.abs().sum() / gradient.abs().sum()) for move, gradient in moves]


@pytest.fixture
def onlooker():
    """Return a watcher that keeps weights, gradients and count of each step, and the order of all calls."""
    return Onlooker()


@pytest.fixture
def step_of():
    """Return a maker of steps that watchers can be shown."""

    def make(network, epoch=1, number=1):
        rows = torch.arange(2)
        return Step(epoch, number, 0.1, network, rows, torch.zeros(2), None, Tally(), Classification())

    return make


class Floats(torch.nn.Module):
    """From pixels (N, H, W, C) uint8 to rows (N, H W C) of floats in [0, 1]."""

    def forward(self, pixels):
        return pixels.flatten(1).float() / 255


@pytest.fixture
def dense_of():
    """Return a maker of small dense networks: ``dense_of(4, 8, 2)`` has one hidden layer; always the same weights."""

    def make(*widths, between=torch.nn.Tanh):
        torch.manual_seed(0)
        layers = [Floats()]
        for place, (before, after) in enumerate(pairwise(widths)):
            layers += ([between()] if place else []) + [torch.nn.Linear(before, after)]
        return torch.nn.Sequential(*layers)

    return make


@pytest.fixture
def rows_as_pictures():
    """Return a maker of samples from numbers (N, D), one picture of D grey pixels each."""

    def make(values, labels):
        pixels = np.clip(np.round(values), 0, 255).astype(np.uint8).reshape(len(values), 1, -1, 1)
        return Samples(torch.from_numpy(pixels), {LABEL: torch.as_tensor(labels)}, torch.arange(len(values)))

    return make


FULL = torch.OutOfMemoryError("out of memory, tried to allocate 1 GiB")


class Narrow(torch.nn.Module):
    """Has memory for so many pictures at a time, while it trains or always."""

    def __init__(self, limit, *, always=False, error=FULL):
        super().__init__()
        self.limit, self.always, self.error = limit, always, error

    def forward(self, rows):
        if (self.training or self.always) and len(rows) > self.limit:
            raise self.error
        return rows


@pytest.fixture
def narrow_of(dense_of):
    """Return a maker of one network that has memory for so many pictures; always with the same weights."""

    def make(limit, *, dropout=0.0, **options):
        layers = list(dense_of(256, 8, 4))
        return torch.nn.Sequential(*layers[:2], torch.nn.Dropout(dropout), Narrow(limit, **options), *layers[2:])

    return make
