import subprocess
import sys

import numpy as np
import pytest
import torch

from sightline.core.errors import SettingsError
from sightline.imaging.augmentation import AUGMENTATIONS, require_colours
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.augmentation.settings import AugmentSettings

NAMES = (
    "flip_horizontal", "flip_vertical", "shift", "rotation", "zoom", "crop", "brightness", "contrast",
    "gamma", "saturation", "hue", "blur", "noise", "cutout", "mixup", "cutmix",
)  # fmt: skip
ONLY_BY_NAME = ("flip_vertical", "mixup", "cutmix")
FOR_COLOURS = ("saturation", "hue")


def photos(count=6, *, shape=(48, 56, 3)):
    """Return smooth coloured pictures with some grain, no two alike and none symmetric."""
    generator = np.random.default_rng(0)
    coarse = torch.from_numpy(generator.uniform(20, 235, (count, shape[2], 4, 5)).astype(np.float32))
    fine = torch.nn.functional.interpolate(coarse, size=shape[:2], mode="bilinear", align_corners=False)
    grain = torch.from_numpy(generator.uniform(-20, 20, fine.shape).astype(np.float32))
    return (fine + grain).permute(0, 2, 3, 1).to(torch.uint8).contiguous()


def one_hot(count):
    return torch.eye(count)


def run(amounts, pixels, *, seed=0, targets=None):
    targets = one_hot(len(pixels)) if targets is None else targets
    return Augmentation(amounts)(pixels, targets, torch.Generator().manual_seed(seed))


def everything():
    return AugmentSettings(augment=1, flip_vertical=0.5, mixup=0.5, cutmix=0.5).amounts()


def test_the_table_holds_what_the_settings_are_called():
    assert tuple(AUGMENTATIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_standard_amount_lies_within_its_limits_and_the_entry_tells_its_source(name):
    entry = AUGMENTATIONS[name]
    assert entry.limits[0] == 0 <= entry.standard < entry.limits[1]
    assert entry.line
    assert entry.reference
    assert (entry.standard == 0) == (name in ONLY_BY_NAME)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strength", ["standard", "most"])
def test_each_change_alone_changes_pictures_and_keeps_their_shape(name, strength):
    entry = AUGMENTATIONS[name]
    amount = entry.limits[1] if strength == "most" else entry.standard or 0.5
    pixels = photos()
    before = pixels.clone()
    changed, targets = run({name: amount}, pixels)
    assert (changed.shape, changed.dtype, changed.is_contiguous()) == (pixels.shape, torch.uint8, True)
    assert not torch.equal(changed, pixels)
    assert torch.equal(pixels, before)
    assert torch.equal(targets, one_hot(6)) == (name not in ("mixup", "cutmix"))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(name):
    amount = AUGMENTATIONS[name].standard or 0.5
    pixels = photos(16)
    first, again, other = (run({name: amount}, pixels, seed=seed) for seed in (3, 3, 4))
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("mixup", "cutmix")])
def test_the_pictures_of_a_batch_are_changed_in_different_ways(name):
    pixels = photos(1).expand(16, -1, -1, -1)
    changed, _ = run({name: AUGMENTATIONS[name].standard or 0.5}, pixels)
    assert len({picture.numpy().tobytes() for picture in changed}) > 1


def test_zero_leaves_every_bit():
    pixels = photos()
    changed, targets = run(AugmentSettings().amounts(), pixels)
    assert torch.equal(changed, pixels)
    assert torch.equal(targets, one_hot(6))


@pytest.mark.parametrize(
    "shape", [(1, 1, 1, 3), (1, 20, 28, 3), (5, 1, 1, 1), (2, 1, 9, 3), (3, 40, 7, 1), (2, 8, 8, 4), (0, 8, 8, 3)]
)
def test_everything_at_once_works_on_any_shape(shape):
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8)
    changed, targets = run(everything(), pixels, targets=torch.ones(shape[0], 1))
    assert (changed.shape, changed.dtype) == (shape, torch.uint8)
    assert torch.allclose(targets, torch.ones(shape[0], 1))


def test_everything_at_most_works_on_a_large_picture():
    amounts = {name: entry.limits[1] for name, entry in AUGMENTATIONS.items()}
    changed, _ = run(amounts, photos(2, shape=(300, 500, 3)))
    assert changed.shape == (2, 300, 500, 3)


@pytest.mark.parametrize("name", NAMES)
def test_grey_pictures_are_changed_too_except_in_their_colours(name):
    pixels = photos(shape=(48, 56, 1))
    changed, _ = run({name: AUGMENTATIONS[name].standard or 0.5}, pixels)
    assert changed.shape == pixels.shape
    assert torch.equal(changed, pixels) == (name in FOR_COLOURS)


@pytest.mark.parametrize("count", [1, 7])
def test_a_deterministic_training_may_use_all_of_it(count):
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        run(everything(), photos(count))
    finally:
        torch.use_deterministic_algorithms(before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("name", NAMES)
def test_a_seed_means_the_same_on_a_gpu(name):
    amounts, pixels = {name: AUGMENTATIONS[name].standard or 0.5}, photos()
    here, targets = run(amounts, pixels)
    there, targets_there = run(amounts, pixels.cuda(), targets=one_hot(6).cuda())
    assert there.is_cuda
    assert (there.cpu().int() - here.int()).abs().max() <= 1
    assert torch.allclose(targets_there.cpu(), targets)


def test_pictures_keep_their_lightness_on_average():
    pixels = photos(256, shape=(16, 16, 3))
    changed, _ = run(AugmentSettings(augment=1).amounts(), pixels)
    assert changed.float().mean().item() == pytest.approx(pixels.float().mean().item(), abs=4)


def test_strength_scales_what_is_not_given_singly():
    amounts = AugmentSettings(augment=0.5, rotation=30, hue=0).amounts()
    assert amounts["rotation"] == 30
    assert amounts["hue"] == 0
    assert amounts["zoom"] == 0.5 * AUGMENTATIONS["zoom"].standard
    assert tuple(amounts) == NAMES


def test_all_impossible_amounts_are_told_at_once():
    with pytest.raises(SettingsError) as told:
        AugmentSettings(augment=2, rotation=-1, noise=float("nan"), zoom=0.1)
    assert "augment = 2; rotation = -1" in told.value.problem
    assert told.value.hint.startswith("expected 0 or more and at most 1; expected 0 or more and at most 180, ")
    assert "noise = nan" in told.value.problem
    assert "zoom" not in told.value.problem


def test_an_unknown_change_is_told_with_the_nearest_name():
    with pytest.raises(SettingsError, match="rotation"):
        Augmentation({"rotatoin": 10})


@pytest.mark.parametrize("colours", ["hsv", "cmyk"])
def test_colours_that_are_no_lightness_may_be_moved_and_not_computed_with(colours):
    require_colours(AugmentSettings(flip_horizontal=0.5, crop=0.1, cutmix=1).amounts(), colours)
    with pytest.raises(SettingsError, match=r"rotation.*\n.*rotation=0"):
        require_colours(AugmentSettings(rotation=5).amounts(), colours)


@pytest.mark.parametrize("colours", ["rgb", "grey"])
def test_everything_fits_light(colours):
    require_colours(everything(), colours)


@pytest.mark.parametrize("name", [name for name in NAMES if AUGMENTATIONS[name].any_colours])
def test_what_fits_any_colours_makes_no_new_value(name):
    pixels = photos()
    changed, _ = run({name: AUGMENTATIONS[name].standard or 0.5}, pixels)
    known = {tuple(pixel) for pixel in pixels.reshape(-1, 3).tolist()}
    assert {tuple(pixel) for pixel in changed.reshape(-1, 3).tolist()} <= known


def test_the_table_is_read_without_torch():
    code = "import sys, sightline.imaging.augmentation; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    assert told.stdout == "False\n"
