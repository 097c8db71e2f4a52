"""Operators that take values from one place to another, or make arrays of a size that they are given."""

from math import prod

from sightline.inference.operators.values import (
    PLAIN,
    Inputs,
    Node,
    Outcome,
    Shape,
    Value,
    axes_of,
    axis_of,
    given,
    joined,
    known,
    known_or,
    require,
)


def constant(node: Node, inputs: Inputs) -> Outcome:
    """Return an array that stands in an attribute."""
    require(not inputs and len(node.attributes) == 1, "Constant has not exactly one value")
    (value,) = node.attributes.values()
    if isinstance(value, Value):
        return Outcome((value.shape,))
    return Outcome(((len(value),) if isinstance(value, list) else (),))


def filled(node: Node, inputs: Inputs) -> Outcome:
    """Return an array of one number, of a size that is known."""
    return Outcome((_sides(node, known(node, inputs, 0)),))


def expanded(node: Node, inputs: Inputs) -> Outcome:
    """Return an array that is repeated along sides of one."""
    return Outcome((joined(given(node, inputs, 0).shape, _sides(node, known(node, inputs, 1))),))


def tiled(node: Node, inputs: Inputs) -> Outcome:
    """Return an array that is repeated along every side."""
    shape, times = given(node, inputs, 0).shape, _sides(node, known(node, inputs, 1))
    require(len(shape) == len(times), "Tile has another number of repeats than of sides")
    return Outcome((tuple(side * count for side, count in zip(shape, times, strict=True)),))


def counted(node: Node, inputs: Inputs) -> Outcome:
    """Return the numbers from a start to a limit."""
    (start,), (limit,), (delta,) = (known(node, inputs, place)[:1] or [0] for place in range(3))
    require(delta != 0, "Range has steps of 0")
    return Outcome(((max(0, -(-(limit - start) // delta)),),))


def shape_of(node: Node, inputs: Inputs) -> Outcome:
    """Return how many sides an array has, or those from one to another."""
    return Outcome(((len(sides_of(node, given(node, inputs, 0).shape)),),))


def sides_of(node: Node, shape: Shape) -> Shape:
    """Return the sides that a Shape node names."""
    return shape[node.number("start", 0) : node.number("end", len(shape))]


def single(_: Node, __: Inputs) -> Outcome:
    """Return a single number."""
    return Outcome(((),))


def reshaped(node: Node, inputs: Inputs) -> Outcome:
    """Return the same values with other sides; one side may be left open."""
    whole, sides = given(node, inputs, 0), known(node, inputs, 1)
    if not node.number("allowzero", 0):
        require(all(side or place < len(whole.shape) for place, side in enumerate(sides)), "Reshape copies no side")
        sides = [side or whole.shape[place] for place, side in enumerate(sides)]
    require(sides.count(-1) <= 1 and min(sides, default=1) >= -1, f"Reshape has the sides {sides[:8]}")
    if -1 in sides:
        rest = prod(side for side in sides if side != -1)
        require(rest > 0 and whole.count % rest == 0, f"Reshape has {whole.count} values for the sides {sides[:8]}")
        sides[sides.index(-1)] = whole.count // rest
    require(prod(sides) == whole.count, f"Reshape has {whole.count} values for the sides {sides[:8]}")
    return Outcome((tuple(sides),))


def flattened(node: Node, inputs: Inputs) -> Outcome:
    """Return a matrix."""
    shape = given(node, inputs, 0).shape
    axis = node.number("axis", 1)
    require(-len(shape) <= axis <= len(shape), f"Flatten has the axis {axis} of {len(shape)}")
    place = axis % len(shape) if axis < 0 else axis
    return Outcome(((prod(shape[:place]), prod(shape[place:])),))


def squeezed(node: Node, inputs: Inputs) -> Outcome:
    """Return the same values without sides of one."""
    shape = given(node, inputs, 0).shape
    ones = [place for place, side in enumerate(shape) if side == 1]
    gone = axes_of(node, known_or(node, inputs, 1, ones) or [], len(shape))
    require(all(shape[place] == 1 for place in gone), "Squeeze takes away a side that is not 1")
    return Outcome((tuple(side for place, side in enumerate(shape) if place not in gone),))


def unsqueezed(node: Node, inputs: Inputs) -> Outcome:
    """Return the same values with more sides of one."""
    shape, axes = given(node, inputs, 0).shape, known(node, inputs, 1)
    rank = len(shape) + len(axes)
    new, old = axes_of(node, axes, rank), iter(shape)
    return Outcome((tuple(1 if place in new else next(old) for place in range(rank)),))


def transposed(node: Node, inputs: Inputs) -> Outcome:
    """Return the same values with the sides in another order."""
    shape = given(node, inputs, 0).shape
    order = node.numbers("perm", range(len(shape))[::-1])
    require(sorted(order) == list(range(len(shape))), f"Transpose has the order {order[:8]}")
    return Outcome((tuple(shape[place] for place in order),))


def concatenated(node: Node, inputs: Inputs) -> Outcome:
    """Return arrays one after the other."""
    shapes = [given(node, inputs, place).shape for place in range(len(inputs))]
    axis = axis_of(node, node.number("axis", 0), len(shapes[0]))
    others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes if len(shape) == len(shapes[0])}
    require(len(others) == 1 and len({len(shape) for shape in shapes}) == 1, "Concat has arrays of other sides")
    return Outcome(((*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :]),))


def split(node: Node, inputs: Inputs) -> Outcome:
    """Return an array in parts."""
    shape = given(node, inputs, 0).shape
    axis, count = axis_of(node, node.number("axis", 0), len(shape)), len(node.outputs)
    each = -(-shape[axis] // count)
    even = [each] * (count - 1) + [shape[axis] - each * (count - 1)]
    sizes = known_or(node, inputs, 1, even) or []
    require(len(sizes) == count and sum(sizes) == shape[axis] and min(sizes) >= 0, "Split has parts of other sizes")
    return Outcome(tuple((*shape[:axis], size, *shape[axis + 1 :]) for size in sizes))


def sliced(node: Node, inputs: Inputs) -> Outcome:
    """Return a stretch of an array along some axes."""
    shape = list(given(node, inputs, 0).shape)
    starts, ends = known(node, inputs, 1), known(node, inputs, 2)
    axes = axes_of(node, known_or(node, inputs, 3, list(range(len(starts)))) or [], len(shape))
    steps = known_or(node, inputs, 4, [1] * len(starts)) or []
    require(len(starts) == len(ends) == len(axes) == len(steps) and 0 not in steps, "Slice has ends of other sizes")
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        shape[axis] = len(range(*slice(start, end, step).indices(shape[axis])))
    return Outcome((tuple(shape),))


def padded(node: Node, inputs: Inputs) -> Outcome:
    """Return an array with more around it."""
    shape, pads = list(given(node, inputs, 0).shape), known(node, inputs, 1)
    axes = axes_of(node, known_or(node, inputs, 3, list(range(len(shape)))) or [], len(shape))
    require(len(pads) == 2 * len(axes) and min(pads, default=0) >= 0, "Pad has pads of impossible sizes")
    for place, axis in enumerate(axes):
        shape[axis] += pads[place] + pads[place + len(axes)]
    return Outcome((tuple(shape),))


def gathered(node: Node, inputs: Inputs) -> Outcome:
    """Return rows of an array by their indices."""
    shape, indices = given(node, inputs, 0).shape, given(node, inputs, 1).shape
    axis = axis_of(node, node.number("axis", 0), len(shape))
    return Outcome(((*shape[:axis], *indices, *shape[axis + 1 :]),))


def gathered_deep(node: Node, inputs: Inputs) -> Outcome:
    """Return rows of an array by indices of several sides each."""
    shape, indices = given(node, inputs, 0).shape, given(node, inputs, 1).shape
    alike = node.number("batch_dims", 0)
    require(len(indices) > alike >= 0 and alike + indices[-1] <= len(shape), "GatherND has indices of more sides")
    require(shape[:alike] == indices[:alike], "GatherND has another number of indices than of rows")
    return Outcome(((*indices[:-1], *shape[alike + indices[-1] :]),))


def gathered_singly(node: Node, inputs: Inputs) -> Outcome:
    """Return single values by their indices."""
    require(len(given(node, inputs, 0).shape) == len(given(node, inputs, 1).shape), f"{node.operator} has other ranks")
    return Outcome((given(node, inputs, 1).shape,))


def scattered(node: Node, inputs: Inputs) -> Outcome:
    """Return an array in which some values were replaced or added to."""
    return Outcome((given(node, inputs, 0).shape,), PLAIN * given(node, inputs, 2).count)


def one_hot(node: Node, inputs: Inputs) -> Outcome:
    """Return a row for each index, with one value of its own."""
    shape, (depth,) = given(node, inputs, 0).shape, known(node, inputs, 1)[:1] or [0]
    axis = axis_of(node, node.number("axis", -1), len(shape) + 1)
    return Outcome((_sides(node, [*shape[:axis], depth, *shape[axis:]]),))


def _sides(node: Node, sides: list[int]) -> Shape:
    require(min(sides, default=0) >= 0, f"{node.operator} has the sides {sides[:8]}")
    return tuple(sides)
