"""Damage that pictures meet outside a data set, in five strengths; this table is all that its name can mean.

The levels are those of the paper for pictures of 224 pixels, but for the Gaussian blur, which begins at 2 pixels and
not at 1. Lengths are shares of the shorter side, so that a picture of any size is damaged alike: a blur of 3 pixels at
224 is one of 0.43 at 32. JPEG and coarse pixels alone go by pixels, as in the paper. NumPy and Pillow are enough. Of
the paper's fifteen kinds, glass blur, snow, frost and the elastic transform are not here; darkness, saturation and
rotation are added.

Reference:
    D. Hendrycks, T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
    ICLR 2019. https://arxiv.org/abs/1903.12261
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.imaging.corruptions import blur, digital, light, noise

STRENGTHS = (1, 2, 3, 4, 5)

Floats = npt.NDArray[np.float64]
Change = Callable[[Floats, Any, np.random.Generator], Floats]


@dataclass(frozen=True)
class CorruptionEntry:
    """One kind of damage.

    Args:
        family: ``"noise"``, ``"blur"``, ``"light"`` or ``"digital"``.
        line: What it does, in one line.
        change: From (H, W, C) float64 in 0 to 1, a level and a generator to the same shape.
        levels: The level of each of the five strengths.
    """

    family: str
    line: str
    change: Change
    levels: tuple[Any, Any, Any, Any, Any]


CORRUPTIONS: dict[str, CorruptionEntry] = {
    "gaussian-noise": CorruptionEntry(
        "noise", "a sensor in poor light: noise of one deviation", noise.gaussian, (0.08, 0.12, 0.18, 0.26, 0.38)
    ),
    "shot-noise": CorruptionEntry("noise", "few photons: Poisson noise", noise.shot, (60, 25, 12, 5, 3)),
    "impulse-noise": CorruptionEntry(
        "noise", "a share of the values becomes black or white", noise.impulse, (0.03, 0.06, 0.09, 0.17, 0.27)
    ),
    "gaussian-blur": CorruptionEntry(
        "blur", "a soft lens: a Gaussian", blur.gaussian, (2 / 224, 3 / 224, 4 / 224, 5 / 224, 6 / 224)
    ),
    "defocus-blur": CorruptionEntry(
        "blur", "out of focus: a disc", blur.defocus, (3 / 224, 4 / 224, 6 / 224, 8 / 224, 10 / 224)
    ),
    "motion-blur": CorruptionEntry(
        "blur",
        "a moved camera: a line of any direction",
        blur.motion,
        (10 / 224, 15 / 224, 20 / 224, 25 / 224, 30 / 224),
    ),
    "zoom-blur": CorruptionEntry("blur", "a camera that comes nearer", blur.zoom, (1.11, 1.16, 1.21, 1.26, 1.31)),
    "brightness": CorruptionEntry("light", "brighter by a part of the range", light.shift, (0.1, 0.2, 0.3, 0.4, 0.5)),
    "darkness": CorruptionEntry("light", "darker by a part of the range", light.shift, (-0.1, -0.2, -0.3, -0.4, -0.5)),
    "contrast": CorruptionEntry(
        "light", "differences from the mean shrink to a share", light.contrast, (0.4, 0.3, 0.2, 0.1, 0.05)
    ),
    "saturation": CorruptionEntry(
        "light", "colours fade to grey, or become stronger", light.saturation, (0.3, 0.1, 2.0, 5.0, 20.0)
    ),
    "fog": CorruptionEntry("light", "a cloud of light that pales the picture", light.fog, (1.5, 2.0, 2.5, 2.5, 3.0)),
    "jpeg": CorruptionEntry("digital", "saved as a JPEG of low quality", digital.jpeg, (25, 18, 15, 10, 7)),
    "pixelate": CorruptionEntry(
        "digital", "reduced to a share of its size, and enlarged again", digital.pixelate, (0.6, 0.5, 0.4, 0.3, 0.25)
    ),
    "rotation": CorruptionEntry(
        "digital", "turned by so many degrees, to either side", digital.rotation, (5, 10, 15, 20, 30)
    ),
}
"""Each kind by its name."""


def corrupted(pixels: npt.NDArray[np.uint8], name: str, strength: int, *, seed: int) -> npt.NDArray[np.uint8]:
    """Damage a picture; the same seed gives the same bits.

    Args:
        pixels: (H, W, 3) or (H, W, 1) uint8, red, green and blue or grey.
        name: A name in `CORRUPTIONS`.
        strength: 1 to 5, from slight to severe.
        seed: Of what is left to chance in it.

    Example:
        >>> corrupted(np.full((4, 4, 1), 100, np.uint8), "brightness", 1, seed=0)[0, 0]
        array([126], dtype=uint8)
    """
    entry = CORRUPTIONS[name]
    generator = np.random.default_rng(seed)
    changed = entry.change(pixels / 255.0, entry.levels[strength - 1], generator)
    return np.rint(np.clip(changed, 0, 1) * 255).astype(np.uint8)
