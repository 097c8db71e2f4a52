"""Putting layers into a network that is built already, so that no other layer's name changes.

Because names stay, weights that were saved without a change still find their layers by name.
"""

from collections import OrderedDict

from torch import nn


def replace(layers: nn.Module, name: str, new: nn.Module) -> None:
    """Put a layer in the place of another, under its name."""
    parent, key = _place(layers, name)
    setattr(parent, key, new)


def put_before(layers: nn.Module, name: str, new: nn.Module, *, label: str) -> None:
    """Let a layer run just before another.

    In a chain it becomes a neighbour, ``relu1_norm``. Where a block's own ``forward`` calls the
    other by name, both become a chain under that name, ``relu.norm`` and ``relu.relu``: then the
    other must not have weights, or their names would change.

    Args:
        layers: The network, changed in place.
        name: The other layer's name.
        new: The layer that is put in.
        label: The end of the new layer's name.
    """
    _put(layers, name, new, label=label, offset=0)


def put_after(layers: nn.Module, name: str, new: nn.Module, *, label: str) -> None:
    """Let a layer run just after another; names as with `put_before`."""
    _put(layers, name, new, label=label, offset=1)


def in_chain(layers: nn.Module, name: str) -> bool:
    """Return whether a layer's neighbours run just before and after it."""
    return is_chain(_place(layers, name)[0])


def is_chain(layer: nn.Module) -> bool:
    """Return whether a layer runs its parts one after another and does nothing else."""
    return isinstance(layer, nn.Sequential) and type(layer).forward is nn.Sequential.forward


def _place(layers: nn.Module, name: str) -> tuple[nn.Module, str]:
    parent, _, key = name.rpartition(".")
    return layers.get_submodule(parent), key


def _put(layers: nn.Module, name: str, new: nn.Module, *, label: str, offset: int) -> None:
    parent, key = _place(layers, name)
    if is_chain(parent):
        _insert(parent, [(f"{key}_{label}", new)], at=_position(parent, key) + offset)
        return
    pair = [(key, parent.get_submodule(key))]
    pair.insert(offset, (label, new))
    setattr(parent, key, nn.Sequential(OrderedDict(pair)))


def _position(parent: nn.Module, key: str) -> int:
    return [name for name, _ in parent.named_children()].index(key)


def _insert(parent: nn.Module, new: list[tuple[str, nn.Module]], *, at: int) -> None:
    children = list(parent.named_children())
    for name, _ in children:
        delattr(parent, name)
    for name, child in children[:at] + new + children[at:]:
        parent.add_module(name, child)
