"""Losses of embeddings: against numbers worked by hand, another implementation, and what their miners promise."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from sightline.training.objectives.contrastive import Contrastive
from sightline.training.objectives.distances import distances, kinship, squared_distances
from sightline.training.objectives.embedding_losses import EMBEDDING_LOSSES, EmbeddingLossSettings
from sightline.training.objectives.prototypical import Prototypical
from sightline.training.objectives.supervised_contrast import SupervisedContrast
from sightline.training.objectives.triplet import Triplet, hard, semi_hard

every_loss = pytest.mark.parametrize("name", EMBEDDING_LOSSES)
LINE = torch.tensor([[0.0], [0.6], [1.0], [3.0]])
TWO_AND_TWO = torch.tensor([0, 0, 1, 1])


@pytest.fixture
def batch():
    """Return unit vectors (24, 8) in no order of their six classes, and their labels."""
    torch.manual_seed(0)
    labels = torch.arange(6).repeat_interleave(4)[torch.randperm(24)]
    return normalize(torch.randn(24, 8), dim=1).requires_grad_(), labels


def loss_of(name, **settings):
    return EMBEDDING_LOSSES[name].make(EmbeddingLossSettings(**settings))


def test_contrast_of_four_points_on_a_line_is_what_a_hand_reckons():
    losses = Contrastive(margin=1.0)(LINE, TWO_AND_TWO)
    like = [0.36 / 2, 0.36 / 2, 4 / 2, 4 / 2]
    unlike = [0, (0.6**2 / 2) / 2, (0.6**2 / 2) / 2, 0]  # each point's mean over the two of the other class
    expected = [(near + far) / 2 for near, far in zip(like, unlike, strict=True)]
    assert losses.tolist() == pytest.approx(expected, abs=1e-5)


def test_semi_hard_triplets_of_four_points_on_a_line_are_what_a_hand_reckons():
    # 0: positive at 0.36, nearest further negative at 1. 0.6: negatives at 0.16 and 5.76, the second is further.
    # 1: positive at 4, negatives at 1 and 0.16, none is further: the furthest, 1. 3: positive at 4, negative at 5.76.
    losses = Triplet(margin=0.7)(LINE, TWO_AND_TWO)
    assert losses.tolist() == pytest.approx([0.36 - 1 + 0.7, 0, 4 - 1 + 0.7, 0], abs=1e-5)


def test_an_episode_of_four_points_on_a_line_is_what_a_hand_reckons():
    losses = Prototypical(shots=1, temperature=1.0)(LINE, TWO_AND_TWO)  # prototypes 0 and 1, queries 0.6 and 3
    expected = [math.log(1 + math.exp(0.36 - 0.16)), math.log(1 + math.exp(4 - 9))]
    assert losses.tolist() == pytest.approx(expected, abs=1e-5)


def test_the_contrast_of_a_batch_is_what_a_hand_reckons():
    corners = torch.tensor([[1.0, 0], [1, 0], [0, 1], [-1, 0]])
    losses = SupervisedContrast(temperature=1.0)(corners, torch.tensor([0, 0, 1, 1]))
    first = -1 + math.log(math.e + 1 + 1 / math.e)
    assert losses.tolist() == pytest.approx([first, first, math.log(3), -0 + math.log(2 / math.e + 1)], abs=1e-5)


def test_supcon_is_that_of_another_implementation(batch):
    from pytorch_metric_learning.losses import SupConLoss

    embeddings, labels = batch
    ours = SupervisedContrast(temperature=0.2)(embeddings, labels).mean()
    assert ours.item() == pytest.approx(SupConLoss(temperature=0.2)(embeddings, labels).item(), rel=1e-5)


def test_contrastive_is_that_of_another_implementation_squared_and_halved(batch):
    from pytorch_metric_learning.losses import ContrastiveLoss
    from pytorch_metric_learning.reducers import DoNothingReducer

    embeddings, labels = batch
    theirs = ContrastiveLoss(pos_margin=0, neg_margin=1.2, reducer=DoNothingReducer())(embeddings, labels)
    means = [(theirs[part]["losses"].square() / 2).mean() for part in ("pos_loss", "neg_loss")]
    assert Contrastive(margin=1.2)(embeddings, labels).mean().item() == pytest.approx(sum(means).item() / 2, rel=1e-4)


@pytest.mark.parametrize("miner", [semi_hard, hard])
def test_triplets_that_a_miner_took_cost_what_another_implementation_says(batch, miner):
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.losses import TripletMarginLoss
    from pytorch_metric_learning.reducers import MeanReducer

    embeddings, labels = batch
    taken, negatives = miner(squared_distances(embeddings, embeddings).detach(), kinship(labels))
    anchors, positives = taken.nonzero(as_tuple=True)
    theirs = TripletMarginLoss(margin=0.2, distance=LpDistance(power=2), reducer=MeanReducer())
    expected = theirs(embeddings, labels, (anchors, positives, negatives[anchors, positives]))
    assert Triplet(0.2, miner)(embeddings, labels).mean().item() == pytest.approx(expected.item(), rel=1e-4)


def test_an_episode_is_the_neighbourhood_loss_of_another_implementation_against_prototypes(batch):
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.losses import NCALoss

    embeddings, labels = batch
    order = labels.argsort(stable=True)
    embeddings, labels = embeddings[order], labels[order]
    grouped = embeddings.unflatten(0, (6, 4))
    prototypes, queries = grouped[:, :3].mean(dim=1), grouped[:, 3]
    plain = LpDistance(power=2, normalize_embeddings=False)
    theirs = NCALoss(softmax_scale=10, distance=plain)(
        queries, torch.arange(6), ref_emb=prototypes, ref_labels=torch.arange(6)
    )
    assert Prototypical(shots=3, temperature=0.1)(embeddings, labels).mean().item() == pytest.approx(
        theirs.item(), rel=1e-4
    )


def test_the_hard_miner_takes_the_furthest_positive_and_the_nearest_negative(batch):
    from pytorch_metric_learning.miners import BatchHardMiner

    embeddings, labels = batch
    taken, negatives = hard(squared_distances(embeddings, embeddings), kinship(labels))
    anchors, positives = taken.nonzero(as_tuple=True)
    theirs = BatchHardMiner()(embeddings, labels)
    ours = (anchors, positives, negatives[anchors, positives])
    assert [place.tolist() for place in ours] == [place.tolist() for place in theirs]


def test_the_semi_hard_miner_takes_the_nearest_negative_beyond_the_positive_or_else_the_furthest(batch):
    embeddings, labels = batch
    squares = squared_distances(embeddings, embeddings).detach()
    taken, negatives = semi_hard(squares, kinship(labels))
    for anchor, positive in taken.nonzero().tolist():
        others = [place for place in range(24) if labels[place] != labels[anchor]]
        beyond = [place for place in others if squares[anchor, place] > squares[anchor, positive]]
        rank = {place: squares[anchor, place].item() for place in others}
        expected = min(beyond, key=rank.get) if beyond else max(others, key=rank.get)
        assert negatives[anchor, positive] == expected


@every_loss
def test_a_loss_is_smaller_where_classes_lie_apart_and_its_slope_is_finite(name, batch):
    embeddings, labels = batch
    apart = normalize(torch.eye(6, 8)[labels] + 0.01 * embeddings.detach(), dim=1).requires_grad_()
    mixed, separated = loss_of(name)(embeddings, labels), loss_of(name)(apart, labels)
    assert separated.mean() < mixed.mean() / 2
    mixed.mean().backward()
    assert embeddings.grad.isfinite().all()
    assert embeddings.grad.abs().sum() > 0


@every_loss
def test_embeddings_that_are_all_one_point_have_a_finite_slope(name):
    point = torch.ones(8, 4).requires_grad_()
    loss_of(name)(normalize(point, dim=1), torch.arange(4).repeat(2)).mean().backward()
    assert point.grad.isfinite().all()


@every_loss
@pytest.mark.parametrize("labels", [[0, 1, 2, 3], [0, 0, 0, 0]])
def test_a_batch_without_a_positive_or_without_a_negative_is_refused_in_words(name, labels):
    with pytest.raises(ValueError, match=r"in a batch of 4; take two classes and two samples of each"):
        loss_of(name)(torch.eye(4), torch.tensor(labels))


def test_a_sample_that_is_alone_in_its_class_is_compared_with_but_asks_for_nothing():
    lone = torch.tensor([0, 0, 1])
    corners = torch.eye(3)
    assert len(SupervisedContrast()(corners, lone)) == 2
    assert len(Triplet()(corners, lone)) == 2


def test_distances_are_those_of_a_plain_sum(batch):
    embeddings = batch[0].detach()
    plain = np.linalg.norm(embeddings[:, None].numpy() - embeddings[None].numpy(), axis=2)
    np.testing.assert_allclose(distances(embeddings).numpy(), plain, atol=1e-3)


def test_an_episode_without_a_query_is_refused_in_words():
    with pytest.raises(ValueError, match="more than 2 samples: there is no query"):
        Prototypical(shots=2)(LINE, TWO_AND_TWO)
