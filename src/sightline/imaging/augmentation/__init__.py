"""What a batch of training pictures can go through, so that no epoch sees the same pictures twice.

This table is all that a name can mean. Importing this package does not import torch; the batches are
changed by `sightline.imaging.augmentation.policy.Augmentation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sightline.core.errors import SettingsError
from sightline.imaging.colours import ColourSpace


@dataclass(frozen=True)
class AugmentationEntry:
    """One way to change a picture.

    Args:
        line: What it does and what its amount is, with the unit.
        standard: The amount that strength 1 stands for; 0 for what is only wanted when it is named.
        limits: The least and the most amount.
        reference: Authors, title and year of its source.
        any_colours: Whether it only moves whole pixels, and so fits any colour space; the others
            compute with values, which means nothing where a value is an angle (hsv) or an ink (cmyk).
    """

    line: str
    standard: float
    limits: tuple[float, float]
    reference: str
    any_colours: bool = False


PHOTOS_KEEP_THEIR_CLASS = (
    "Krizhevsky, Sutskever and Hinton, 'ImageNet classification with deep CNNs' (2012), section 4.1"
)
JITTER = "Howard, 'Some improvements on deep CNN based image classification', arXiv 1312.5402 (2013)"
AFFINE = "Simard, Steinkraus and Platt, 'Best practices for CNNs applied to visual document analysis' (2003)"
MATRICES = "Haeberli, 'Matrix operations for image processing' (1993), http://graficaobscura.com/matrix/"

AUGMENTATIONS: dict[str, AugmentationEntry] = {
    "flip_horizontal": AugmentationEntry(
        line="mirror left and right, with this probability",
        standard=0.5,
        limits=(0, 1),
        reference=PHOTOS_KEEP_THEIR_CLASS,
        any_colours=True,
    ),
    "flip_vertical": AugmentationEntry(
        line="mirror top and bottom, with this probability",
        standard=0,
        limits=(0, 1),
        reference="Perez and Wang, 'The effectiveness of data augmentation', arXiv 1712.04621 (2017)",
        any_colours=True,
    ),
    "shift": AugmentationEntry(
        line="move by up to this share of the side, by parts of pixels too",
        standard=0.05,
        limits=(0, 0.5),
        reference=AFFINE,
    ),
    "rotation": AugmentationEntry(
        line="turn by up to so many degrees either way",
        standard=10,
        limits=(0, 180),
        reference=AFFINE,
    ),
    "zoom": AugmentationEntry(
        line="enlarge or reduce by up to this share (0.1: from 1/1.1 to 1.1 times)",
        standard=0.1,
        limits=(0, 1),
        reference="Simonyan and Zisserman, 'Very deep convolutional networks', arXiv 1409.1556 (2014), section 3.1",
    ),
    "crop": AugmentationEntry(
        line="pad by this share of the side and cut out a random window of the old size (0.125: 4 pixels of 32)",
        standard=0.125,
        limits=(0, 0.5),
        reference="He, Zhang, Ren and Sun, 'Deep residual learning', arXiv 1512.03385 (2015), section 4.2",
        any_colours=True,
    ),
    "brightness": AugmentationEntry(
        line="add up to this share of the full range either way",
        standard=0.1,
        limits=(0, 1),
        reference=JITTER,
    ),
    "contrast": AugmentationEntry(
        line="stretch about the mean lightness by a factor of 1 plus or minus up to this",
        standard=0.2,
        limits=(0, 1),
        reference=JITTER,
    ),
    "gamma": AugmentationEntry(
        line="expose otherwise: values to a power from 1 / (1 + this) to 1 + this",
        standard=0.2,
        limits=(0, 2),
        reference="Poynton, 'Digital video and HD: algorithms and interfaces' (2012), chapter 27",
    ),
    "saturation": AugmentationEntry(
        line="multiply the distance from grey by 1 plus or minus up to this; grey pictures stay",
        standard=0.2,
        limits=(0, 1),
        reference=MATRICES,
    ),
    "hue": AugmentationEntry(
        line="turn the colours by up to so many degrees either way; grey pictures stay",
        standard=10,
        limits=(0, 180),
        reference=MATRICES,
    ),
    "blur": AugmentationEntry(
        line="blur with a Gaussian of up to this share of the shorter side as its deviation (0.01: 2.2 pixels of 224)",
        standard=0.01,
        limits=(0, 0.05),
        reference="Chen, Kornblith, Norouzi and Hinton, 'SimCLR', arXiv 2002.05709 (2020), appendix A",
    ),
    "noise": AugmentationEntry(
        line="add Gaussian noise of up to this share of the full range as its deviation",
        standard=0.02,
        limits=(0, 0.5),
        reference="Bishop, 'Training with noise is equivalent to Tikhonov regularization' (1995)",
    ),
    "cutout": AugmentationEntry(
        line="cover a window, so many times as high and wide as the picture, with the picture's mean colour",
        standard=0.25,
        limits=(0, 1),
        reference="DeVries and Taylor, 'Improved regularization of CNNs with cutout', arXiv 1708.04552 (2017)",
    ),
    "mixup": AugmentationEntry(
        line="blend with another picture of the batch, targets too; the share is from Beta(this, this)",
        standard=0,
        limits=(0, 10),
        reference="Zhang, Cisse, Dauphin and Lopez-Paz, 'mixup', arXiv 1710.09412 (2018)",
    ),
    "cutmix": AugmentationEntry(
        line="paste a window of another picture of the batch, targets by area; the share is from Beta(this, this)",
        standard=0,
        limits=(0, 10),
        reference="Yun, Han, Oh, Chun, Choe and Yoo, 'CutMix', arXiv 1905.04899 (2019)",
        any_colours=True,
    ),
}
"""Each change by its name."""


def require_colours(amounts: Mapping[str, float], colours: ColourSpace) -> None:
    """Raise if a change would compute with values that are no lightness.

    Raises:
        SettingsError: The colours are hsv or cmyk, and a change does more than move whole pixels.
    """
    if colours in ("rgb", "grey"):
        return
    unfit = [name for name, amount in amounts.items() if amount and not AUGMENTATIONS[name].any_colours]
    if unfit:
        raise SettingsError(
            f"colours = {colours!r} can't be augmented by {', '.join(unfit)}, which compute with lightness",
            hint=f"set colours=rgb, or set {' '.join(f'{name}=0' for name in unfit)}",
        )
