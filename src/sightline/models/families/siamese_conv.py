"""The leg of Koch's Siamese network: the same weights look at both pictures of a pair."""

from collections import OrderedDict

from torch import nn

WIDTHS = (64, 128, 128, 256)
KERNELS, SMALL_KERNELS = (10, 7, 4, 4), (5, 3, 3, 3)
POOLS = 3
LEAST_FOR_LARGE = 80
"""Pixels along a side from which on the authors' kernels leave enough of it."""


def siamese_conv(shape: tuple[int, int, int], outputs: int) -> nn.Sequential:
    """Return four convolutions, the first three with batch normalisation and a 2x2 pool, and a dense layer.

    Adapted: a leg ends in an embedding whose distance is Euclid's, where the authors end in 4,096 sigmoids and weigh
    the absolute differences of two; maps are normalised, so that it learns in minutes; and pictures below 80 pixels
    have smaller kernels with padding. 1,785,280 parameters at 105x105x1 and 64 outputs.

    Args:
        shape: (H, W, C) of the input, at least 16x16.
        outputs: How many numbers are made of a picture.

    Reference:
        Koch, Zemel and Salakhutdinov, "Siamese neural networks for one-shot image recognition" (2015), figure 4.
        https://www.cs.cmu.edu/~rsalakhu/papers/oneshot1.pdf; twin legs: Bromley, Guyon, LeCun, Saeckinger and Shah,
        "Signature verification using a Siamese time delay neural network" (1993).
    """
    height, width, channels = shape
    small = min(height, width) < LEAST_FOR_LARGE
    layers, before = OrderedDict[str, nn.Module](), channels
    for number, (after, kernel) in enumerate(zip(WIDTHS, SMALL_KERNELS if small else KERNELS, strict=True), start=1):
        layers[f"conv{number}"] = nn.Conv2d(before, after, kernel, padding=kernel // 2 if small else 0, bias=False)
        layers[f"norm{number}"] = nn.BatchNorm2d(after)
        layers[f"relu{number}"] = nn.ReLU()
        if number <= POOLS:
            layers[f"pool{number}"] = nn.MaxPool2d(2)
        height, width = (_after(side, kernel, padded=small, pooled=number <= POOLS) for side in (height, width))
        before = after
    return nn.Sequential(OrderedDict(**layers, flatten=nn.Flatten(), dense=nn.Linear(before * height * width, outputs)))


def _after(side: int, kernel: int, *, padded: bool, pooled: bool) -> int:
    """Return a side's length after a convolution and its pool."""
    convolved = side if padded else side - kernel + 1
    return convolved // 2 if pooled else convolved
