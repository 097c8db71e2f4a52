"""LeNet-5."""

from collections import OrderedDict

from torch import nn


def lenet(shape: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Return LeNet-5.

    As in the paper: 5x5 convolutions without padding, subsampling by 2, tanh. Simpler than in the
    paper: the subsampling has no weights, the second convolution sees all maps, and softmax takes
    the place of radial basis functions. 61,706 parameters at 32x32x1 and 10 classes.

    Args:
        shape: (H, W, C) of the input, at least 16x16; the paper's is 32x32x1.

    Reference:
        LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
        recognition", Proc. IEEE 86 (1998), figure 2. http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf
    """
    height, width, channels = shape
    flat = 16 * _after(height) * _after(width)
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 6, 5),
            tanh1=nn.Tanh(),
            pool1=nn.AvgPool2d(2),
            conv2=nn.Conv2d(6, 16, 5),
            tanh2=nn.Tanh(),
            pool2=nn.AvgPool2d(2),
            flatten=nn.Flatten(),
            dense1=nn.Linear(flat, 120),
            tanh3=nn.Tanh(),
            dense2=nn.Linear(120, 84),
            tanh4=nn.Tanh(),
            dense3=nn.Linear(84, classes),
        ),
    )


def _after(size: int) -> int:
    """Return a side's length after both convolutions and pools."""
    return ((size - 4) // 2 - 4) // 2
