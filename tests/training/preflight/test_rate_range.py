"""A climb is flat until something is learnt; it suggests where three orders agree, and says why where they do not."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from sightline.training.preflight.checks import CHECKS
from sightline.training.preflight.rate_range import Curve, RateRange, measured_range


def test_the_loss_is_that_of_the_untouched_network_until_something_is_learnt(setup_of):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(108, 4))
    for curve in measured_range(setup_of(network)).curves:
        assert curve.losses[0] == pytest.approx(curve.start)
        assert max(abs(loss - curve.start) for loss in curve.losses[:5]) < 2e-3 * curve.start
        assert min(curve.losses) > 0


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "muon", "gd"])
def test_a_set_up_that_learns_has_a_suggestion_inside_the_rates_that_work(optimizer, setup_of):
    measured = measured_range(setup_of(optimizer=optimizer))
    low, high = measured.interval
    assert measured.doubt == ""
    assert low / 10 < measured.suggestion <= 2 * high


def curve(*, lowest=0.1, end=1.0, fall=0.5):
    """Return a climb whose loss of 2 falls by a share until one rate, and comes back at another."""
    rates = (1e-4, lowest / 4, lowest, end, 10 * end)
    return Curve(2.0, rates, (2.0, 2 - fall, 2 - 2 * fall, 2.5, 9.0))


def test_orders_that_agree_suggest_a_share_of_the_rate_at_which_they_explode():
    assert RateRange((curve(), curve(), curve()), own=0.05, reach=0.5).suggestion == pytest.approx(0.5)


def test_where_all_rates_are_borne_the_one_that_works_best_is_suggested():
    borne = Curve(2.0, (1e-3, 1e-2, 1e-1, 1.0), (2.0, 1.0, 0.15, 0.1))
    assert RateRange((borne,) * 3, own=0.05, reach=0.5).suggestion == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("curves", "words"),
    [
        (
            (curve(), curve(), curve(lowest=0.001, end=0.01)),
            "disagree: the loss is clearly above where it began from 1, 1",
        ),
        ((curve(), curve(), curve(fall=0.001)), "the loss does not fall clearly in each of three orders"),
        ((curve(),) * 2 + (Curve(float("nan"), (1e-4,), (float("inf"),)),), "does not fall clearly"),
    ],
)
def test_orders_that_disagree_suggest_nothing_and_say_why(curves, words):
    measured = RateRange(curves, own=0.05, reach=0.5)
    assert measured.suggestion is None
    assert words in measured.doubt


def test_a_network_that_has_learnt_before_keeps_its_recipe_s_rates_at_no_cost(setup_of):
    setup = replace(setup_of(), is_new=False)
    assert CHECKS["rate-range"].cost(setup) == 0
    assert CHECKS["rate-range"].check(setup).findings == ()
