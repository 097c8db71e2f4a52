"""SqueezeNet: few parameters, by squeezing channels before each 3x3 convolution and by a head that is a convolution."""

from collections import OrderedDict

import torch
from torch import nn

from sightline.models import is_small
from sightline.models.changes.blocks import begins
from sightline.models.changes.heads import Head, head

WIDEST = 512
"""Channels that the head reads."""


class Fire(nn.Module):
    """A 1x1 convolution to few channels, then 1x1 and 3x3 convolutions side by side.

    Args:
        before: Channels of the input.
        squeezed: Channels that the first convolution leaves, fewer than come in.
        expanded: Channels of either of the two convolutions side by side.
    """

    def __init__(self, before: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeezed, 1)
        self.squeeze_activation = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand1x1_activation = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)
        self.expand3x3_activation = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, 2 expanded, H, W) of (N, before, H, W)."""
        squeezed = self.squeeze_activation(self.squeeze(x))
        narrow = self.expand1x1_activation(self.expand1x1(squeezed))
        wide = self.expand3x3_activation(self.expand3x3(squeezed))
        return torch.cat([narrow, wide], dim=1)


def squeezenet1_1(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return SqueezeNet 1.1; 1,235,496 parameters at 3 channels and 1,000 classes.

    It is its authors' second release, with 2.4 times less work than the paper's at the same accuracy.

    A small picture gets a first filter with stride 1 and goes without the first pool; no weight has another shape for
    that, so published weights fit every size.

    Args:
        shape: (H, W, C) of the input, at least 4x4; the paper's is 227x227x3, published weights read 224x224x3.

    Reference:
        Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer, "SqueezeNet: AlexNet-level accuracy with 50x fewer
        parameters and <0.5MB model size" (2016), https://arxiv.org/abs/1602.07360; version 1.1:
        https://github.com/forresti/SqueezeNet/tree/master/SqueezeNet_v1.1; the small stem: He, Zhang, Ren and Sun,
        "Deep residual learning for image recognition" (2015), section 4.2, https://arxiv.org/abs/1512.03385
    """
    height, width, channels = shape
    network = nn.Sequential(
        OrderedDict(
            features=_features(channels, small=is_small(height, width)),
            classifier=_classifier(classes),
            flatten=nn.Flatten(),
        ),
    )
    network.apply(_initialise)
    _initialise_head(head(network))
    return network


def _features(channels: int, *, small: bool) -> nn.Sequential:
    """Return stem, fire modules and pools; their places are the numbers in published weights."""
    first = nn.Conv2d(channels, 64, 3, padding=1) if small else nn.Conv2d(channels, 64, 3, stride=2)
    return nn.Sequential(
        begins("stem", first),
        nn.ReLU(),
        nn.Identity() if small else nn.MaxPool2d(3, stride=2, ceil_mode=True),
        begins("fire2", Fire(64, 16, 64)),
        begins("fire3", Fire(128, 16, 64)),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        begins("fire4", Fire(128, 32, 128)),
        begins("fire5", Fire(256, 32, 128)),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        begins("fire6", Fire(256, 48, 192)),
        begins("fire7", Fire(384, 48, 192)),
        begins("fire8", Fire(384, 64, 256)),
        begins("fire9", Fire(512, 64, 256)),
    )


def _classifier(classes: int) -> nn.Sequential:
    """Return the head, which makes logits at each place and takes their mean."""
    return nn.Sequential(
        nn.Dropout(0.5),
        begins("head", nn.Conv2d(WIDEST, classes, 1)),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
    )


def _initialise_head(layer: Head) -> None:
    """Draw small first weights, and begin above zero: a ReLU reads the logits, and one that is zero never learns.

    From zero, as the paper begins, no training of eight pictures at a rate of 0.001 got anywhere; from one, all did.
    """
    nn.init.normal_(layer.weight, std=0.01)
    if layer.bias is not None:
        nn.init.ones_(layer.bias)


def _initialise(layer: nn.Module) -> None:
    """Draw first weights that keep the spread of what passes.

    Reference:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), section 2.2, https://arxiv.org/abs/1502.01852
    """
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
