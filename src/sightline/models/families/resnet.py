"""The residual networks: each block learns what to add to its input."""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn

from sightline.models import is_small
from sightline.models.changes.blocks import begins

WIDTHS = (64, 128, 256, 512)


class StochasticDepth(nn.Module):
    """Leaves a whole residual branch out for some pictures of a training batch.

    What is kept is divided by the share that is kept, so that nothing changes in eval mode.

    Args:
        dropped: Probability, in [0, 1), that a picture goes without the branch.

    Reference:
        Huang, Sun, Liu, Sedra and Weinberger, "Deep networks with stochastic depth" (2016), section 3,
        https://arxiv.org/abs/1603.09382; there the scaling is done in eval mode instead.
    """

    def __init__(self, dropped: float) -> None:
        super().__init__()
        self.dropped = dropped

    def forward(self, branch: torch.Tensor) -> torch.Tensor:
        """Return the branch (N, C, H, W) with zeros for some of the N pictures."""
        if not self.training:
            return branch
        kept = 1 - self.dropped
        chosen = torch.rand(len(branch), 1, 1, 1, device=branch.device) < kept  # (N, 1, 1, 1)
        return branch * chosen / kept

    def extra_repr(self) -> str:
        """Return the probability, for the printed network."""
        return f"dropped={self.dropped}"


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, and their input added to what they make.

    Args:
        before: Channels of the input.
        width: Channels of the output.
        stride: Of the first convolution, and of the shortcut.
        dropped: Probability that a picture in training goes without the two convolutions.
    """

    widening = 1

    def __init__(self, before: int, width: int, *, stride: int, dropped: float) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.depth = _depth(dropped)
        self.downsample = _shortcut(before, width, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, width, H / stride, W / stride) of (N, before, H, W)."""
        shortcut = self.downsample(x)
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.depth(self.bn2(self.conv2(branch)))
        return self.relu2(branch + shortcut)  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """A 1x1 convolution to fewer channels, a 3x3 among those, and a 1x1 back to many.

    Args:
        before: Channels of the input.
        width: Channels in the middle; the output has four times as many.
        stride: Of the 3x3 convolution, and of the shortcut.
        dropped: Probability that a picture in training goes without the three convolutions.
    """

    widening = 4

    def __init__(self, before: int, width: int, *, stride: int, dropped: float) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        # The paper strides in the first 1x1, which never looks at three quarters of its input; published weights
        # are of networks that stride here (https://arxiv.org/abs/1706.02677, section 5.1, note 2).
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, width * self.widening, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.widening)
        self.depth = _depth(dropped)
        self.downsample = _shortcut(before, width * self.widening, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, 4 width, H / stride, W / stride) of (N, before, H, W)."""
        shortcut = self.downsample(x)
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.depth(self.bn3(self.conv3(branch)))
        return self.relu3(branch + shortcut)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class _Variant:
    """One of the paper's columns.

    Args:
        block: The kind of residual block that is stacked.
        depths: Blocks in each of the four stages.
    """

    block: type[BasicBlock] | type[Bottleneck]
    depths: tuple[int, int, int, int]


def resnet18(shape: tuple[int, int, int], classes: int, *, stochastic_depth: float = 0.0) -> nn.Sequential:
    """Return ResNet-18; 11,689,512 parameters at 3 channels and 1,000 classes. See `_resnet`."""
    return _resnet(_Variant(BasicBlock, (2, 2, 2, 2)), shape, classes, stochastic_depth=stochastic_depth)


def resnet34(shape: tuple[int, int, int], classes: int, *, stochastic_depth: float = 0.0) -> nn.Sequential:
    """Return ResNet-34; 21,797,672 parameters at 3 channels and 1,000 classes. See `_resnet`."""
    return _resnet(_Variant(BasicBlock, (3, 4, 6, 3)), shape, classes, stochastic_depth=stochastic_depth)


def resnet50(shape: tuple[int, int, int], classes: int, *, stochastic_depth: float = 0.0) -> nn.Sequential:
    """Return ResNet-50; 25,557,032 parameters at 3 channels and 1,000 classes. See `_resnet`."""
    return _resnet(_Variant(Bottleneck, (3, 4, 6, 3)), shape, classes, stochastic_depth=stochastic_depth)


def _resnet(variant: _Variant, shape: tuple[int, int, int], classes: int, *, stochastic_depth: float) -> nn.Sequential:
    """Return a residual network.

    A small picture gets the paper's stem for 32x32 pictures: a 3x3 filter with stride 1 and no pool.

    Args:
        variant: The column of the paper's table.
        shape: (H, W, C) of the input; the paper's is 224x224x3.
        stochastic_depth: Probability, in [0, 1), that a picture in training goes without the last block's branch;
            it grows linearly from the first block to the last.

    Reference:
        He, Zhang, Ren and Sun, "Deep residual learning for image recognition" (2015), table 1 and, for small
        pictures, section 4.2, https://arxiv.org/abs/1512.03385
    """
    height, width, channels = shape
    layers = _small_stem(channels) if is_small(height, width) else _stem(channels)
    before, blocks_before = WIDTHS[0], 0
    for number, (wide, depth) in enumerate(zip(WIDTHS, variant.depths, strict=True), start=1):
        rates = [stochastic_depth * (blocks_before + place) / sum(variant.depths) for place in range(1, depth + 1)]
        layers[f"layer{number}"] = begins(
            f"layer{number}", _stage(variant.block, before, wide, stride=1 if number == 1 else 2, rates=rates)
        )
        before, blocks_before = wide * variant.block.widening, blocks_before + depth
    layers["avgpool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = begins("head", nn.Linear(before, classes))
    network = nn.Sequential(layers)
    network.apply(_initialise)
    return network


def _stem(channels: int) -> OrderedDict[str, nn.Module]:
    return OrderedDict(
        conv1=begins("stem", nn.Conv2d(channels, WIDTHS[0], 7, stride=2, padding=3, bias=False)),
        bn1=nn.BatchNorm2d(WIDTHS[0]),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, stride=2, padding=1),
    )


def _small_stem(channels: int) -> OrderedDict[str, nn.Module]:
    return OrderedDict(
        conv1=begins("stem", nn.Conv2d(channels, WIDTHS[0], 3, padding=1, bias=False)),
        bn1=nn.BatchNorm2d(WIDTHS[0]),
        relu=nn.ReLU(),
    )


def _stage(
    block: type[BasicBlock] | type[Bottleneck], before: int, width: int, *, stride: int, rates: list[float]
) -> nn.Sequential:
    """Return blocks of one width; the first of them halves the picture where the stride is 2."""
    first = block(before, width, stride=stride, dropped=rates[0])
    others = [block(width * block.widening, width, stride=1, dropped=rate) for rate in rates[1:]]
    return nn.Sequential(first, *others)


def _shortcut(before: int, after: int, stride: int) -> nn.Module:
    """Return the identity, or a 1x1 convolution where the shapes differ (the paper's option B)."""
    if before == after and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after))


def _depth(dropped: float) -> nn.Module:
    return StochasticDepth(dropped) if dropped else nn.Identity()


def _initialise(layer: nn.Module) -> None:
    """Draw first weights that keep the spread of gradients.

    Reference:
        He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), section 2.2, https://arxiv.org/abs/1502.01852
    """
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
