"""Some training pictures as the network sees them: at its size, in its colours, and as augmentation changes them."""

import numpy as np
import torch

from sightline.core.seeding import derived_seed
from sightline.imaging.augmentation.policy import Augmentation
from sightline.line.augmentation.sheet import AugmentedSheet
from sightline.line.prepared import Prepared
from sightline.line.settings.values import Settings
from sightline.training.preflight.setup import Setup
from sightline.training.samplers import LABEL

PICTURES, VARIANTS = 6, 4


def sheet_of(setup: Setup, prepared: Prepared, settings: Settings) -> AugmentedSheet:
    """Return a sheet of training pictures of all classes in turn, each with some of its variants."""
    amounts, classes = settings.augmentation.amounts(), prepared.catalog.classes
    batch = setup.batch(PICTURES)
    labels = batch.targets[LABEL].numpy()
    targets = torch.from_numpy(np.eye(len(classes), dtype=np.float32)[labels])
    changed = [
        Augmentation(amounts)(
            batch.inputs, targets, torch.Generator().manual_seed(derived_seed(settings["seed"], "sheet", number))
        )
        for number in range(VARIANTS if any(amounts.values()) else 0)
    ]
    return AugmentedSheet(
        classes=classes,
        colours=prepared.preprocess.format.colours,
        originals=batch.inputs.numpy(),
        labels=labels,
        variants=tuple(pixels.numpy() for pixels, _ in changed),
        targets=tuple(mixed.numpy() for _, mixed in changed),
        amounts=amounts,
        findings=(),
    )
