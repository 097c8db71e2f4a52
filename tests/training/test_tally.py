"""Named sums."""

import pytest
import torch

from sightline.training.tally import Tally


def test_sums_of_batches_add_up_by_name_numbers_and_vectors():
    tally = Tally()
    tally.add({"count": 2, "loss": torch.tensor(1.5), "of_class": torch.tensor([1, 1])})
    tally.add({"count": 3, "loss": torch.tensor(2.5), "of_class": torch.tensor([0, 3])})
    assert tally.count == 5
    assert tally.mean("loss") == pytest.approx(0.8)
    assert tally["of_class"].tolist() == [1, 4]


def test_merging_adds_another_s_sums_and_leaves_it_alone():
    first, second = Tally(), Tally()
    second.add({"count": 2, "loss": 4.0})
    first.merge(second)
    first.merge(second)
    assert (first.count, first.mean("loss")) == (4, 2.0)
    assert (second.count, second.mean("loss")) == (2, 2.0)


def test_sums_hold_no_graph():
    tally = Tally()
    tally.add({"loss": torch.ones((), requires_grad=True) * 2})
    assert not tally["loss"].requires_grad
    assert tally["loss"].dtype == torch.float64


def test_nothing_seen_is_a_count_of_zero():
    assert Tally().count == 0
