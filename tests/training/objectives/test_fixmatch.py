"""FixMatch with FreeMatch's threshold: against the papers' equations written out, and what each part of it is for."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sightline.training.batch import Batch
from sightline.training.objectives.classification import Classification
from sightline.training.objectives.fixmatch import STRONG, FixMatch, WeakAndStrong
from sightline.training.samplers import LABEL


class Scores(nn.Module):
    """Inputs are scores already, times a weight that can learn."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def forward(self, inputs):
        return self.weight * inputs


def batch_of(labelled, labels, weak, strong):
    inputs = torch.cat([labelled, weak])
    targets = torch.cat([labels, torch.full((len(weak),), -1)])
    return Batch(torch.arange(len(inputs)), inputs, {LABEL: targets, STRONG: torch.cat([labelled, strong])})


@pytest.fixture
def batch():
    torch.manual_seed(0)
    labelled, weak, strong = torch.randn(4, 3), 5 * torch.randn(12, 3), torch.randn(12, 3)
    return batch_of(labelled, torch.tensor([0, 1, 2, 0]), weak, strong)


def test_loss_and_threshold_are_those_of_the_equations(batch):
    objective = FixMatch(Classification(), classes=3, steps=200, weight=0.5)

    losses = objective(Scores().train(), batch)

    weak, strong = batch.inputs[4:], batch.targets[STRONG][4:]
    shares = weak.softmax(dim=1)
    mean = 0.9 * 0.95 + 0.1 * shares.max(dim=1).values.mean()
    classes = 0.9 / 3 + 0.1 * shares.mean(dim=0)
    limits = classes / classes.max() * mean
    guess = shares.argmax(dim=1)
    passing = shares.max(dim=1).values >= limits[guess]
    expected = cross_entropy(batch.inputs[:4], batch.targets[LABEL][:4])
    expected = expected + 0.5 * (cross_entropy(strong, guess, reduction="none") * passing).mean()
    torch.testing.assert_close(losses.values.mean(), expected)
    torch.testing.assert_close(objective.thresholds, limits)
    assert 0 < int(losses.sums["passing"]) == int(passing.sum()) < 12
    assert losses.sums["count"] == 4


def test_what_is_said_of_the_weak_view_is_no_reason_to_change_it(batch):
    """Gradients go through the labelled and the strong views alone."""
    network, objective = Scores().train(), FixMatch(Classification(), classes=3, steps=200)
    batch.inputs.requires_grad_()
    objective(network, batch).values.mean().backward()
    assert batch.inputs.grad[:4].abs().sum() > 0
    assert batch.inputs.grad[4:].abs().sum() == 0


def test_a_network_that_is_sure_of_nothing_learns_from_no_unlabelled_picture():
    weak = torch.zeros(12, 3)
    unsure = batch_of(torch.randn(4, 3), torch.tensor([0, 1, 2, 0]), weak, torch.randn(12, 3))
    losses = FixMatch(Classification(), classes=3, steps=1_000)(Scores().train(), unsure)
    assert int(losses.sums["passing"]) == 0
    assert losses.values[4:].sum() == 0


def test_a_look_at_labelled_pictures_is_that_of_a_classification(batch):
    plain = Batch(batch.rows[:4], batch.inputs[:4], {LABEL: batch.targets[LABEL][:4]})
    objective = FixMatch(Classification(), classes=3, steps=200)
    before = objective.thresholds.clone()
    ours, theirs = (each(Scores().eval(), plain) for each in (objective, Classification()))
    torch.testing.assert_close(ours.values, theirs.values)
    torch.testing.assert_close(objective.thresholds, before)


def test_views_are_altered_each_in_its_way_and_labels_stay_with_their_pictures():
    def add(number):
        return lambda inputs, shares, _: (inputs + number, shares)

    pictures = torch.zeros(5, 2, 2, 1, dtype=torch.uint8)
    batch = Batch(torch.arange(5), pictures, {LABEL: torch.tensor([1, 0, -1, -1, -1])})

    changed = WeakAndStrong(add(1), add(2), add(3), classes=2)(batch, torch.Generator())

    assert changed.inputs[:, 0, 0, 0].tolist() == [1, 1, 2, 2, 2]
    assert changed.targets[STRONG][2:, 0, 0, 0].tolist() == [3, 3, 3]
    assert changed.targets[LABEL].tolist() == [[0, 1], [1, 0], [0, 0], [0, 0], [0, 0]]
    assert changed.rows.tolist() == [0, 1, 2, 3, 4]
