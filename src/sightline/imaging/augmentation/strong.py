"""A strongly altered picture: still of its class to a person, and hardly like itself to a network.

Importing this file does not import torch.
"""

from collections.abc import Mapping

STRONG: Mapping[str, float] = {
    "crop": 0.125,
    "shift": 0.05,
    "rotation": 20,
    "zoom": 0.2,
    "brightness": 0.25,
    "contrast": 0.4,
    "gamma": 0.5,
    "saturation": 0.6,
    "hue": 15,
    "cutout": 0.5,
}
"""The amount of each change, all of which a picture goes through at once.

After RandAugment with cutout, as FixMatch has it; instead of two changes drawn from fourteen, each picture gets some of
every one, which alters a whole batch at a time.

Reference:
    Cubuk, Zoph, Shlens and Le, "RandAugment: practical automated data augmentation with a reduced search space" (2019).
    https://arxiv.org/abs/1909.13719
"""
FLIPS = ("flip_horizontal", "flip_vertical")


def strongly(amounts: Mapping[str, float]) -> dict[str, float]:
    """Return the amounts of strongly altered pictures where others are altered so: flips are as likely as there.

    Args:
        amounts: By the names of `AUGMENTATIONS`.

    Example:
        >>> strongly({"flip_horizontal": 0.5, "mixup": 0.2})["flip_horizontal"]
        0.5
    """
    return {**STRONG, **{name: amounts[name] for name in FLIPS if name in amounts}}


def weakly(amounts: Mapping[str, float]) -> dict[str, float]:
    """Return the amounts of weakly altered pictures where others are altered so: flips, and a crop.

    Args:
        amounts: By the names of `AUGMENTATIONS`.
    """
    return {"crop": STRONG["crop"], **{name: amounts[name] for name in FLIPS if name in amounts}}
