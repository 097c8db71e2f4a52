"""The blocks of a network, and which of them learn."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from sightline.core.choose import choose
from sightline.core.errors import SettingsError
from sightline.core.text import listed

BLOCK = "begins_block"
HELD = "held_statistics"
Layer = TypeVar("Layer", bound=nn.Module)
MATRIX = 2


@dataclass(frozen=True)
class Block:
    """A stretch of a network that is frozen or trained as a whole.

    Args:
        name: Such as ``"stem"``, ``"layer1"``, ``"inception4a"``, ``"stage3"``, ``"dense1"``, ``"head"``.
        module: Its layers, in order; they are those of the network, not copies.
    """

    name: str
    module: nn.Module


def begins(name: str, layer: Layer) -> Layer:
    """Mark a layer, or a part of a network, as the beginning of a block; what follows unmarked belongs to it.

    The mark is on the layer and not in a list of names, so that it stays where it is when layers are put in or
    exchanged behind it.
    """
    setattr(layer, BLOCK, name)
    return layer


def blocks(network: nn.Module) -> tuple[Block, ...]:
    """Return a network's blocks from input to output; each parameter is in exactly one.

    A network without marks has a block for each layer with a matrix of weights, under the layer's name.

    Args:
        network: What `build_layers` or `build_network` returns.
    """
    layers = _layers(network)
    marked = any(hasattr(part, BLOCK) for part in layers.modules())
    waiting: list[nn.Module] = []
    groups: list[tuple[str, list[nn.Module]]] = []
    for path, part in _pieces("", layers):
        name = getattr(part, BLOCK, None) if marked else (path if _has_matrix(part) else None)
        if name is not None:
            groups.append((name, [*waiting, part]))
            waiting = []
        else:
            (groups[-1][1] if groups else waiting).append(part)
    return tuple(Block(name, parts[0] if len(parts) == 1 else nn.Sequential(*parts)) for name, parts in groups)


def freeze(network: nn.Module, which: int | Iterable[str]) -> None:
    """Keep blocks as they are: their weights do not learn, and their batch normalisation does not follow the data.

    Args:
        network: What `build_layers` or `build_network` returns.
        which: The first so many blocks, or their names.

    Raises:
        SettingsError: There is no such block, or there are not so many.
    """
    for block in _chosen(network, which):
        block.module.requires_grad_(requires_grad=False)
        for layer in block.module.modules():
            if isinstance(layer, _BatchNorm) and not hasattr(layer, HELD):
                setattr(layer, HELD, layer.register_forward_pre_hook(_hold_statistics))


def unfreeze(network: nn.Module, which: int | Iterable[str] | None = None) -> None:
    """Let blocks learn again.

    Args:
        network: What `build_layers` or `build_network` returns.
        which: The first so many blocks, or their names; all if not given.

    Raises:
        SettingsError: There is no such block, or there are not so many.
    """
    for block in blocks(network) if which is None else _chosen(network, which):
        block.module.requires_grad_(requires_grad=True)
        for layer in block.module.modules():
            if hasattr(layer, HELD):
                getattr(layer, HELD).remove()
                delattr(layer, HELD)


def hold_statistics(network: nn.Module) -> None:
    """Let all batch normalisation of a network keep its running statistics from now on, whatever learns."""
    for layer in network.modules():
        if isinstance(layer, _BatchNorm):
            layer.register_forward_pre_hook(_hold_statistics)


def weights_of(network: nn.Module, last: int | None = None) -> tuple[str, ...]:
    """Return the names of the weights in a network's last blocks.

    Args:
        last: How many blocks, 0 or more; all if not given or if there are fewer.
    """
    chosen = blocks(network)
    chosen = chosen if last is None else chosen[max(0, len(chosen) - last) :]
    own = {id(weight) for block in chosen for weight in block.module.parameters()}
    return tuple(name for name, weight in network.named_parameters() if id(weight) in own)


def _hold_statistics(layer: nn.Module, _inputs: object) -> None:
    """Normalise with the statistics that were learnt before; ``network.train()`` would let them move."""
    layer.eval()


def _chosen(network: nn.Module, which: int | Iterable[str]) -> list[Block]:
    all_blocks = {block.name: block for block in blocks(network)}
    if isinstance(which, int):
        if not 0 <= which <= len(all_blocks):
            raise SettingsError(
                f"{which} blocks were asked for; the network has {len(all_blocks)}",
                hint=f"from input to output they are: {listed(all_blocks)}",
            )
        return list(all_blocks.values())[:which]
    return [choose(name, all_blocks, kind="block") for name in which]


def _layers(network: nn.Module) -> nn.Module:
    """Return the part behind the `Normalise` layer of what `build_network` returns."""
    inner = dict(network.named_children()).get("network")
    return network if inner is None else inner


def _pieces(path: str, part: nn.Module) -> Iterable[tuple[str, nn.Module]]:
    """Yield marked parts whole, and all others layer by layer."""
    children = list(part.named_children())
    if hasattr(part, BLOCK) or not children:
        yield path, part
        return
    for name, child in children:
        yield from _pieces(f"{path}.{name}" if path else name, child)


def _has_matrix(part: nn.Module) -> bool:
    return any(parameter.ndim >= MATRIX for parameter in part.parameters(recurse=False))
