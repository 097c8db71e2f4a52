"""Objectives that know no labels a sample, or more than one sample at a time, train in the same loop.

They are written here to show that nothing else has to change: pairs, triplets, episodes, a contrast within the batch,
labelled samples beside unlabelled ones, pictures without any label, clips.
"""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from sightline.core.errors import RunError
from sightline.training.learner import Learner
from sightline.training.objectives.classification import Classification
from sightline.training.objectives.objective import Losses
from sightline.training.phase import Phase
from sightline.training.samplers import LABEL, Shuffled
from sightline.training.samples import Samples


class Embedding(nn.Module):
    """From (n, H, W, C) uint8 to (n, outputs), always with the same first weights."""

    def __init__(self, outputs, width=256):
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.last = nn.Linear(width, 16), nn.Linear(16, outputs)

    def forward(self, pixels):
        return self.last(self.hidden(pixels.flatten(1).float() / 255).tanh())


class Plain:
    """An objective whose only figure is its loss, and whose best epoch has the lowest."""

    separable = True

    def losses(self, values):
        return Losses(values, {"count": len(values), "loss": values.detach().sum()})

    def figures(self, tally):
        return {"loss": tally.mean("loss")}

    def score(self, tally):
        return -tally.mean("loss")


class Reconstruction(Plain):
    def __call__(self, network, batch):
        flat = batch.inputs.flatten(1).float() / 255
        return self.losses((network(batch.inputs) - flat).square().mean(dim=1))


class Contrast(Plain):
    """Pairs of one class shall be near, others far (Hadsell et al., 2006)."""

    def __call__(self, network, batch):
        count = len(batch)
        first, second = network(batch.inputs.flatten(0, 1)).unflatten(0, (count, 2)).unbind(1)
        distance = (first - second).norm(dim=1)
        same = batch.targets[LABEL][:, 0] == batch.targets[LABEL][:, 1]
        return self.losses(torch.where(same, distance.square(), (1 - distance).clamp(min=0).square()))


class Triplet(Plain):
    def __call__(self, network, batch):
        vectors = network(batch.inputs.flatten(0, 1)).unflatten(0, (len(batch), 3))
        return self.losses(functional.triplet_margin_loss(*vectors.unbind(1), reduction="none"))


class SupCon(Plain):
    """A contrast within the batch (Khosla et al., 2020)."""

    separable = False

    def __call__(self, network, batch):
        vectors = functional.normalize(network(batch.inputs), dim=1)
        itself = torch.eye(len(batch), dtype=torch.bool)
        similar = (vectors @ vectors.T / 0.5).masked_fill(itself, -1e9).log_softmax(dim=1)
        same = (batch.targets[LABEL].unsqueeze(1) == batch.targets[LABEL]) & ~itself
        return self.losses(-(similar * same).sum(dim=1) / same.sum(dim=1).clamp(min=1))


class Prototypes(Plain):
    """Half of each class's samples make its prototype, the others ask for it (Snell et al., 2017)."""

    separable = False

    def __call__(self, network, batch):
        vectors = network(batch.inputs).unflatten(0, (4, -1))  # (classes, k, outputs), as `Episodes` draws them
        support, queries = vectors.chunk(2, dim=1)
        truth = torch.arange(4).repeat_interleave(queries.shape[1])
        distances = torch.cdist(queries.flatten(0, 1), support.mean(dim=1))
        return self.losses(functional.cross_entropy(-distances, truth, reduction="none"))


class FixMatch(Plain):
    """Labels where there are any, else what the network is sure of (Sohn et al., 2020)."""

    def __call__(self, network, batch):
        labels, scores = batch.targets[LABEL], network(batch.inputs)
        with torch.no_grad():
            confidence, guess = scores.softmax(dim=1).max(dim=1)
        has_label = labels >= 0
        truth = torch.where(has_label, labels, guess)
        counts = has_label | (confidence > 0.9)
        return self.losses(functional.cross_entropy(scores, truth, reduction="none") * counts)


@dataclass(frozen=True)
class Groups:
    """Rows of pairs or triplets: a row, one of the same class, for triplets one of another class."""

    size: int

    def batches(self, samples, *, seed):
        generator = torch.Generator().manual_seed(seed)
        labels = samples.targets[LABEL][samples.rows]
        drawn = []
        for place in torch.randperm(len(samples), generator=generator).tolist():
            same, other = ((labels == labels[place]).nonzero()[:, 0], (labels != labels[place]).nonzero()[:, 0])
            partners = [chosen[torch.randint(len(chosen), (1,), generator=generator)] for chosen in (same, other)]
            if self.size == 2:
                partners = partners[place % 2 :][:1]
            drawn.append(samples.rows[torch.cat([torch.tensor([place]), *partners])])
        return torch.stack(drawn).split(8)


@dataclass(frozen=True)
class Episodes:
    """Batches of so many samples of each of four classes, class by class."""

    each: int

    def batches(self, samples, *, seed):
        generator = torch.Generator().manual_seed(seed)
        labels = samples.targets[LABEL][samples.rows]
        of_class = [samples.rows[labels == label] for label in range(4)]
        orders = [rows[torch.randperm(len(rows), generator=generator)].split(self.each) for rows in of_class]
        return [torch.cat(parts) for parts in zip(*orders, strict=True)]


@dataclass(frozen=True)
class HalfLabelled:
    """In every batch as many rows with a label as without one."""

    def batches(self, samples, *, seed):
        has_label = samples.targets[LABEL][samples.rows] >= 0
        halves = [replace(samples, rows=samples.rows[chosen]) for chosen in (has_label, ~has_label)]
        pairs = zip(*(Shuffled(8).batches(half, seed=seed) for half in halves), strict=True)
        return [torch.cat(pair) for pair in pairs]


OTHERS = {
    "autoencoder": (Reconstruction(), None, 256),
    "pairs": (Contrast(), Groups(2), 4),
    "triplets": (Triplet(), Groups(3), 4),
    "contrast within the batch": (SupCon(), Episodes(4), 4),
    "prototypes": (Prototypes(), Episodes(4), 4),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_another_objective_learns_in_the_same_loop(kind, train, recipe_of):
    objective, sampler, outputs = OTHERS[kind]
    train.network_of = lambda _: Embedding(outputs)
    recipe = replace(recipe_of("adam", epochs=8, learning_rate=0.01), objective=objective)
    if sampler:
        recipe = replace(recipe, sampler=sampler, validation_sampler=sampler)
    _, history = train(recipe)
    assert history[-1].training["loss"] < 0.7 * history[0].training["loss"]
    assert history[-1].validation["loss"] <= history[0].validation["loss"]
    assert history[-1].score == -history[-1].validation["loss"]
    assert set(history[0].training) == {"loss"}


def test_unlabelled_samples_beside_labelled_ones_learn_in_the_same_loop(train, recipe_of, samples_of):
    some = samples_of(64)
    labels = torch.where(torch.arange(64) % 8 < 4, some.targets[LABEL], -1)
    recipe = recipe_of("adam", epochs=8, learning_rate=0.01)
    recipe = replace(recipe, objective=FixMatch(), sampler=HalfLabelled())
    train.network_of = lambda _: Embedding(4)
    _, history = train(recipe, training=replace(some, targets={LABEL: labels}))
    assert history[-1].validation["loss"] < 0.7 * history[0].validation["loss"]


def test_clips_are_classified_in_the_same_loop(train, recipe_of, samples_of):
    parts = [clips_of(samples_of(32, seed=seed)) for seed in (0, 1)]
    train.network_of = lambda _: Embedding(4, width=512)
    _, history = train(recipe_of("adam", epochs=8, learning_rate=0.01), training=parts[0], validation=parts[1])
    assert history[-1].validation["accuracy"] == 1


def clips_of(samples):
    """Return two frames (N, 2, H, W, C), the second one upside down."""
    return replace(samples, inputs=torch.stack([samples.inputs, samples.inputs.flip(1)], dim=1))


class Filters(nn.Sequential):
    """Convolutions over the time of clips, too."""

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(nn.Conv3d(1, 4, (2, 5, 5), stride=(1, 2, 2)), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4))

    def forward(self, clips):
        return super().forward(clips.permute(0, 4, 1, 2, 3).float() / 255)


def test_filters_of_clips_learn_in_the_same_loop(train, recipe_of, samples_of):
    parts = [clips_of(samples_of(32, seed=seed)) for seed in (0, 1)]
    train.network_of = lambda _: Filters()
    _, history = train(recipe_of("adam", epochs=4, learning_rate=0.01), training=parts[0], validation=parts[1])
    assert history[-1].training["loss"] < 0.7 * history[0].training["loss"]


def test_phases_may_have_objectives_of_their_own(train, recipe_of):
    """Vectors that are near for a class first, then a classifier on them that leaves them as they are."""
    train.network_of = lambda _: nn.Sequential(Embedding(8), Head())
    near = replace(recipe_of("adam", epochs=4, learning_rate=0.01), objective=OfBody(), sampler=Episodes(4))
    near = replace(near, validation_sampler=Episodes(4))
    classes = recipe_of("adam", epochs=8, learning_rate=0.05)
    _, history = train([Phase(near, ("0",)), Phase(classes, ("1",))])
    assert set(history[0].training) == {"loss"}
    assert set(history[-1].training) == {"loss", "accuracy"}
    assert history[-1].validation["accuracy"] > 0.9


class Head(nn.Linear):
    def __init__(self):
        torch.manual_seed(1)
        super().__init__(8, 4)


class OfBody(SupCon):
    def __call__(self, network, batch):
        return super().__call__(network[0], batch)


class Cramped(nn.Module):
    """Has no memory for more than three samples while it trains."""

    def forward(self, vectors):
        if self.training and len(vectors) > 3:
            raise torch.OutOfMemoryError("out of memory")
        return vectors


def test_a_batch_whose_samples_need_each_other_is_not_cut_into_pieces(train, recipe_of):
    train.network_of = lambda _: nn.Sequential(Embedding(4), Cramped())
    recipe = replace(recipe_of("adam"), objective=SupCon(), sampler=Episodes(4), validation_sampler=Episodes(4))
    with pytest.raises(RunError, match=r"a step of \d+ pictures, whose loss needs them all"):
        train(recipe)
    assert train.said == []


def test_the_gradient_is_that_of_the_mean_over_the_losses_that_there_are(recipe_of, samples_of):
    """Half of an episode asks, so it has half as many losses as rows."""
    samples, network = samples_of(32), Embedding(4)
    batch = samples.cut(Episodes(8).batches(samples, seed=0)[0])
    losses = Prototypes()(network, batch).values
    expected = torch.autograd.grad(losses.mean(), list(network.parameters()))
    recipe = replace(recipe_of("sgd"), objective=Prototypes())
    found, tally = Learner(network, Phase(recipe), say=print).gradients(batch)
    assert (len(batch), len(found.values), tally.count, found.scores) == (32, 16, 16, None)
    for weight, slope in zip(network.parameters(), expected, strict=True):
        torch.testing.assert_close(weight.grad, slope)


def test_a_classification_asks_for_a_label():
    samples = Samples(torch.zeros(4, 1), {}, torch.arange(4))
    with pytest.raises(KeyError, match=LABEL):
        Classification()(nn.Linear(1, 2), samples.cut(samples.rows))
