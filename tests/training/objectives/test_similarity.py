"""The objective of embeddings: what it counts, that all legs are one network, and that a collapse is seen."""

import numpy as np
import pytest
import torch
from torch import nn

from sightline.models.changes.unit_length import UnitLength
from sightline.training.batch import Batch
from sightline.training.history import EpochRecord
from sightline.training.objectives.contrastive import Contrastive
from sightline.training.objectives.similarity import Similarity
from sightline.training.objectives.triplet import Triplet
from sightline.training.samplers import LABEL
from sightline.training.tally import Tally
from sightline.training.watchers.collapse import CollapseWatch


def batch_of(inputs, labels):
    return Batch(torch.arange(len(inputs)), inputs, {LABEL: torch.tensor(labels)})


def test_the_legs_of_a_pair_share_one_gradient():
    torch.manual_seed(0)
    inputs, labels = torch.randn(6, 5), torch.tensor([0, 0, 1, 1, 2, 2])
    leg = nn.Sequential(nn.Linear(5, 3), UnitLength())
    Similarity(Contrastive())(leg, batch_of(inputs, labels.tolist())).values.mean().backward()
    twins = [nn.Sequential(nn.Linear(5, 3), UnitLength()) for _ in range(2)]
    for twin in twins:
        twin.load_state_dict(leg.state_dict())
    first, second = (twin(inputs) for twin in twins)  # two legs with weights of their own, each pair through both
    distances = (first.unsqueeze(1) - second).square().sum(dim=2).clamp(min=1e-12).sqrt()
    same = labels.unsqueeze(1) == labels
    itself = torch.eye(6, dtype=torch.bool)
    near = (distances.square() / 2 * (same & ~itself)).sum(dim=1)
    far = ((1 - distances).clamp(min=0).square() / 2 * ~same).sum(dim=1) / 4
    ((near + far) / 2).mean().backward()
    shared = twins[0][0].weight.grad + twins[1][0].weight.grad
    np.testing.assert_allclose(leg[0].weight.grad, shared, atol=1e-6)


def test_figures_are_the_loss_the_share_whose_nearest_is_alike_and_how_far_two_are_apart():
    corners = torch.tensor([[1.0, 0], [0.8, 0.6], [-1, 0], [0.6, 0.8]])
    tally = Tally()
    tally.add(Similarity(Contrastive())(nn.Identity(), batch_of(corners, [0, 0, 1, 1])).sums)
    figures = Similarity(Contrastive()).figures(tally)
    assert figures["accuracy"] == 0.5  # the first and the third have one of their own as nearest
    plain = np.linalg.norm(corners.numpy()[:, None] - corners.numpy(), axis=2).sum() / 12 / 2
    assert figures["spread"] == pytest.approx(plain, abs=1e-4)
    assert Similarity(Contrastive()).score(tally) == figures["accuracy"]


@pytest.mark.parametrize(("loss", "constant"), [(Contrastive(1.0), 0.25), (Triplet(0.2), 0.2)])
def test_a_collapsed_batch_costs_its_constant(loss, constant):
    point = torch.ones(6, 4) / 2
    losses = Similarity(loss)(nn.Identity(), batch_of(point, [0, 0, 1, 1, 2, 2])).values
    assert losses.mean().item() == pytest.approx(constant, abs=1e-4)


def record(spread, epoch):
    figures = {"loss": 0.2, "accuracy": 0.1, "spread": spread}
    return EpochRecord(epoch, 0.1, figures, figures, 0.1, 0.0, 0.0, 1.0, 1.0, 1.0)


def test_a_collapse_is_named_once_with_its_loss():
    watch = CollapseWatch()
    watch.on_epoch([record(0.5, 1)])
    assert watch.findings() == ()
    watch.on_epoch([record(0.001, 2)])
    (finding,) = watch.findings()
    assert finding.code == "collapsed-embedding"
    assert "after epoch 2" in finding.symptom
    assert "0.200" in finding.symptom
    watch.on_epoch([record(0.001, 3)])
    assert watch.findings() == ()
