import numpy as np
import pytest
import torch

from sightline.classical.descriptors.grid import Grid, sums_in_cells
from sightline.classical.descriptors.hog import Hog
from sightline.classical.descriptors.lbp import Lbp
from sightline.classical.descriptors.patches import Patches
from sightline.classical.descriptors.sift import Sift
from sightline.classical.descriptors.surf import Surf
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError

MIDDLES = {
    Sift: [8, 12, 16, 20, 24],
    Surf: [8, 12, 16, 20, 24],
    Hog: [4, 8, 12, 16, 20, 24, 28],
    Lbp: [2, 6, 10, 14, 18, 22, 26, 30],
    Patches: [3, 7, 11, 15, 19, 23, 27],
}


@pytest.mark.parametrize(("descriptor", "middles"), MIDDLES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_positions_of_a_grid_on_32_pixels_are_exact(descriptor, middles):
    positions = descriptor((32, 32, 3), Plan(("patches",), cell=4, stride=4, patch=6)).positions
    np.testing.assert_array_equal(positions, [(row / 32, column / 32) for row in middles for column in middles])


def test_positions_are_shares_of_height_and_width_each():
    grid = Grid((20, 40, 3), 10, 10, "a grid")
    np.testing.assert_array_equal(
        grid.positions, [(row, column) for row in (0.25, 0.75) for column in (0.125, 0.375, 0.625, 0.875)]
    )


def test_the_patches_of_a_larger_scale_follow_those_of_the_smaller():
    positions = Sift((32, 32, 3), Plan(("sift",), cell=4, stride=4, scales=(1.0, 2.0))).positions
    assert len(positions) == 25 + 1
    assert positions[-1].tolist() == [0.5, 0.5]


def test_a_grid_that_does_not_fit_says_what_would():
    with pytest.raises(SettingsError, match="hog with cell=8 needs pictures of at least 16x16 pixels") as caught:
        Hog((12, 12, 3), Plan(("hog",), cell=8))
    assert caught.value.problem.endswith("these have 12x12")
    assert caught.value.hint.startswith("set size=16 or larger")


def test_sums_in_cells_are_weighted_sums_over_windows():
    grid = Grid((11, 14, 1), 8, 3, "a grid")
    maps = torch.arange(2 * 3 * 11 * 14.0).reshape(2, 3, 11, 14)

    def box(offsets, middles):
        return (np.abs(offsets - middles) < 0.5).astype(float)

    rows = grid.weights(grid.tops, np.arange(11) + 0.5, box)
    columns = grid.weights(grid.lefts, np.arange(14) + 0.5, box)
    expected = [
        [maps[:, k, top + y : top + y + 2, left + x : left + x + 2].sum((1, 2)) for y in range(0, 8, 2)
         for x in range(0, 8, 2) for k in range(3)]
        for top in (0, 3) for left in (0, 3, 6)
    ]  # fmt: skip
    expected = torch.stack([torch.stack(numbers) for numbers in expected])  # (G, 16 M, N)
    torch.testing.assert_close(sums_in_cells(rows, maps, columns), expected.permute(2, 0, 1))
