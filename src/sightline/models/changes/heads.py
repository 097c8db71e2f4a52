"""The head of a network, its auxiliary heads, and fresh ones for other classes."""

from typing import Any

from torch import nn

from sightline.models.changes.blocks import BLOCK, begins

AUXILIARY = "is_auxiliary_head"
Head = nn.Linear | nn.Conv2d
"""A dense layer; in a network that has none, a 1x1 convolution, whose logits are averaged over the picture."""


def head(network: nn.Module) -> Head:
    """Return the layer that makes the logits: the last dense one of a network, or its last 1x1 convolution.

    Raises:
        ValueError: There is neither.
    """
    return _layer(network, head_names(network)[0])


def auxiliary_heads(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the parts that only training sees, with their names."""
    return [(name, part) for name, part in network.named_modules() if getattr(part, AUXILIARY, False)]


def head_names(network: nn.Module) -> list[str]:
    """Return the name of the layer that makes the logits, then of those that make the auxiliary heads' logits.

    Raises:
        ValueError: There is no layer that could be the head.
    """
    auxiliary = [f"{name}.{_last(part)}" for name, part in auxiliary_heads(network)]
    return [_last(network), *auxiliary]


def replace_head(network: nn.Module, classes: int) -> None:
    """Put fresh layers, for other classes, in the place of the head and of the last of each auxiliary head.

    Args:
        network: What `build_layers` or `build_network` returns; it is changed.
        classes: How many logits the new heads make, 1 or more.

    Raises:
        ValueError: There is no layer that could be the head.
    """
    for path in head_names(network):
        old = _layer(network, path)
        fresh = _fresh(old, classes)
        fresh.train(old.training)
        if hasattr(old, BLOCK):
            begins(getattr(old, BLOCK), fresh)
        parent, _, name = path.rpartition(".")
        setattr(network.get_submodule(parent), name, fresh)


def _fresh(old: Head, classes: int) -> Head:
    like: dict[str, Any] = {"bias": old.bias is not None, "device": old.weight.device, "dtype": old.weight.dtype}
    if isinstance(old, nn.Linear):
        return nn.Linear(old.in_features, classes, **like)
    return nn.Conv2d(old.in_channels, classes, 1, **like)


def _last(network: nn.Module) -> str:
    dense: list[str] = [path for path, part in network.named_modules() if isinstance(part, nn.Linear)]
    pointwise: list[str] = [path for path, part in network.named_modules() if _is_pointwise(part)]
    paths = dense or pointwise
    if not paths:
        raise ValueError("the network has no dense layer or 1x1 convolution that could be its head")
    return paths[-1]


def _is_pointwise(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1)


def _layer(network: nn.Module, path: str) -> Head:
    layer = network.get_submodule(path)
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        raise TypeError(f"{path} is neither a dense layer nor a convolution")
    return layer
