"""A convolutional network that reaches a good accuracy in few epochs."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from sightline.models.changes.whitening import WhiteningConvolution

WIDTHS = (64, 256, 256)
TEMPERATURE = 8.0
"""What scores are divided by, so that the first long steps do not make the network too sure of itself."""


def quick_cnn(shape: tuple[int, int, int], classes: int, *, widths: Sequence[int] = WIDTHS) -> nn.Sequential:
    """Return a whitening layer, three stages, a global maximum and one dense layer.

    After Jordan's network, without its scaled and frozen normalisation. 1,972,504 trainable
    parameters at 3 channels, 10 classes and the reference's widths. The whitening layer wants `fit_to_pictures`.

    Args:
        shape: (H, W, C) of the input, at least 9x9.
        widths: Maps of the three stages.

    Reference:
        Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (2024), section 3.1.
        https://arxiv.org/abs/2404.00498. Divided scores: Page, "How to train your ResNet 8" (2019).
        https://www.myrtle.ai/how-to-train-your-resnet-8-bag-of-tricks/
    """
    whitening = WhiteningConvolution(shape[2])
    channels = (whitening.out_channels, *widths)
    stages = {f"stage{number}": _stage(*pair) for number, pair in enumerate(pairwise(channels), start=1)}
    return nn.Sequential(
        OrderedDict(
            whitening=whitening,
            gelu=nn.GELU(),
            **stages,
            maximum=nn.AdaptiveMaxPool2d(1),
            flatten=nn.Flatten(),
            dense=nn.Linear(channels[-1], classes, bias=False),
            divided=Divided(TEMPERATURE),
        ),
    )


def _stage(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(before, after, 3, padding=1, bias=False),
            pool=nn.MaxPool2d(2),
            norm1=nn.BatchNorm2d(after),
            gelu1=nn.GELU(),
            conv2=nn.Conv2d(after, after, 3, padding=1, bias=False),
            norm2=nn.BatchNorm2d(after),
            gelu2=nn.GELU(),
        ),
    )


class Divided(nn.Module):
    """Scores divided by a fixed temperature.

    Args:
        temperature: What scores are divided by, above 0.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores over the temperature."""
        return scores / self.temperature

    def extra_repr(self) -> str:
        """Return the temperature, for printing."""
        return f"{self.temperature:g}"
