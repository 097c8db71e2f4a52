import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sightline.core.intervals import mean_share_interval, wilson_interval


@given(trials=st.integers(1, 10_000), share=st.floats(0, 1))
def test_wilson_interval_equals_scipys(trials, share):
    successes = round(share * trials)
    expected = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson_interval(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_interval_equals_the_published_values_of_newcombe_1998():
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_without_trials_nothing_is_known():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3), (1, 0)])
def test_wilson_interval_refuses_impossible_counts(successes, trials):
    with pytest.raises(ValueError, match="successes"):
        wilson_interval(successes, trials)


def test_the_interval_of_a_mean_takes_no_share_for_certain_and_is_narrower_by_each_share():
    assert mean_share_interval([1.0], [10]) == pytest.approx((1 - 1.96 * (12 / 14 * 2 / 14 / 14) ** 0.5, 1.0), abs=1e-4)
    low, high = mean_share_interval([0.5] * 4, [40] * 4)
    assert (high - low) / 2 == pytest.approx(1.96 * (0.25 / 44) ** 0.5 / 2, abs=1e-4)
