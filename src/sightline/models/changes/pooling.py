"""How a map is made smaller: the pools, and striding in their place.

Importing this file does not import torch.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class PoolingEntry:
    """A way of pooling.

    Args:
        line: What it does, in one sentence.
        reference: Where it comes from.
    """

    line: str
    reference: str


POOLINGS: dict[str, PoolingEntry] = {
    "max": PoolingEntry(
        line="keeps the largest value of each window: is the feature there?",
        reference="Scherer, Müller and Behnke, 'Evaluation of pooling operations in convolutional architectures "
        "for object recognition' (2010)",
    ),
    "average": PoolingEntry(
        line="keeps the mean of each window: how much of the feature is there?",
        reference="LeCun, Bottou, Bengio and Haffner, 'Gradient-based learning applied to document recognition' (1998)",
    ),
    "min": PoolingEntry(
        line="keeps the smallest value of each window, as erosion does: is the feature everywhere?",
        reference="Serra, 'Image analysis and mathematical morphology' (1982)",
    ),
    "stride": PoolingEntry(
        line="no pool but a convolution that steps as the pool did, so that making smaller is learned",
        reference="Springenberg, Dosovitskiy, Brox and Riedmiller, 'Striving for simplicity: the all convolutional "
        "net', arXiv 1412.6806 (2014)",
    ),
}
"""Each way of pooling by its name."""


def pool_like(name: str, pool: "nn.MaxPool2d | nn.AvgPool2d", channels: int) -> "nn.Module":
    """Return a layer that pools by another rule, with the same windows and output sizes.

    Where the windows hang over the border, only real pixels count: the mean is over those inside.

    Args:
        name: A name in `POOLINGS`.
        pool: The pool whose kernel, stride, padding and rounding are taken.
        channels: Number of maps; ``stride`` has weights from each to each.
    """
    from torch import nn

    from sightline.models.changes.window_layers import MinPool2d, StridedConvolution

    kernel, stride, padding = pool.kernel_size, pool.stride, pool.padding
    if name == "stride":
        return StridedConvolution(channels, kernel, stride, padding, ceil_mode=pool.ceil_mode)
    if name == "average":
        return nn.AvgPool2d(kernel, stride, padding, ceil_mode=pool.ceil_mode, count_include_pad=False)
    kind = {"max": nn.MaxPool2d, "min": MinPool2d}[name]
    return kind(kernel, stride, padding, ceil_mode=pool.ceil_mode)
