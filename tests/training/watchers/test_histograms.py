import math

import pytest
import torch
from torch import nn

from sightline.training.watchers.histograms import MOST_VALUES, UnitWatch, evenly_spread, histogram


def test_the_counts_sum_to_the_number_of_values_and_lie_where_they_belong():
    found = histogram(torch.tensor([[0.0, 0.0, 0.1], [4.0, 2.0, 3.99]]))
    assert sum(found.counts) == 6
    assert (found.low, found.high) == (0.0, 4.0)
    assert (found.counts[0], found.counts[1], found.counts[20], found.counts[39]) == (2, 1, 1, 2)
    assert found.deviation == pytest.approx(torch.tensor([0.0, 0, 0.1, 4, 2, 3.99]).std(correction=0).item())


def test_equal_values_are_all_in_one_bin():
    found = histogram(torch.full((7,), 0.25))
    assert (found.low, found.high, found.deviation) == (0.25, 0.25, 0.0)
    assert sorted(found.counts)[-2:] == [0, 7]


def test_values_that_are_no_numbers_are_counted_apart():
    found = histogram(torch.tensor([1.0, math.nan, math.inf, 2.0]))
    assert (sum(found.counts), found.not_finite, found.high) == (2, 2, 2.0)
    nothing = histogram(torch.tensor([math.nan]))
    assert (sum(nothing.counts), nothing.not_finite) == (0, 1)


def test_a_large_table_is_looked_at_in_all_its_columns():
    columns = torch.arange(64).repeat(2 * MOST_VALUES // 64)
    looked_at = evenly_spread(columns)
    assert MOST_VALUES / 4 < len(looked_at) <= MOST_VALUES
    counts = torch.bincount(looked_at, minlength=64)
    assert counts.min() >= counts.max() - 1


def test_the_dead_share_is_exact_for_units_and_for_channels():
    dense = UnitWatch(nn.ReLU())
    dense.look(torch.tensor([[0.0, 0.0, 1.0, 0.0]]))
    dense.look(torch.tensor([[0.0, 2.0, 0.0, 0.0]]))
    assert (dense.dead, dense.saturated) == (0.5, None)
    maps = torch.zeros(2, 4, 3, 3)
    maps[1, 2, 0, 0] = 0.1
    channels = UnitWatch(nn.ReLU())
    channels.look(maps)
    assert channels.dead == 0.75


@pytest.mark.parametrize(
    ("layer", "outputs", "share"),
    [(nn.Sigmoid(), [0.04, 0.5, 0.96, 0.94], 0.5), (nn.Tanh(), [-0.96, 0.0, 0.96, 0.94, 0.04], 0.4)],
)
def test_the_saturated_share_is_exact(layer, outputs, share):
    units = UnitWatch(layer)
    units.look(torch.tensor([outputs]))
    assert (units.saturated, units.dead) == (share, None)


def test_a_leaky_relu_can_neither_die_nor_saturate():
    units = UnitWatch(nn.LeakyReLU())
    units.look(torch.zeros(2, 3))
    assert (units.dead, units.saturated) == (None, None)
