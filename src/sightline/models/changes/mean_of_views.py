"""A network that looks at several views of a picture."""

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn.functional import pad


class MeanOfViews(nn.Sequential):
    """`Normalise` and the layers of a network; in eval mode it gives the mean of the scores over several views.

    In training it looks once, so weights do not depend on the views.

    Args:
        parts: ``normalise``, from (N, H, W, C) uint8 to (N, C, H, W) float32, and ``network``, from there
            to scores (N, K).
        mirrored: Whether each view's mirror image is looked at too.
        moved: Whether the picture is looked at a pixel up and left, and a pixel down and right, too; borders are
            reflected.

    Reference:
        Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
        networks" (2012), section 4.1. https://papers.nips.cc/paper/4824
    """

    def __init__(self, parts: dict[str, nn.Module], *, mirrored: bool, moved: bool) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self.mirrored = mirrored
        self.moved = moved

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the scores (N, K); in training whatever the layers give."""
        if self.training:
            return super().forward(pixels)  # type: ignore[no-untyped-call,no-any-return]
        normalise, network = self
        return torch.stack([network(view) for view in self._views(normalise(pixels))]).mean(dim=0)

    def _views(self, pictures: torch.Tensor) -> Iterator[torch.Tensor]:
        for view in self._places(pictures):
            yield view
            if self.mirrored:
                yield view.flip(3)

    def _places(self, pictures: torch.Tensor) -> Iterator[torch.Tensor]:
        yield pictures
        if self.moved:
            wide = pad(pictures, (1, 1, 1, 1), mode="reflect")
            yield wide[:, :, :-2, :-2]
            yield wide[:, :, 2:, 2:]
