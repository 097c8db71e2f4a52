"""The EfficientNet-Lite networks: EfficientNets without what small machines and whole numbers are slow at."""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import pad

from sightline.models import is_small
from sightline.models.changes.blocks import begins

STEM_WIDTH, LAST_WIDTH = 32, 1280
EPS = 1e-3
"""Of batch normalisation; torch's own is a hundredth of it, and published weights then answer something else."""
DIVISOR = 8
"""Every width is a multiple of it."""


class _Stage(NamedTuple):
    """A row of the paper's table 1.

    Args:
        expansion: How many times wider a block is in its middle; 1 in the first stage alone.
        kernel: Side of the filter in the middle.
        width: Channels of its output, before scaling.
        depth: How many blocks it has, before scaling.
        stride: Of the first block.
    """

    expansion: int
    kernel: int
    width: int
    depth: int
    stride: int


STAGES = (
    _Stage(1, 3, 16, 1, 1),
    _Stage(6, 3, 24, 2, 2),
    _Stage(6, 5, 40, 2, 2),
    _Stage(6, 3, 80, 3, 2),
    _Stage(6, 5, 112, 3, 1),
    _Stage(6, 5, 192, 4, 2),
    _Stage(6, 3, 320, 1, 1),
)


@dataclass(frozen=True)
class _Variant:
    """A network of the family.

    Args:
        width: What widths are multiplied by; those of the stem and of the last convolution are not.
        depth: What depths are multiplied by; those of the first and the last stage are not.
        dropout: Chance to silence a number that the head reads.
    """

    width: float
    depth: float
    dropout: float


class SamePadding(nn.Module):
    """Zeros around maps, so that a filter with a stride has one place for each stride that begins in them.

    Where the zeros can't be shared out evenly, the one that is left comes last, at the bottom and on the right: a
    convolution's own padding would put it first as well, and move the picture by half a pixel at every stride.

    Args:
        kernel: Side of the filter, in pixels.
        stride: Pixels from one place of the filter to the next.

    Reference:
        Abadi et al., "TensorFlow" (2015), the padding "SAME", https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H + zeros, W + zeros) of (N, C, H, W)."""
        down, across = (self._zeros(side) for side in x.shape[-2:])
        return pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))

    def extra_repr(self) -> str:
        """Return the filter's sizes, for the printed network."""
        return f"kernel={self.kernel}, stride={self.stride}"

    def _zeros(self, side: int) -> int:
        places = (side + self.stride - 1) // self.stride
        return max((places - 1) * self.stride + self.kernel - side, 0)


class DepthwiseSeparable(nn.Module):
    """A filter in each channel alone, then a 1x1 convolution without an activation.

    Args:
        before: Channels of the input.
        width: Channels of the output.
        stage: The rest of its sizes.
        stride: Of the filter; the input is added to the output where both have one shape.
    """

    def __init__(self, before: int, width: int, *, stage: _Stage, stride: int) -> None:
        super().__init__()
        self.pad, self.conv_dw = _depthwise(before, kernel=stage.kernel, stride=stride)
        self.bn1 = nn.BatchNorm2d(before, eps=EPS)
        self.act1 = nn.ReLU6()
        self.conv_pw = nn.Conv2d(before, width, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, eps=EPS)
        self.adds = stride == 1 and before == width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, width, H / stride, W / stride), rounded up, of (N, before, H, W)."""
        middle = self.act1(self.bn1(self.conv_dw(self.pad(x))))
        branch: torch.Tensor = self.bn2(self.conv_pw(middle))
        return x + branch if self.adds else branch


class InvertedResidual(nn.Module):
    """A 1x1 convolution to many channels, a filter in each of them alone, and a 1x1 to few, without an activation.

    Args:
        before: Channels of the input.
        width: Channels of the output.
        stage: The rest of its sizes.
        stride: Of the filter; the input is added to the output where both have one shape.
    """

    def __init__(self, before: int, width: int, *, stage: _Stage, stride: int) -> None:
        super().__init__()
        wide = before * stage.expansion
        self.conv_pw = nn.Conv2d(before, wide, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(wide, eps=EPS)
        self.act1 = nn.ReLU6()
        self.pad, self.conv_dw = _depthwise(wide, kernel=stage.kernel, stride=stride)
        self.bn2 = nn.BatchNorm2d(wide, eps=EPS)
        self.act2 = nn.ReLU6()
        self.conv_pwl = nn.Conv2d(wide, width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width, eps=EPS)
        self.adds = stride == 1 and before == width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, width, H / stride, W / stride), rounded up, of (N, before, H, W)."""
        wide = self.act1(self.bn1(self.conv_pw(x)))
        middle = self.act2(self.bn2(self.conv_dw(self.pad(wide))))
        branch: torch.Tensor = self.bn3(self.conv_pwl(middle))
        return x + branch if self.adds else branch


def efficientnet_lite0(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return EfficientNet-Lite0, of 224x224 pixels; 4,652,008 parameters at 1,000 classes. See `_efficientnet_lite`."""
    return _efficientnet_lite(_Variant(1.0, 1.0, 0.2), shape, classes)


def efficientnet_lite1(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return EfficientNet-Lite1, of 240x240 pixels; 5,416,680 parameters at 1,000 classes. See `_efficientnet_lite`."""
    return _efficientnet_lite(_Variant(1.0, 1.1, 0.2), shape, classes)


def efficientnet_lite2(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return EfficientNet-Lite2, of 260x260 pixels; 6,092,072 parameters at 1,000 classes. See `_efficientnet_lite`."""
    return _efficientnet_lite(_Variant(1.1, 1.2, 0.3), shape, classes)


def _efficientnet_lite(variant: _Variant, shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return an EfficientNet without squeeze and excitation, with ReLU6 for swish and a stem and head of one size.

    A small picture gets a stem and a second stage with stride 1; no weight has another shape for that, so published
    weights fit every size.

    Args:
        variant: The network of the family.
        shape: (H, W, C) of the input.

    Reference:
        Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks" (2019), table 1 and
        section 4, https://arxiv.org/abs/1905.11946; Liu, "Higher accuracy on vision models with EfficientNet-Lite"
        (2020), https://blog.tensorflow.org/2020/03/higher-accuracy-on-vision-models-with-efficientnet-lite.html; the
        small stem: He, Zhang, Ren and Sun (2015), section 4.2, https://arxiv.org/abs/1512.03385
    """
    height, width, channels = shape
    small = is_small(height, width)
    stages = _stages(variant, small=small)
    padding, stem = _strided(channels, STEM_WIDTH, kernel=3, stride=1 if small else 2)
    network = nn.Sequential(
        OrderedDict(
            pad=padding,
            conv_stem=begins("stem", stem),
            bn1=nn.BatchNorm2d(STEM_WIDTH, eps=EPS),
            act1=nn.ReLU6(),
            blocks=nn.Sequential(*stages),
            conv_head=begins("last", nn.Conv2d(_scaled(STAGES[-1].width, variant), LAST_WIDTH, 1, bias=False)),
            bn2=nn.BatchNorm2d(LAST_WIDTH, eps=EPS),
            act2=nn.ReLU6(),
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(variant.dropout),
            classifier=begins("head", nn.Linear(LAST_WIDTH, classes)),
        ),
    )
    network.apply(_initialise)
    return network


def _stages(variant: _Variant, *, small: bool) -> list[nn.Sequential]:
    stages, before = [], STEM_WIDTH
    for number, stage in enumerate(STAGES, start=1):
        is_end = number in (1, len(STAGES))
        depth = stage.depth if is_end else ceil(stage.depth * variant.depth)
        width = _scaled(stage.width, variant)
        kind = DepthwiseSeparable if stage.expansion == 1 else InvertedResidual
        stride = 1 if small and number == 2 else stage.stride  # noqa: PLR2004 - the first stage with a stride
        first = kind(before, width, stage=stage, stride=stride)
        others = [kind(width, width, stage=stage, stride=1) for _ in range(depth - 1)]
        stages.append(begins(f"stage{number}", nn.Sequential(first, *others)))
        before = width
    return stages


def _scaled(width: int, variant: _Variant) -> int:
    """Return a width times the variant's factor, as the nearest multiple of 8 that is not a tenth below it."""
    wanted = width * variant.width
    nearest = max(DIVISOR, int(wanted + DIVISOR / 2) // DIVISOR * DIVISOR)
    return nearest + DIVISOR if nearest < 0.9 * wanted else nearest


def _depthwise(channels: int, *, kernel: int, stride: int) -> tuple[nn.Module, nn.Conv2d]:
    """Return a filter in each channel alone, and what comes before it."""
    return _strided(channels, channels, kernel=kernel, stride=stride, groups=channels)


def _strided(before: int, after: int, *, kernel: int, stride: int, groups: int = 1) -> tuple[nn.Module, nn.Conv2d]:
    """Return a convolution, and the padding before it where the convolution's own can't do it."""
    own = kernel // 2 if stride == 1 else 0
    padding = nn.Identity() if stride == 1 else SamePadding(kernel, stride)
    return padding, nn.Conv2d(before, after, kernel, stride=stride, padding=own, groups=groups, bias=False)


def _initialise(layer: nn.Module) -> None:
    """Draw first weights that keep the spread of gradients.

    Reference:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), section 2.2, https://arxiv.org/abs/1502.01852
    """
    if isinstance(layer, nn.Conv2d):
        fan_out = layer.weight[0, 0].numel() * layer.out_channels // layer.groups
        nn.init.normal_(layer.weight, std=(2 / fan_out) ** 0.5)
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(layer.bias)
