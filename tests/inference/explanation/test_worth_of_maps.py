from dataclasses import dataclass

import numpy as np
import pytest

from sightline.imaging.picture_format import PictureFormat
from sightline.inference.explanation.agreement import rank_agreement
from sightline.inference.explanation.heat import Heat
from sightline.inference.explanation.perturbation import STEPS, perturbation_curves, random_curves

FORMAT = PictureFormat(16, 16)


@dataclass(frozen=True)
class BrightCorner:
    """Is as sure of day as the upper left corner is bright."""

    classes: tuple[str, ...] = ("day", "night")
    format: PictureFormat = FORMAT
    batch: int = 5

    def probabilities(self, pixels):
        day = pixels[:, :4, :4].mean(axis=(1, 2, 3)) / 255
        return np.stack([day, 1 - day], axis=1).astype(np.float32)


@pytest.fixture
def noon():
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:4, :4] = 255
    return pixels


def heat_at(*cells, label="day"):
    grid = np.zeros((4, 4), np.float32)
    for cell in cells:
        grid[cell] = 1
    return Heat(label, grid, 1.0, None, FORMAT)


def test_a_map_that_knows_the_place_takes_the_answer_away_at_once_and_gives_it_back_at_once(noon):
    curves = perturbation_curves(BrightCorner(), noon, heat_at((0, 0)))
    assert curves.deletion[0] == curves.insertion[-1] == 1
    assert curves.deletion[3] < 0.2  # three sixteenths of the pixels hide the corner
    assert curves.insertion[3] > 0.9
    wrong = perturbation_curves(BrightCorner(), noon, Heat("day", -heat_at((0, 0)).grid, 1.0, None, FORMAT))
    chance = random_curves(BrightCorner(), noon, heat_at((0, 0)), seed=0)
    assert curves.deletion_area < chance.deletion_area < wrong.deletion_area
    assert wrong.insertion_area < chance.insertion_area < curves.insertion_area


def test_the_areas_are_those_of_trapezia(noon):
    curves = perturbation_curves(BrightCorner(), noon, heat_at((0, 0)))
    expected = sum(
        (left + right) / 2 / STEPS for left, right in zip(curves.deletion, curves.deletion[1:], strict=False)
    )
    assert curves.deletion_area == pytest.approx(expected)
    assert curves.as_json()["deletion_area"] == curves.deletion_area


def test_what_is_random_depends_on_the_seed_alone(noon):
    first, again, other = (random_curves(BrightCorner(), noon, heat_at((0, 0)), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.deletion, again.deletion)
    assert np.abs(first.deletion - other.deletion).max() > 0


def test_maps_of_the_same_places_agree_whatever_their_sign_and_a_blank_one_agrees_with_none():
    grid = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    one, turned, other, blank = (
        Heat("day", values, 1.0, None, FORMAT)
        for values in (grid, -3 * grid, np.random.default_rng(1).normal(size=(8, 8)).astype(np.float32), 0 * grid)
    )
    assert rank_agreement(one, turned) == pytest.approx(1)
    assert abs(rank_agreement(one, other)) < 0.4
    assert rank_agreement(one, blank) == 0
    with pytest.raises(ValueError, match="one shape"):
        rank_agreement(one, heat_at((0, 0)))
