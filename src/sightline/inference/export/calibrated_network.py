"""The torch module that becomes the graph: a network with its calibration and softmax, and its features beside."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from sightline.models.changes.heads import head


class CalibratedNetwork(nn.Module):
    """A network whose logits become probabilities, beside the features that its last layer read.

    Args:
        network: From (N, H, W, C) uint8 to logits.
        factor: Of the logits, see `sightline.evaluation.calibration.Calibration`; 1 leaves them.
    """

    def __init__(self, network: nn.Module, factor: float) -> None:
        super().__init__()
        self.network = network
        self.factor = factor

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return (N, classes) probabilities and logits from (N, H, W, C) uint8, and (N, F) features of a last layer."""
        with _reading(last_layer(self.network)) as read:
            logits: torch.Tensor = self.network(pixels)
        scaled = logits if self.factor == 1 else self.factor * logits
        return (scaled.softmax(dim=1), scaled, *_mean([pooled(features) for features in read]))


def last_layer(network: nn.Module) -> nn.Module | None:
    """Return what makes the logits: a pipeline's classifier or a network's head; None if there is neither."""
    scores = dict(network.named_children()).get("scores")
    if scores is not None:
        return scores
    try:
        return head(network)
    except ValueError:
        return None


@contextmanager
def _reading(layer: nn.Module | None) -> Iterator[list[torch.Tensor]]:
    """Give a list of what a layer reads while the context lasts."""
    read: list[torch.Tensor] = []
    if layer is None:
        yield read
        return
    hook = layer.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    try:
        yield read
    finally:
        hook.remove()


def pooled(features: torch.Tensor) -> torch.Tensor:
    """Return (N, F) of what a head reads: of a convolution's (N, F, H, W) the mean over the picture."""
    return features.mean(dim=(2, 3)) if features.ndim == 4 else features  # noqa: PLR2004 - N, F, H and W


def _mean(read: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return what was read; of several views the mean, whose logits are the mean of theirs."""
    return read if len(read) < 2 else [torch.stack(read).mean(dim=0)]  # noqa: PLR2004
