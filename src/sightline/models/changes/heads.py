"""The head of a network, its auxiliary heads, and fresh ones for other classes."""

from torch import nn

from sightline.models.changes.blocks import BLOCK, begins

AUXILIARY = "is_auxiliary_head"


def head(network: nn.Module) -> nn.Linear:
    """Return the dense layer that makes the logits: the last one of a network.

    Raises:
        ValueError: There is no dense layer.
    """
    return _linear(network, _last_linear(network))


def auxiliary_heads(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the parts that only training sees, with their names."""
    return [(name, part) for name, part in network.named_modules() if getattr(part, AUXILIARY, False)]


def replace_head(network: nn.Module, classes: int) -> None:
    """Put fresh dense layers, for other classes, in the place of the head and of the last of each auxiliary head.

    Args:
        network: What `build_layers` or `build_network` returns; it is changed.
        classes: How many logits the new heads make, 1 or more.

    Raises:
        ValueError: There is no dense layer.
    """
    paths = [_last_linear(network)]
    paths += [f"{name}.{_last_linear(part)}" for name, part in auxiliary_heads(network)]
    for path in paths:
        old = _linear(network, path)
        fresh = nn.Linear(
            old.in_features, classes, bias=old.bias is not None, device=old.weight.device, dtype=old.weight.dtype
        )
        fresh.train(old.training)
        if hasattr(old, BLOCK):
            begins(getattr(old, BLOCK), fresh)
        parent, _, name = path.rpartition(".")
        setattr(network.get_submodule(parent), name, fresh)


def _last_linear(network: nn.Module) -> str:
    paths: list[str] = [path for path, part in network.named_modules() if isinstance(part, nn.Linear)]
    if not paths:
        raise ValueError("the network has no dense layer that could be its head")
    return paths[-1]


def _linear(network: nn.Module, path: str) -> nn.Linear:
    layer = network.get_submodule(path)
    if not isinstance(layer, nn.Linear):
        raise TypeError(f"{path} is no dense layer")
    return layer
