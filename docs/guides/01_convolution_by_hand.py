"""1. Convolution by hand: what one small window of weights makes of a picture.

A convolutional layer lays a window of weights onto the picture, multiplies each weight with the pixel below it, adds
the products up, writes one number down, moves on by a pixel and does it again. That is all. This chapter does it with
numbers that fit on a napkin, first with a loop that hides nothing, then with the layers that our networks are made of.

Run it:

    python docs/guides/01_convolution_by_hand.py

Reference:
    Zhang, Lipton, Li and Smola, "Dive into Deep Learning" (2023), chapter 7, whose pictures and kernels these are.
    https://d2l.ai/chapter_convolutional-neural-networks/
"""

import re

import torch
from chapter import expect, expect_that, section
from torch import nn

from sightline.models.building import parameter_count
from sightline.models.changes.pooling import POOLINGS, pool_like

print(__doc__.splitlines()[0])

section("One picture, one kernel")

picture = torch.arange(9.0).view(3, 3)
kernel = torch.arange(4.0).view(2, 2)
expect("the picture", picture, [[0, 1, 2], [3, 4, 5], [6, 7, 8]])
expect("the kernel", kernel, [[0, 1], [2, 3]])


def slide(window: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """Return what a window (h, w) makes of pixels (H, W), place by place: (H - h + 1, W - w + 1)."""
    height, width = window.shape
    rows, columns = pixels.shape[0] - height + 1, pixels.shape[1] - width + 1
    sums = [
        (pixels[row : row + height, column : column + width] * window).sum()
        for row in range(rows)
        for column in range(columns)
    ]
    return torch.stack(sums).view(rows, columns)


# The kernel's first place is the upper left corner, on the pixels 0 1 / 3 4:
expect("upper left: 0*0 + 1*1 + 2*3 + 3*4", 0 * 0 + 1 * 1 + 2 * 3 + 3 * 4, 19)
expect("upper right: 0*1 + 1*2 + 2*4 + 3*5", 0 * 1 + 1 * 2 + 2 * 4 + 3 * 5, 25)
expect("all four places", slide(kernel, picture), [[19, 25], [37, 43]])


def convolution(weights: torch.Tensor, *, padding: int = 0) -> nn.Conv2d:
    """Return a layer with given weights (maps out, maps in, h, w) and no bias, as a network has them."""
    layer = nn.Conv2d(*weights.shape[1::-1], tuple(weights.shape[2:]), padding=padding, bias=False)
    layer.weight.data = weights
    return layer


layer = convolution(kernel[None, None])
expect("the same by a layer of ours", layer(picture[None, None])[0, 0], [[19, 25], [37, 43]])

section("It is a cross-correlation")

# In mathematics a convolution turns the kernel by half a turn first. No network does: the weights are learned, so a
# turned kernel would just be learned the other way round. The word stayed, the turn went.
turned = kernel.flip(0, 1)
expect("the kernel, turned", turned, [[3, 2], [1, 0]])
expect("what mathematics calls the convolution", slide(turned, picture), [[5, 11], [23, 29]])

section("What a kernel looks for")

# A kernel answers strongly where the picture looks like it. (1, -1) asks: is it brighter here than to the right?
stripe = torch.tensor([[1.0, 1, 0, 0, 0, 0, 1, 1]])
edges = slide(torch.tensor([[1.0, -1]]), stripe)
expect("bright, dark, bright", stripe, [[1, 1, 0, 0, 0, 0, 1, 1]])
expect("an edge down, an edge up, else nothing", edges, [[0, 1, 0, 0, 0, -1, 0]])

section("Zero padding")

# The result is smaller than the picture, and a corner pixel is looked at once while the middle one is looked at four
# times. A frame of zeros gives the border its turn: 3 + 2 = 5 pixels a side, and so 4 places.
padded = convolution(kernel[None, None], padding=1)
expect(
    "with one zero all around",
    padded(picture[None, None])[0, 0],
    [[0, 3, 8, 4], [9, 19, 25, 10], [21, 37, 43, 16], [6, 7, 8, 0]],
)

section("Several maps in: a kernel for each, and one sum")

# A colour picture has three maps. A filter has a kernel for each of them, and what they find is added up.
two_maps = torch.stack((picture, picture + 1))
two_kernels = torch.stack((kernel, kernel + 1))
expect("of the first map", slide(two_kernels[0], two_maps[0]), [[19, 25], [37, 43]])
expect("of the second map", slide(two_kernels[1], two_maps[1]), [[37, 47], [67, 77]])
expect("together", convolution(two_kernels[None])(two_maps[None])[0, 0], [[56, 72], [104, 120]])

section("Several maps out: a filter for each")

# Each filter looks for something else and has a map of its own to write into.
filters = torch.stack((two_kernels, two_kernels + 1, two_kernels + 2))
many = convolution(filters)
expect(
    "two maps in, three out",
    many(two_maps[None])[0],
    [[[56, 72], [104, 120]], [[76, 100], [148, 172]], [[96, 128], [192, 224]]],
)
expect("weights: 3 filters of 2 kernels of 2x2", parameter_count(many), 24)

section("A 1x1 convolution: maps are mixed, pixels are not")

# A window of one pixel sees no neighbours. What is left is a dense layer over the maps, the same at every pixel:
# a cheap way to have fewer maps, as in the bottlenecks of ResNet-50 and the branches of GoogLeNet.
mixing = torch.tensor([[1.0, 1.0], [-1.0, 1.0]])
mixed = convolution(mixing[:, :, None, None])(two_maps[None])[0]
expect("sum of both maps", mixed[0], [[1, 3, 5], [7, 9, 11], [13, 15, 17]])
expect("second less first", mixed[1], [[1, 1, 1], [1, 1, 1], [1, 1, 1]])
dense = nn.Linear(2, 2, bias=False)
dense.weight.data = mixing
pixel_by_pixel = dense(two_maps.movedim(0, -1)).movedim(-1, 0)
expect_that("a dense layer, pixel by pixel, gives the same", torch.equal(mixed, pixel_by_pixel))

section("Pooling: a window without weights")

# A pool keeps one number of each window. Here the 2x2 window moves by one pixel, so that it has four places.
promised = {"max": [[4, 5], [7, 8]], "average": [[2, 3], [5, 6]], "min": [[0, 1], [3, 4]]}
for name, numbers in promised.items():
    pool = pool_like(name, nn.MaxPool2d(2, stride=1), channels=1)
    expect(f"{name}: {re.split('[,:]', POOLINGS[name].line)[0]}", pool(picture[None, None])[0, 0], numbers)

# A pool has nothing to learn. `pooling=stride` puts a convolution in its place that steps as the pool did.
expect("numbers that a max pool learns", parameter_count(pool_like("max", nn.MaxPool2d(2), channels=1)), 0)
expect("numbers that a stride learns", parameter_count(pool_like("stride", nn.MaxPool2d(2), channels=1)), 5)
