import numpy as np
import pytest
import torch

from sightline.classical.encoders.bag import Bag
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError


def test_hard_shares_are_counted_word_by_word_and_region_by_region(encoder_of, positions, local):
    bag = encoder_of("bag", pyramid=("1", "2"))
    histogram = np.zeros((5, 5))
    for (y, x), patch in zip(positions, local[0], strict=True):
        if patch.any():
            word = np.linalg.norm(bag.centres - patch, axis=1).argmin()
            histogram[0, word] += 1
            histogram[1 + int(y * 2) * 2 + int(x * 2), word] += 1
    np.testing.assert_allclose(bag(local)[0].reshape(5, 5), histogram / 28, atol=1e-6)


def test_soft_shares_fall_with_the_squared_distance(encoder_of, local):
    bag = encoder_of("bag", assignment="soft")
    kernels = (-bag.beta * torch.cdist(local[1:2], bag.centres[None]) ** 2).exp()
    expected = (kernels / kernels.sum(dim=2, keepdim=True)).mean(dim=1)
    torch.testing.assert_close(bag(local[1:2]), expected, atol=1e-5, rtol=1e-4)


def test_beta_is_one_over_the_mean_lead_of_the_nearest_word(encoder_of, sample_of):
    bag = encoder_of("bag", assignment="soft")
    squares = (torch.cdist(torch.from_numpy(sample_of(600)), bag.centres) ** 2).sort(dim=1).values
    assert bag.beta.item() == pytest.approx(1 / (squares[:, 1] - squares[:, 0]).mean().item(), rel=1e-4)


@pytest.mark.parametrize("assignment", ["hard", "soft"])
def test_every_grid_of_regions_sums_up_to_one(encoder_of, local, assignment):
    grids = encoder_of("bag", pyramid=("1", "2", "3x1"), assignment=assignment)(local).split([5, 20, 15], dim=1)
    for grid in grids:
        torch.testing.assert_close(grid.sum(dim=1), torch.tensor([1.0, 1.0, 0.0]))


def test_match_weighs_the_regions(encoder_of, local):
    plain, weighed = (encoder_of("bag", pyramid=("1", "4"), pyramid_weights=weights) for weights in ("none", "match"))
    factors = torch.tensor([0.25] * 5 + [0.5] * 80)
    torch.testing.assert_close(weighed(local), plain(local) * factors)


def test_an_unknown_assignment_is_told(positions):
    with pytest.raises(SettingsError, match="'fuzzy'"):
        Bag(positions, 8, Plan(("sift",), assignment="fuzzy"))
