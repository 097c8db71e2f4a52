"""Some training pictures as the network sees them: augmented, centred and scaled, brought back to shades."""

import numpy as np
import torch

from sightline.core.seeding import derived_seed
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.colours import ColourSpace
from sightline.imaging.photo import Pixels
from sightline.line.augmentation.sheet import AugmentedSheet
from sightline.line.prepared import Prepared
from sightline.line.settings.values import Settings
from sightline.training.preflight.inputs import first_read
from sightline.training.preflight.setup import Setup
from sightline.training.samplers import LABEL

PICTURES, VARIANTS = 6, 4
FLAT = 2
"""Dimensions of what a dense layer reads."""
DRAWN: dict[ColourSpace, ColourSpace] = {"grey": "grey", "rgb": "rgb", "hsv": "rgb", "cmyk": "cmyk"}
"""Values that are centred are no hues any more: three channels are drawn as red, green and blue."""


def sheet_of(setup: Setup, prepared: Prepared, settings: Settings) -> AugmentedSheet:
    """Return a sheet of training pictures of all classes in turn, each with some of its variants.

    All are shown as the network's first layer reads them, from the least value, black, to the largest, white.
    """
    amounts, classes = settings.augmentation.amounts(), prepared.catalog.classes
    batch = setup.batch(PICTURES)
    pixels, labels = batch.inputs.cpu(), batch.targets[LABEL].cpu().numpy()
    targets = torch.from_numpy(np.eye(len(classes), dtype=np.float32)[labels])
    changed = [
        Augmentation(amounts)(
            pixels, targets, torch.Generator().manual_seed(derived_seed(settings["seed"], "sheet", number))
        )
        for number in range(VARIANTS if any(amounts.values()) else 0)
    ]
    shown = [pixels, *(variant for variant, _ in changed)]
    read = [_read(setup, each) for each in shown]
    low, high = min(float(each.min()) for each in read), max(float(each.max()) for each in read)
    originals, *variants = (_shades(each, low, high) for each in read)
    return AugmentedSheet(
        classes=classes,
        colours=DRAWN[prepared.preprocess.format.colours],
        originals=originals,
        labels=labels,
        variants=tuple(variants),
        targets=tuple(mixed.numpy() for _, mixed in changed),
        amounts=amounts,
        findings=(),
        remark=f"as the first layer reads them, values from {low:.3g} (drawn black) to {high:.3g} (drawn white)",
    )


def _read(setup: Setup, pixels: torch.Tensor) -> torch.Tensor:
    """Return what the first layer reads of (n, H, W, C) pixels, (n, H, W, C) floats."""
    count, height, width, channels = pixels.shape
    read = first_read(setup, pixels.to(setup.recipe.device)).cpu().float()
    maps = read.reshape(count, channels, height, width) if read.ndim == FLAT else read
    return maps.permute(0, 2, 3, 1)


def _shades(read: torch.Tensor, low: float, high: float) -> Pixels:
    """Return values between two ends as shades from 0 to 255."""
    shades: Pixels = ((read - low) * (255 / max(high - low, 1e-12))).round().to(torch.uint8).numpy()
    return shades
