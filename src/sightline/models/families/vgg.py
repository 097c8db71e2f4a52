"""The VGG networks: nothing but 3x3 convolutions, in stages that end with a pool."""

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn

from sightline.models import is_small
from sightline.models.changes.blocks import begins

FILTERS = (64, 128, 256, 512, 512)
DEPTHS = {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions in each of the five stages: the paper's columns A, D and E."""
SMALL_WIDTH = 512


@dataclass(frozen=True)
class _Variant:
    """One of the paper's columns.

    Args:
        depth: Number of layers with weights, a key of `DEPTHS`.
        normalised: Whether batch normalisation follows each convolution.
    """

    depth: int
    normalised: bool


def vgg11(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return VGG-11, column A of the paper's table 1; see `_vgg`."""
    return _vgg(_Variant(11, normalised=False), shape, classes)


def vgg16(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return VGG-16, column D; 138,357,544 parameters at 1,000 classes. See `_vgg`."""
    return _vgg(_Variant(16, normalised=False), shape, classes)


def vgg19(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return VGG-19, column E; 143,667,240 parameters at 1,000 classes. See `_vgg`."""
    return _vgg(_Variant(19, normalised=False), shape, classes)


def vgg11_bn(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return VGG-11 with batch normalisation; see `_vgg`."""
    return _vgg(_Variant(11, normalised=True), shape, classes)


def vgg16_bn(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return VGG-16 with batch normalisation; see `_vgg`."""
    return _vgg(_Variant(16, normalised=True), shape, classes)


def vgg19_bn(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return VGG-19 with batch normalisation; see `_vgg`."""
    return _vgg(_Variant(19, normalised=True), shape, classes)


def _vgg(variant: _Variant, shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return a VGG network.

    A small picture keeps the convolutions, has as many of the five pools as halve it to at least one pixel, and
    a dense layer of 512 in place of two of 4,096.

    Args:
        variant: The column of the paper's table.
        shape: (H, W, C) of the input; the paper's is 224x224x3.

    Reference:
        Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition" (2014), table 1,
        https://arxiv.org/abs/1409.1556; batch normalisation: Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167;
        the small head: Zagoruyko, "92.45% on CIFAR-10 in Torch" (2015), http://torch.ch/blog/2015/07/30/cifar.html
    """
    height, width, channels = shape
    small = is_small(height, width)
    pools = min(len(FILTERS), min(height, width).bit_length() - 1) if small else len(FILTERS)
    network = nn.Sequential(
        OrderedDict(
            features=_features(variant, channels, pools),
            avgpool=nn.AdaptiveAvgPool2d(1 if small else 7),
            flatten=nn.Flatten(),
            classifier=_small_classifier(classes) if small else _classifier(classes),
        ),
    )
    network.apply(_initialise)
    return network


def _features(variant: _Variant, channels: int, pools: int) -> nn.Sequential:
    """Return the five stages in one row; their places are the numbers in published weights."""
    layers: list[nn.Module] = []
    for stage, (filters, depth) in enumerate(zip(FILTERS, DEPTHS[variant.depth], strict=True), start=1):
        for number in range(depth):
            convolution = nn.Conv2d(channels, filters, 3, padding=1)
            layers.append(begins(f"stage{stage}", convolution) if number == 0 else convolution)
            if variant.normalised:
                layers.append(nn.BatchNorm2d(filters))
            layers.append(nn.ReLU())
            channels = filters
        if stage <= pools:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def _classifier(classes: int) -> nn.Sequential:
    return nn.Sequential(
        begins("dense1", nn.Linear(FILTERS[-1] * 7 * 7, 4096)),
        nn.ReLU(),
        nn.Dropout(0.5),
        begins("dense2", nn.Linear(4096, 4096)),
        nn.ReLU(),
        nn.Dropout(0.5),
        begins("head", nn.Linear(4096, classes)),
    )


def _small_classifier(classes: int) -> nn.Sequential:
    return nn.Sequential(
        begins("dense1", nn.Linear(FILTERS[-1], SMALL_WIDTH)),
        nn.ReLU(),
        nn.Dropout(0.5),
        begins("head", nn.Linear(SMALL_WIDTH, classes)),
    )


def _initialise(layer: nn.Module) -> None:
    """Draw first weights that keep the spread of gradients through nineteen layers.

    Reference:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), section 2.2, https://arxiv.org/abs/1502.01852
    """
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(layer.bias)
