"""Conv-4: the small leg that few-shot learning is measured with."""

from collections import OrderedDict

from torch import nn

WIDTH = 64
BLOCKS = 4


def conv4(shape: tuple[int, int, int], outputs: int) -> nn.Sequential:
    """Return four blocks of a 3x3 convolution, batch normalisation, ReLU and a 2x2 pool, and a dense layer.

    The dense layer is not the authors': they compare the flat maps themselves, whose number depends on the picture's
    size. Maps are pooled before they are normalised, which takes half the work and comes to the same where scales are
    positive. 115,840 parameters at 28x28x1 and 64 outputs.

    Args:
        shape: (H, W, C) of the input, at least 16x16.
        outputs: How many numbers are made of a picture.

    Reference:
        Vinyals, Blundell, Lillicrap, Kavukcuoglu and Wierstra, "Matching networks for one shot learning" (2016),
        section 4.1.1. https://arxiv.org/abs/1606.04080; Snell, Swersky and Zemel, "Prototypical networks" (2017),
        section 3. https://arxiv.org/abs/1703.05175
    """
    height, width, channels = shape
    blocks = {f"block{number}": _block(channels if number == 1 else WIDTH) for number in range(1, BLOCKS + 1)}
    flat = WIDTH * (height // 2**BLOCKS) * (width // 2**BLOCKS)
    return nn.Sequential(OrderedDict(**blocks, flatten=nn.Flatten(), dense=nn.Linear(flat, outputs)))


def _block(channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(channels, WIDTH, 3, padding=1, bias=False),
            pool=nn.MaxPool2d(2),
            norm=nn.BatchNorm2d(WIDTH),
            relu=nn.ReLU(),
        ),
    )
