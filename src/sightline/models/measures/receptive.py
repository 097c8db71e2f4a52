"""How much of the picture one unit of a layer sees, through any graph of modules.

A forward pass on torch's meta device is watched operation by operation, so residual additions,
concatenated branches and slices need no code of their own, and nothing is computed or allocated.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from sightline.models.measures.forward_pass import blank, parts, run_shapes, watched

PICTURE_DIMENSIONS = 4
DENSE = ("addmm", "mm", "bmm", "baddbmm")
ADAPTIVE = ("_adaptive_avg_pool2d", "adaptive_max_pool2d")
POOLING = ("max_pool2d_with_indices", "avg_pool2d")
REDUCTIONS = ("mean", "sum", "amax", "amin")


@dataclass(frozen=True)
class ReceptiveField:
    """The square of the input that one unit of a layer sees.

    Args:
        size: Its side in pixels, by arithmetic alone: where it is larger than the picture, the unit
            sees all of it and padding besides. Where sides differ, the longer one.
        jump: Pixels between the squares of neighbouring units; 0 where units have no place in the
            picture, as in dense layers.
    """

    size: int
    jump: int


@dataclass(frozen=True)
class _Reach:
    """What is known of a tensor: one unit's field, and the side that all its units see together."""

    field: ReceptiveField
    together: int


def receptive_fields(network: nn.Module, shape: tuple[int, int, int]) -> dict[str, ReceptiveField]:
    """Return the receptive field of one output unit of every module, blocks included.

    With a window of k at stride s over units that see r pixels and lie j apart, a unit sees
    r + (k - 1) j pixels and lies s j apart; a dilated window is as wide as its outermost weights.
    Where branches meet, the largest counts.

    Args:
        network: Takes (N, C, H, W) float32; its mode and weights stay as they are.
        shape: (H, W, C) of the input.

    Returns:
        A field for each module's name, in the order in which they finish.

    Reference:
        Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
        Distill (2019), equations 2 and 3. https://distill.pub/2019/computing-receptive-fields/
    """
    picture = blank(shape, count=1)
    following = _Following(picture)
    fields: dict[str, ReceptiveField] = {}

    def note(name: str, _layer: nn.Module, _input: torch.Tensor, output: torch.Tensor) -> None:
        reach = following.reach(output)
        if reach is not None:
            fields[name] = reach.field

    with watched(parts(network), after=note), following:
        run_shapes(network, picture, training=False)
    return fields


class _Following(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch 2.11
    """Keeps, for every tensor that depends on the picture, what its units see.

    Args:
        picture: Each of its pixels sees itself.
    """

    def __init__(self, picture: torch.Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._reaches: dict[int, _Reach] = {}
        self._alive: list[torch.Tensor] = []  # an id is a tensor's own only as long as the tensor lives
        self._keep(picture, _spread(ReceptiveField(1, 1), picture, 1))

    def reach(self, tensor: torch.Tensor) -> _Reach | None:
        """Return what is known of a tensor."""
        return self._reaches.get(id(tensor))

    def _keep(self, tensor: torch.Tensor, reach: _Reach) -> None:
        self._reaches[id(tensor)] = reach
        self._alive.append(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        outcome = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        sources = [reach for reach in map(self.reach, tensors) if reach is not None]
        if sources:
            for output in tree_leaves(outcome):
                if isinstance(output, torch.Tensor):
                    self._keep(output, _after(func.overloadpacket.__name__, args, sources, output))
        return outcome


def _after(operation: str, args: Any, sources: list[_Reach], output: torch.Tensor) -> _Reach:
    """Return what the units of an operation's output see."""
    together = max(source.together for source in sources)
    if operation in DENSE:
        return _Reach(ReceptiveField(together, 0), together)
    size = max(source.field.size for source in sources)
    jump = max(source.field.jump for source in sources)
    window, stride = _window(operation, args, output)
    return _spread(ReceptiveField(size + (window - 1) * jump, stride * jump), output, together)


def _spread(field: ReceptiveField, tensor: torch.Tensor, together: int) -> _Reach:
    if tensor.ndim != PICTURE_DIMENSIONS:
        return _Reach(field, together)
    return _Reach(field, field.size + (max(tensor.shape[2:]) - 1) * field.jump)


def _window(operation: str, args: Any, output: torch.Tensor) -> tuple[int, int]:
    """Return window and stride of an operation, in units of its input; (1, 1) where it works unit by unit."""
    if operation == "convolution":
        _, weight, _, stride, _, dilation = args[:6]
        return max(step * (side - 1) + 1 for step, side in zip(dilation, weight.shape[2:], strict=True)), max(stride)
    if operation in POOLING:
        dilation = args[4] if operation.startswith("max") and len(args) > 4 else [1]  # noqa: PLR2004 - aten's order
        return max(dilation) * (max(args[1]) - 1) + 1, max((args[2] if len(args) > 2 else None) or args[1])  # noqa: PLR2004
    if operation in ADAPTIVE:
        before, after = max(args[0].shape[2:]), max(output.shape[2:])
        widest = max(-(-(place + 1) * before // after) - place * before // after for place in range(after))
        return widest, max(1, before // after)
    if operation in REDUCTIONS and args[0].ndim == PICTURE_DIMENSIONS and output.shape[2:] != args[0].shape[2:]:
        return max(args[0].shape[2:]), max(args[0].shape[2:])
    if operation == "slice" and len(args) > 4:  # noqa: PLR2004 - tensor, dimension, start, end, step
        return 1, args[4] if args[1] % args[0].ndim == PICTURE_DIMENSIONS - 1 else 1  # rows are stepped alike
    return 1, 1
