"""MobileNetV2: residual blocks that are narrow at their ends and wide in the middle, for little work."""

from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import nn

from sightline.models import is_small
from sightline.models.changes.blocks import begins

STEM_WIDTH, LAST_WIDTH = 32, 1280


class _Stage(NamedTuple):
    """A row of the paper's table 2.

    Args:
        expansion: How many times wider a block is in its middle.
        width: Channels of its output.
        depth: How many blocks it has.
        stride: Of the first block.
    """

    expansion: int
    width: int
    depth: int
    stride: int


STAGES = (
    _Stage(1, 16, 1, 1),
    _Stage(6, 24, 2, 2),
    _Stage(6, 32, 3, 2),
    _Stage(6, 64, 4, 2),
    _Stage(6, 96, 3, 1),
    _Stage(6, 160, 3, 2),
    _Stage(6, 320, 1, 1),
)
SMALL_STAGES = (STAGES[0], STAGES[1]._replace(stride=1), *STAGES[2:])


class InvertedResidual(nn.Module):
    """A 1x1 convolution to many channels, a 3x3 in each of them alone, and a 1x1 to few, without an activation.

    Args:
        before: Channels of the input.
        width: Channels of the output.
        expansion: How many times wider the middle is than the input; at 1 there is no first convolution.
        stride: Of the 3x3 convolution; the input is added to the output where both have one shape.
    """

    def __init__(self, before: int, width: int, *, expansion: int, stride: int) -> None:
        super().__init__()
        wide = before * expansion
        expand = [_convolution(before, wide, kernel=1)] if expansion > 1 else []
        self.conv = nn.Sequential(
            *expand,
            _convolution(wide, wide, kernel=3, stride=stride, groups=wide),
            nn.Conv2d(wide, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.adds = stride == 1 and before == width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, width, H / stride, W / stride) of (N, before, H, W)."""
        branch: torch.Tensor = self.conv(x)
        return x + branch if self.adds else branch


def mobilenet_v2(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return MobileNetV2 of width 1; 3,504,872 parameters at 3 channels and 1,000 classes.

    A small picture gets a stem and a second stage with stride 1; no weight has another shape for that, so published
    weights fit every size.

    Args:
        shape: (H, W, C) of the input; the paper's is 224x224x3.

    Reference:
        Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: inverted residuals and linear bottlenecks" (2018),
        table 2, https://arxiv.org/abs/1801.04381; the small stem: He, Zhang, Ren and Sun, "Deep residual learning for
        image recognition" (2015), section 4.2, https://arxiv.org/abs/1512.03385
    """
    height, width, channels = shape
    network = nn.Sequential(
        OrderedDict(
            features=_features(channels, small=is_small(height, width)),
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            classifier=nn.Sequential(nn.Dropout(0.2), begins("head", nn.Linear(LAST_WIDTH, classes))),
        ),
    )
    network.apply(_initialise)
    return network


def _features(channels: int, *, small: bool) -> nn.Sequential:
    """Return the stem, the blocks and the last convolution; their places are the numbers in published weights."""
    layers: list[nn.Module] = [
        begins("stem", _convolution(channels, STEM_WIDTH, kernel=3, stride=1 if small else 2)),
    ]
    before = STEM_WIDTH
    for number, stage in enumerate(SMALL_STAGES if small else STAGES, start=1):
        for place in range(stage.depth):
            stride = stage.stride if place == 0 else 1
            block = InvertedResidual(before, stage.width, expansion=stage.expansion, stride=stride)
            layers.append(begins(f"stage{number}", block) if place == 0 else block)
            before = stage.width
    layers.append(begins("last", _convolution(before, LAST_WIDTH, kernel=1)))
    return nn.Sequential(*layers)


def _convolution(before: int, after: int, *, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Return a convolution, batch normalisation and ReLU6; the padding keeps the size at stride 1."""
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU6(),
    )


def _initialise(layer: nn.Module) -> None:
    """Draw first weights that keep the spread of gradients.

    Reference:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), section 2.2, https://arxiv.org/abs/1502.01852
    """
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(layer.bias)
