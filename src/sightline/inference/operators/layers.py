"""Matrix products, convolutions, pools: the operators whose work is more than their values."""

from collections.abc import Sequence
from math import prod

from sightline.inference.operators.values import (
    PLAIN,
    Inputs,
    Node,
    Outcome,
    Shape,
    axes_of,
    axis_of,
    given,
    joined,
    known,
    known_or,
    require,
)

SAME = (b"SAME_UPPER", b"SAME_LOWER")


def matrix_product(node: Node, inputs: Inputs) -> Outcome:
    """Return the product of two stacks of matrices, as numpy has it."""
    left, right = given(node, inputs, 0).shape, given(node, inputs, 1).shape
    require(len(left) > 0 < len(right), "MatMul has a single number to multiply")
    row, column = len(left) == 1, len(right) == 1
    left, right = (1, *left) if row else left, (*right, 1) if column else right
    require(left[-1] == right[-2], f"MatMul has {left[-1]} columns for {right[-2]} rows")
    stack = joined(left[:-2], right[:-2])
    shape = (*stack, *(() if row else left[-2:-1]), *(() if column else right[-1:]))
    return Outcome((shape,), prod(stack) * left[-2] * right[-1] * left[-1])


def dense(node: Node, inputs: Inputs) -> Outcome:
    """Return what Gemm makes of two matrices and what is added."""
    sides = [given(node, inputs, place).shape for place in (0, 1)]
    require(all(len(one) == len("HW") for one in sides), "Gemm has what is no matrix")
    left, right = (
        one[::-1] if node.number(name, 0) else one for one, name in zip(sides, ("transA", "transB"), strict=True)
    )
    require(left[1] == right[0], f"Gemm has {left[1]} columns for {right[0]} rows")
    shape = (left[0], right[1])
    added = inputs[2] if len(inputs) > len("AB") else None
    require(added is None or joined(added.shape, shape) == shape, "Gemm adds another size")
    return Outcome((shape,), prod(shape) * left[1])


def convolution(node: Node, inputs: Inputs) -> Outcome:
    """Return (N, M, ...) maps of (N, C, ...) maps and (M, C / group, ...) kernels."""
    maps, kernels = given(node, inputs, 0).shape, given(node, inputs, 1).shape
    group = node.number("group", 1)
    require(len(maps) == len(kernels) > len("NC"), "Conv has kernels of another rank than its maps")
    require(group > 0 and maps[1] == group * kernels[1], f"Conv has {maps[1]} maps for kernels of {kernels[1]}")
    require(kernels[0] % group == 0, "Conv has kernels that its groups do not share evenly")
    kernel = node.numbers("kernel_shape", kernels[2:])
    require(tuple(kernel) == kernels[2:], "Conv has another kernel_shape than its kernels")
    shape = (maps[0], kernels[0], *_windows(node, maps[2:], kernel))
    return Outcome((shape,), prod(shape) * prod(kernels[1:]))


def pool(node: Node, inputs: Inputs) -> Outcome:
    """Return what a window makes of each place of (N, C, ...) maps."""
    maps = given(node, inputs, 0).shape
    require(len(maps) > len("NC"), f"{node.operator} has no maps")
    kernel = node.numbers("kernel_shape", maps[2:])
    shape = (*maps[:2], *_windows(node, maps[2:], kernel))
    return Outcome((shape,), PLAIN * prod(shape) * prod(kernel))


def _windows(node: Node, sides: Shape, kernel: Sequence[int]) -> Shape:
    """Return how many windows lie along every side."""
    ones = [1] * len(sides)
    strides, dilations = node.numbers("strides", ones), node.numbers("dilations", ones)
    pads = node.numbers("pads", [0] * 2 * len(sides))
    positive = min([*strides, *dilations, *kernel]) > 0 and min(pads) >= 0
    require(positive, f"{node.operator} has windows, strides or pads of impossible sizes")
    if node.attributes.get("auto_pad") in SAME:
        return tuple(-(-side // stride) for side, stride in zip(sides, strides, strict=True))
    counts = []
    for place, side in enumerate(sides):
        before, after = pads[place], pads[place + len(sides)]
        window = dilations[place] * (kernel[place] - 1) + 1
        room = side + before + after - window
        require(room >= 0, f"{node.operator} has windows larger than its maps")
        count = room // strides[place] + 1
        if node.number("ceil_mode", 0):
            count = -(-room // strides[place]) + 1
            count -= (count - 1) * strides[place] >= side + before  # a window begins inside
        counts.append(count)
    return tuple(counts)


def global_pool(node: Node, inputs: Inputs) -> Outcome:
    """Return one value of each map."""
    maps = given(node, inputs, 0)
    require(len(maps.shape) > len("NC"), f"{node.operator} has no maps")
    return Outcome(((*maps.shape[:2], *[1] * (len(maps.shape) - 2)),), PLAIN * maps.count)


def reduction(node: Node, inputs: Inputs) -> Outcome:
    """Return one value for each row along some axes."""
    whole = given(node, inputs, 0)
    rank = len(whole.shape)
    axes = known_or(node, inputs, 1, []) or []
    if not axes and node.number("noop_with_empty_axes", 0):
        return Outcome((whole.shape,))
    gone = axes_of(node, axes, rank) or list(range(rank))
    return Outcome((_without(node, whole.shape, gone),), PLAIN * whole.count)


def largest_place(node: Node, inputs: Inputs) -> Outcome:
    """Return the place of the largest or smallest value along one axis."""
    whole = given(node, inputs, 0)
    gone = [axis_of(node, node.number("axis", 0), len(whole.shape))]
    return Outcome((_without(node, whole.shape, gone),), PLAIN * whole.count)


def _without(node: Node, shape: Shape, axes: Sequence[int]) -> Shape:
    if node.number("keepdims", 1):
        return tuple(1 if place in axes else side for place, side in enumerate(shape))
    return tuple(side for place, side in enumerate(shape) if place not in axes)


def largest(node: Node, inputs: Inputs) -> Outcome:
    """Return the largest values along an axis, and their places."""
    whole = given(node, inputs, 0)
    axis = axis_of(node, node.number("axis", -1), len(whole.shape))
    (count,) = known(node, inputs, 1) or [0]
    require(0 <= count <= whole.shape[axis], f"TopK has {count} of {whole.shape[axis]}")
    shape = (*whole.shape[:axis], count, *whole.shape[axis + 1 :])
    return Outcome((shape, shape), PLAIN * whole.count * max(1, whole.shape[axis].bit_length()))
