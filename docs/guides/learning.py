"""What chapters 7 and 8 share: real digits, a training loop of four lines, and a look between the layers."""

from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from sightline.models.building import build_layers
from sightline.training.losses import LOSSES
from sightline.training.optimizers import OPTIMIZERS

SHAPE, CLASSES = (8, 8, 1), 10


def digits() -> tuple[Tensor, Tensor]:
    """Return 1,797 handwritten digits (N, 1, 8, 8) from 0 to 1 in a shuffled order, and their labels (N,).

    Reference:
        Alpaydin and Kaynak, "Optical recognition of handwritten digits" (1998). https://doi.org/10.24432/C50P49
    """
    known = load_digits()
    order = torch.randperm(len(known.target), generator=torch.Generator().manual_seed(0))
    return (torch.tensor(known.images).float().unsqueeze(1) / 16)[order], torch.tensor(known.target)[order]


def mlp(*hidden: int, **variation: Any) -> nn.Module:
    """Return our `mlp` with hidden layers of these widths, varied, always from the same seed."""
    torch.manual_seed(0)
    return build_layers("mlp", SHAPE, CLASSES, {"hidden": hidden, **variation})


def learn(network: nn.Module, pixels: Tensor, labels: Tensor, *, steps: int, learning_rate: float = 0.01) -> float:
    """Take so many steps of Adam on all pictures at once, and return the last loss."""
    truths = torch.eye(CLASSES)[labels]
    (optimizer,) = OPTIMIZERS["adam"].build(network, learning_rate=learning_rate)
    network.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = LOSSES["cross-entropy"].function(network(pixels), truths).mean()
        loss.backward()
        optimizer.step()
    return loss.item()


@torch.no_grad()
def accuracy(network: nn.Module, pixels: Tensor, labels: Tensor) -> float:
    """Return the share of pictures whose highest score is their label's, in eval mode."""
    return (network.eval()(pixels).argmax(dim=1) == labels).float().mean().item()


@torch.no_grad()
def outputs(network: nn.Module, pixels: Tensor, kind: type[nn.Module]) -> list[Tensor]:
    """Return what every layer of a kind gives, from the first to the last."""
    given: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _layer, _inputs, output: given.append(output.clone()))
        for layer in network.modules()
        if isinstance(layer, kind)
    ]
    network(pixels)
    for hook in hooks:
        hook.remove()
    return given
