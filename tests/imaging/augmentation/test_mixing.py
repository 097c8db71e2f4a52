import numpy as np
import pytest
import torch

from sightline.imaging.augmentation.mixing import beta, cut_mix, cut_out, mix_up, windows
from sightline.imaging.augmentation.policy import Augmentation


def flat(*values, side=10):
    """Return one-coloured pictures."""
    return torch.tensor(values, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, side, side, 3).contiguous()


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_window_inside_has_its_size_and_one_at_the_corner_a_quarter():
    masks = windows(9, 9, sizes=torch.tensor([[4, 2], [4, 4]]), centres=torch.tensor([[4, 4], [0, 0]]),
                    device=torch.device("cpu"))  # fmt: skip
    assert masks.sum(dim=(1, 2)).tolist() == [8, 4]
    assert masks[1, :2, :2].all()


def test_cutout_covers_one_window_with_the_mean_colour():
    pixels = torch.randint(0, 100, (200, 16, 16, 3), dtype=torch.uint8)
    pixels[:, :, :, 0] += 155
    covered = cut_out(pixels, 0.25, chance())
    areas = []
    for picture, before in zip(covered.numpy(), pixels.numpy(), strict=True):
        rows, columns = np.nonzero((picture != before).any(axis=2))
        window = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        np.testing.assert_array_equal(window, np.broadcast_to(np.rint(before.mean(axis=(0, 1))), window.shape))
        areas.append(window.shape[0] * window.shape[1])
    assert max(areas) == 16
    assert min(areas) < 12


def test_mixup_blends_pictures_and_targets_by_the_same_share():
    shares, partners = torch.tensor([0.75, 0.5, 1.0]), torch.tensor([1, 2, 0])
    pixels, targets = mix_up(flat(0, 100, 201), torch.eye(3), shares=shares, partners=partners)
    assert pixels[:, 0, 0, 0].tolist() == [25, 150, 201]
    np.testing.assert_allclose(targets, [[0.75, 0.25, 0], [0, 0.5, 0.5], [0, 0, 1]])


def test_cutmix_pastes_a_window_and_weighs_targets_by_its_real_area():
    shares, partners = torch.tensor([0.75, 0.75, 0.0]), torch.tensor([1, 2, 0])
    centres = torch.tensor([[5, 5], [0, 0], [5, 5]])
    pixels, targets = cut_mix(flat(10, 20, 30), torch.eye(3), shares=shares, centres=centres, partners=partners)
    pasted = [(pixels[row, :, :, 0] == value).float().mean().item() for row, value in enumerate((20, 30, 10))]
    np.testing.assert_allclose(pasted, [0.25, 3 * 3 / 100, 1])
    np.testing.assert_allclose(targets, [[0.75, 0.25, 0], [0, 0.91, 0.09], [1, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
@pytest.mark.parametrize("seed", range(5))
def test_mixed_targets_add_up_to_one_and_tell_the_share_of_each_picture(name, seed):
    values = (0, 60, 120, 250)
    pixels, targets = Augmentation({name: 1})(flat(*values, side=32), torch.eye(4), chance(seed))
    np.testing.assert_allclose(targets.sum(dim=1), 1, atol=1e-6)
    np.testing.assert_allclose(pixels.float().mean(dim=(1, 2, 3)), targets @ torch.tensor(values).float(), atol=0.51)
    assert (targets > 0).sum() > 4


def test_mixup_and_cutmix_take_turns_batch_by_batch():
    both = Augmentation({"mixup": 1, "cutmix": 1})
    kinds = set()
    for seed in range(20):
        pixels, _ = both(flat(0, 200), torch.eye(2), chance(seed))
        kinds.add("mixup" if len(set(pixels.unique().tolist()) - {0, 200}) else "cutmix")
    assert kinds == {"mixup", "cutmix"}


def test_a_batch_of_one_mixes_with_itself():
    pixels, targets = Augmentation({"mixup": 1})(flat(77), torch.ones(1, 1), chance())
    assert pixels.unique().tolist() == [77]
    assert targets.tolist() == [[1]]


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_shares_have_the_spread_of_the_beta_distribution(alpha):
    shares = beta(alpha, 20_000, chance())
    assert shares.mean().item() == pytest.approx(0.5, abs=0.01)
    assert shares.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)
