"""AlexNet."""

from collections import OrderedDict

from torch import nn

from sightline.models import is_small
from sightline.models.changes.blocks import begins
from sightline.models.measures.arithmetic import output_size

SMALL_WIDTH = 512


def alexnet(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return AlexNet: an 11x11 first filter with stride 4, five convolutions, three dense layers, ReLU and dropout.

    It is the one-column version of the second paper, which published weights are of: no local response
    normalisation, and 64, 192, 384, 256 and 256 filters. 61,100,840 parameters at 3 channels and 1,000 classes.

    A small picture gets its author's stem for 32x32 pictures instead: a 5x5 filter with stride 1. The other
    convolutions and pools are the same; the dense layers are 512 wide, for their input is a few numbers only.

    Args:
        shape: (H, W, C) of the input, at least 15x15; the paper's is 224x224x3.

    Reference:
        Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks" (2012),
        https://papers.nips.cc/paper/4824; Krizhevsky, "One weird trick for parallelizing convolutional neural
        networks" (2014), https://arxiv.org/abs/1404.5997; the small stem: Krizhevsky, "cuda-convnet" (2011),
        https://code.google.com/archive/p/cuda-convnet/
    """
    height, width, channels = shape
    if is_small(height, width):
        first = nn.Conv2d(channels, 64, 5, padding=2)
        pooled: nn.Module = nn.Identity()
        dense, flat = SMALL_WIDTH, 256 * _after_pools(height) * _after_pools(width)
    else:
        first = nn.Conv2d(channels, 64, 11, stride=4, padding=2)
        pooled = nn.AdaptiveAvgPool2d(6)  # any larger picture meets the same dense layers
        dense, flat = 4096, 256 * 6 * 6
    return nn.Sequential(
        OrderedDict(
            features=_features(first),
            avgpool=pooled,
            flatten=nn.Flatten(),
            classifier=_classifier(flat, dense, classes),
        ),
    )


def _features(first: nn.Conv2d) -> nn.Sequential:
    """Return the convolutions and pools; their places are the numbers in published weights."""
    return nn.Sequential(
        begins("conv1", first),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        begins("conv2", nn.Conv2d(64, 192, 5, padding=2)),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        begins("conv3", nn.Conv2d(192, 384, 3, padding=1)),
        nn.ReLU(),
        begins("conv4", nn.Conv2d(384, 256, 3, padding=1)),
        nn.ReLU(),
        begins("conv5", nn.Conv2d(256, 256, 3, padding=1)),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
    )


def _classifier(flat: int, width: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(0.5),
        begins("dense1", nn.Linear(flat, width)),
        nn.ReLU(),
        nn.Dropout(0.5),
        begins("dense2", nn.Linear(width, width)),
        nn.ReLU(),
        begins("head", nn.Linear(width, classes)),
    )


def _after_pools(side: int) -> int:
    """Return a small picture's side after the three pools."""
    for pool in ("pool 1", "pool 2", "pool 3"):
        side = output_size(side, kernel=3, stride=2, layer=pool)
    return side
