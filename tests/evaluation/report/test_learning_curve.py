"""What the learning curve says of more pictures."""

import pytest

from sightline.evaluation.report.transfer.learning_curve import LearningCurve, LearningPoint


def curve(error, counts=(10, 20, 50, 100, 200), pictures=250):
    return LearningCurve(tuple(LearningPoint(count, (1 - error(count),) * 5) for count in counts), pictures)


def test_the_gain_of_twice_as_many_follows_the_law_that_errors_fall_by():
    falling = curve(lambda count: 0.8 * count**-0.5)
    assert falling.gain == pytest.approx(0.8 * (250**-0.5 - 500**-0.5))
    assert "about 1.5 points" in falling.words
    assert falling.short_words == "twice as many pictures would bring about 1.5 points, by the learning curve"


def test_a_flat_curve_promises_nothing():
    assert curve(lambda _: 0.1).gain == pytest.approx(0, abs=1e-9)
    assert "less than half a point" in curve(lambda _: 0.1).words


def test_a_curve_that_makes_no_mistakes_promises_nothing():
    assert curve(lambda _: 0.0).gain == 0


def test_a_rising_error_is_no_loss_by_more_pictures():
    assert curve(lambda count: 0.001 * count).gain == 0


def test_two_points_are_too_few_to_follow():
    short = curve(lambda count: 1 / count, counts=(10, 20))
    assert short.gain is None
    assert "too few" in short.words
    assert short.short_words == ""
    assert short.as_json()["learning_curve"]["gain_of_twice_as_many"] is None


def test_the_interval_is_students_and_of_one_draw_all_is_possible():
    point = LearningPoint(10, (0.7, 0.8, 0.9))
    low, high = point.interval
    assert point.mean == pytest.approx(0.8)
    assert (low, high) == pytest.approx((0.8 - 4.3027 * 0.1 / 3**0.5, 1.0), abs=1e-4)
    assert LearningPoint(10, (0.7,)).interval == (0.0, 1.0)
