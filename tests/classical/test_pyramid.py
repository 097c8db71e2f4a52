import numpy as np
import pytest
import torch

from sightline.classical import pyramid
from sightline.classical.pyramid import Regions
from sightline.core.errors import SettingsError


def scattered(count, seed=0):
    return np.random.default_rng(seed).uniform(0.001, 0.999, (count, 2))


def summed(patches):
    return patches.sum(dim=1)


@pytest.mark.parametrize("most", [4096, 20, 3, 1], ids=["all", "two pictures", "three patches", "one patch"])
def test_every_region_adds_up_its_own_patches_however_many_are_pooled_at_once(most, monkeypatch):
    monkeypatch.setattr(pyramid, "ROWS", most)
    positions, local = scattered(50), torch.randn((5, 50, 3), generator=torch.Generator().manual_seed(0))
    pooled = []

    def noted(patches):
        pooled.append(patches.shape[:2].numel())
        return summed(patches)

    sums = Regions(positions, ("1", "2", "3x1"), "none")(local, noted, width=3)
    assert max(pooled) <= most
    expected = []
    for rows, columns in ((1, 1), (2, 2), (3, 1)):
        for row in range(rows):
            for column in range(columns):
                y, x = positions.T
                inside = (row <= y * rows) & (y * rows < row + 1) & (column <= x * columns) & (x * columns < column + 1)
                expected.append(local[:, inside].sum(dim=1))
    assert sums.shape == (5, 8, 3)
    torch.testing.assert_close(sums, torch.stack(expected, dim=1))


def test_a_patch_on_a_border_belongs_below_and_to_the_right():
    sums = Regions(np.array([[0.5, 0.5]]), ("2",), "none")(torch.ones((1, 1, 1)), summed, width=1)
    assert sums.flatten().tolist() == [0, 0, 0, 1]


def test_sums_may_have_any_shape_and_regions_without_patches_have_zeros():
    regions = Regions(np.array([[0.1, 0.1], [0.9, 0.9]]), ("4",), "none")
    sums = regions(torch.ones((3, 2, 5)), lambda patches: patches.mT @ patches, width=1)
    assert sums.shape == (3, regions.count, 5, 5)
    assert sums.sum(dim=(0, 2, 3)).nonzero().flatten().tolist() == [0, 15]


def test_weighed_pyramids_intersect_as_the_pyramid_match_kernel_says():
    sides, words = (1, 2, 4), 5
    chance = np.random.default_rng(0)
    drawn = [(scattered(40, seed), chance.integers(0, words, 40)) for seed in (1, 2)]
    pyramids = []
    for positions, word in drawn:
        regions = Regions(positions, [str(side) for side in sides], "match")
        chosen = torch.eye(words)[torch.from_numpy(word)][None]
        pyramids.append(regions(chosen, summed, width=words)[0] * regions.weights)
    matches = [
        sum(
            min(
                sum(1 for (y, x), w in zip(*picture, strict=True) if (int(y * side), int(x * side), w) == place)
                for picture in drawn
            )
            for place in np.ndindex(side, side, words)
        )
        for side in sides
    ]
    kernel = matches[2] + (matches[1] - matches[2]) / 2 + (matches[0] - matches[1]) / 4
    assert torch.minimum(*pyramids).sum().item() == pytest.approx(kernel, rel=1e-6)


def test_a_level_weighs_by_its_longer_side():
    assert Regions(scattered(9), ("1", "3x1", "4"), "match").weights.unique().tolist() == [0.25, 0.375, 0.5]
    assert Regions(scattered(9), ("1", "1x4"), "match").weights.tolist() == [[0.25], *[[0.5]] * 4]
    assert Regions(scattered(9), ("1",), "match").weights.tolist() == [[1]]
    assert Regions(scattered(9), ("1", "2"), "none").weights.tolist() == [[1]] * 5


@pytest.mark.parametrize("level", ["0", "17", "2x", "x2", "-1", "2x0", "0x2", "two", "", "1,2", "3x3x3", " 2"])
def test_a_level_that_can_not_be_read_is_told(level):
    with pytest.raises(SettingsError, match="can't be read") as caught:
        Regions(scattered(9), ("1", level), "none")
    assert repr(level) in caught.value.problem
    assert "3x1" in caught.value.hint


@pytest.mark.parametrize(("pyramid", "weights"), [((), "none"), (("1",), "heavy")])
def test_no_level_or_unknown_weights_make_no_pyramid(pyramid, weights):
    with pytest.raises(SettingsError, match="makes no pyramid"):
        Regions(scattered(9), pyramid, weights)
