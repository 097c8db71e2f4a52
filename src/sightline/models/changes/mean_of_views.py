"""A network that looks at several views of a picture."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping

import torch
from torch import nn
from torch.nn.functional import pad

from sightline.models.changes.views import ViewsEntry


class MeanOfViews(nn.Sequential):
    """`Normalise` and the layers of a network; in eval mode it gives the mean of the scores over several views.

    In training it looks once, so weights do not depend on the views.

    Args:
        parts: ``normalise``, from (N, H, W, C) uint8 to (N, C, H, W) float32, and ``network``, from there
            to scores (N, K).
        views: Which ones; where they are moved, borders are reflected.

    Reference:
        Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
        networks" (2012), section 4.1. https://papers.nips.cc/paper/4824
    """

    def __init__(self, parts: Mapping[str, nn.Module], views: ViewsEntry) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self.views = views

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the scores (N, K); in training whatever the layers give."""
        if self.training:
            return super().forward(pixels)  # type: ignore[no-untyped-call,no-any-return]
        normalise, network = self
        return torch.stack([network(view) for view in self._views(normalise(pixels))]).mean(dim=0)

    def _views(self, pictures: torch.Tensor) -> Iterator[torch.Tensor]:
        for view in self._places(pictures):
            yield view
            if self.views.mirrored:
                yield view.flip(3)

    def _places(self, pictures: torch.Tensor) -> Iterator[torch.Tensor]:
        if self.views.cropped < 1:
            yield from _crops(pictures, self.views.cropped)
            return
        yield pictures
        if self.views.moved:
            wide = pad(pictures, (1, 1, 1, 1), mode="reflect")
            yield wide[:, :, :-2, :-2]
            yield wide[:, :, 2:, 2:]


def _crops(pictures: torch.Tensor, share: float) -> Iterator[torch.Tensor]:
    """Yield the middle and the four corners of pictures (N, C, H, W), each with so much of their sides."""
    height, width = pictures.shape[2:]
    high, wide = round(share * height), round(share * width)
    down, right = height - high, width - wide
    for top, left in ((down // 2, right // 2), (0, 0), (0, right), (down, 0), (down, right)):
        yield pictures[:, :, top : top + high, left : left + wide]


def looking_at(parts: Mapping[str, nn.Module], views: ViewsEntry) -> nn.Sequential:
    """Return `Normalise` and layers as one network that looks at a picture so.

    Args:
        parts: As `MeanOfViews` takes them.
        views: A row of `VIEWS`.
    """
    return MeanOfViews(parts, views) if views.count > 1 else nn.Sequential(OrderedDict(parts))
