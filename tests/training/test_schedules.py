"""Schedules at marked points, and the learning rates that steps really had."""

from dataclasses import replace
from itertools import pairwise

import pytest

from sightline.training.schedules import SCHEDULES, constant, cosine, one_cycle, step, warmed_up

GRID = [place / 1000 for place in range(1000)]


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("constant", {0: 1, 0.5: 1, 0.999: 1}),
        ("step", {0: 1, 0.499: 1, 0.5: 0.1, 0.749: 0.1, 0.75: 0.01, 0.999: 0.01}),
        ("exponential", {0: 1, 0.25: 0.1**0.5, 0.5: 0.1, 0.75: 0.1**1.5}),
        ("linear", {0: 1, 0.3: 0.7, 0.999: 0.001, 1.2: 0}),
        ("cosine", {0: 1, 1 / 3: 0.75, 0.5: 0.5, 2 / 3: 0.25}),
        ("one-cycle", {0: 0.04, 0.15: 0.52, 0.3: 1, 0.65: 0.500002}),
    ],
)
def test_a_schedule_has_its_values_at_marked_points(name, points):
    factor = SCHEDULES[name].factor
    assert [factor(progress) for progress in points] == pytest.approx(list(points.values()))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("share", [0, 0.1, 0.5])
def test_no_step_has_more_than_the_learning_rate_or_none_at_all(name, share):
    factors = [warmed_up(SCHEDULES[name].factor, share)(progress) for progress in GRID]
    assert max(factors) <= 1
    assert min(factors) > 0


def test_one_cycle_climbs_to_its_peak_at_three_tenths_and_falls_from_there():
    factors = [one_cycle(progress) for progress in GRID]
    assert factors[:301] == sorted(factors[:301])
    assert factors[300:] == sorted(factors[300:], reverse=True)
    assert factors[300] == 1
    assert one_cycle(1) == pytest.approx(0.04 * 1e-4)


@pytest.mark.parametrize("name", ["exponential", "linear", "cosine"])
def test_a_decay_falls_in_every_step(name):
    factors = [SCHEDULES[name].factor(progress) for progress in GRID]
    assert all(later < earlier for earlier, later in pairwise(factors))


def test_a_warm_up_is_a_straight_climb_from_a_hundredth():
    climbing = warmed_up(constant, 0.2)
    assert [climbing(progress) for progress in (0, 0.05, 0.1, 0.15, 0.2, 0.9)] == pytest.approx(
        [0.01, 0.25, 0.5, 0.75, 1, 1]
    )


@pytest.mark.parametrize("schedule", [cosine, step])
def test_the_whole_course_of_a_schedule_follows_its_warm_up(schedule):
    climbing = warmed_up(schedule, 0.2)
    for progress in (0, 0.25, 0.5, 0.75, 0.99):
        assert climbing(0.2 + 0.8 * progress) == pytest.approx(schedule(progress), abs=1e-9)


def test_no_warm_up_changes_nothing():
    assert warmed_up(cosine, 0) is cosine


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("share", [0, 0.5])
def test_steps_really_have_the_scheduled_rates(name, share, train, recipe_of, onlooker):
    schedule = warmed_up(SCHEDULES[name].factor, share)
    recipe = recipe_of("sgd", epochs=2, batch_size=8, learning_rate=0.05)
    train(replace(recipe, schedule=schedule), watchers=[onlooker])
    expected = [0.05 * schedule(done / 8) for done in range(7)]
    assert onlooker.rates() == pytest.approx(expected, rel=0.02)
