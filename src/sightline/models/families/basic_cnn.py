"""A small convolutional network that a first course builds."""

from collections import OrderedDict

from torch import nn


def basic_cnn(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return five 3x3 convolutions, three max pools and two dense layers, ReLU between, no padding.

    79,626 parameters at 32x32x3 and 10 classes.

    Args:
        shape: (H, W, C) of the input, at least 32x32.

    Reference:
        Stacked 3x3 convolutions: Simonyan and Zisserman, "Very deep convolutional networks for
        large-scale image recognition" (2014), section 2.3. https://arxiv.org/abs/1409.1556
    """
    height, width, channels = shape
    flat = 64 * _after(height) * _after(width)
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 32, 3),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(32, 32, 3),
            relu2=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv3=nn.Conv2d(32, 32, 3),
            relu3=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv4=nn.Conv2d(32, 64, 3),
            relu4=nn.ReLU(),
            conv5=nn.Conv2d(64, 64, 3),
            relu5=nn.ReLU(),
            pool3=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            dense1=nn.Linear(flat, 64),
            relu6=nn.ReLU(),
            dense2=nn.Linear(64, classes),
        ),
    )


def _after(size: int) -> int:
    """Return a side's length after all convolutions and pools."""
    return (((size - 4) // 2 - 2) // 2 - 4) // 2
