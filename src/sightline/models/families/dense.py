"""Networks of dense layers only."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import nn


def linear(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return softmax regression: a weight for every pixel and class.

    Args:
        shape: (H, W, C) of the input.

    Returns:
        A module from (N, C, H, W) to logits (N, classes), with H * W * C * classes + classes parameters.

    Reference:
        Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.4.
    """
    return nn.Sequential(OrderedDict(flatten=nn.Flatten(), dense=nn.Linear(prod(shape), classes)))


def mlp(shape: tuple[int, int, int], classes: int, *, hidden: Sequence[int] = (256,)) -> nn.Sequential:
    """Return a perceptron with hidden layers.

    Args:
        shape: (H, W, C) of the input.
        hidden: Widths of the hidden layers, each followed by ReLU.

    Reference:
        Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors",
        Nature 323 (1986). https://doi.org/10.1038/323533a0
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    widths = [prod(shape), *hidden]
    for number, (before, after) in enumerate(pairwise(widths), start=1):
        layers[f"dense{number}"] = nn.Linear(before, after)
        layers[f"relu{number}"] = nn.ReLU()
    layers[f"dense{len(widths)}"] = nn.Linear(widths[-1], classes)
    return nn.Sequential(layers)
