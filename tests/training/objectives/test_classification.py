"""One label a sample: what it costs and what is counted."""

import pytest
import torch

from sightline.training.batch import Batch
from sightline.training.losses import Criterion
from sightline.training.objectives.classification import (
    ClassChange,
    Classification,
    accuracy,
    balanced_accuracy,
    class_counts,
    class_shares,
)
from sightline.training.samplers import LABEL
from sightline.training.samples import Samples
from sightline.training.tally import Tally

SCORES = torch.tensor([[3.0, 0, 0], [0, 2.0, 0], [1.0, 0, 0], [0, 0, 1.0]])
LABELS = torch.tensor([0, 1, 1, 0])


@pytest.fixture
def batch():
    return Batch(torch.arange(4), SCORES, {LABEL: LABELS})


@pytest.fixture
def tally(batch):
    tally = Tally()
    tally.add(Classification()(torch.nn.Identity(), batch).sums)
    return tally


def test_shares_of_labels_are_one_for_the_class_and_shares_stay_as_they_are():
    shares = class_shares(LABELS, 3)
    assert shares.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert shares.dtype == torch.float32
    assert class_shares(shares, 3) is shares


def test_each_sample_has_a_loss_and_the_sums_are_those_of_the_batch(batch, tally):
    losses = Classification()(torch.nn.Identity(), batch)
    torch.testing.assert_close(losses.values, torch.nn.functional.cross_entropy(SCORES, LABELS, reduction="none"))
    assert tally["loss"].item() == pytest.approx(losses.values.sum().item())
    assert tally.count == 4
    assert tally["correct"].item() == 2
    assert tally["class_counts"].tolist() == [2, 2, 0]
    assert tally["class_correct"].tolist() == [1, 1, 0]


def test_figures_are_the_mean_loss_and_the_accuracy(tally):
    figures = Classification().figures(tally)
    assert list(figures) == ["loss", "accuracy"]
    assert figures["accuracy"] == accuracy(tally) == 0.5


def test_balanced_accuracy_is_the_mean_over_the_classes_that_were_seen():
    tally = Tally()
    tally.add({"count": 13, "class_counts": torch.tensor([10, 2, 0, 1]), "class_correct": torch.tensor([10, 1, 0, 0])})
    assert balanced_accuracy(tally) == pytest.approx((1 + 0.5 + 0) / 3)


def test_the_best_epoch_is_chosen_by_the_score_that_was_asked_for(tally):
    assert Classification(score=lambda _: 7.0).score(tally) == 7.0


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_class_weights_are_exact_in_half_precision(precision, batch):
    objective = Classification(Criterion(class_weights=(1.001, 1.0, 1.0)))
    exact = objective(torch.nn.Identity(), batch).values
    with torch.autocast("cpu", dtype=precision):
        torch.testing.assert_close(objective(torch.nn.Identity(), batch).values, exact, rtol=0, atol=0)


def test_a_change_of_pictures_and_shares_makes_shares_of_the_labels(batch):
    seen = {}

    def halved(inputs, shares, _):
        seen["shares"] = shares
        return inputs / 2, shares.roll(1, dims=0)

    changed = ClassChange(halved, 3)(batch, torch.Generator())
    assert torch.equal(seen["shares"], class_shares(LABELS, 3))
    assert torch.equal(changed.inputs, SCORES / 2)
    assert torch.equal(changed.targets[LABEL], seen["shares"].roll(1, dims=0))
    assert torch.equal(changed.rows, batch.rows)


def test_counts_are_those_of_this_part_with_absent_classes():
    labels = torch.tensor([0] * 6 + [2] * 4)
    samples = Samples(torch.zeros(10, 1), {LABEL: labels}, torch.arange(0, 10, 2))
    assert class_counts(samples, 4) == (3, 0, 2, 0)
