"""Few numbers that are known, computed as the runtime computes them: what shapes are made of."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sightline.inference.operators.rearranging import sides_of
from sightline.inference.operators.values import Fold, Node, Numbers, Shape

DTYPES: dict[int, str] = {
    1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64",
}  # fmt: skip
"""ONNX's numbers of the types that a graph may have, and numpy's names."""
WHOLE = "iub"


def pointwise(function: Callable[..., Any]) -> Fold:
    """Return what computes every value by itself by a function of numpy."""

    def fold(_: Node, inputs: Sequence[Numbers], shape: Shape) -> Numbers:
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(function(*inputs)), shape)

    return fold


def rearranged(function: Callable[[Node, Sequence[Numbers], Shape], Any]) -> Fold:
    """Return what takes values from one place to another."""
    return lambda node, inputs, shape: np.asarray(function(node, inputs, shape)).reshape(shape)


def quotient(_: Node, inputs: Sequence[Numbers], shape: Shape) -> Numbers | None:
    """Return whole numbers divided as C divides them: the rest has the sign of what is divided."""
    left, right = inputs
    if left.dtype.kind not in WHOLE:
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(left / right), shape)
    if not np.all(right):
        return None
    signs = np.sign(left) * np.sign(right)
    return np.broadcast_to((np.abs(left) // np.abs(right) * signs).astype(left.dtype), shape)


def remainder(node: Node, inputs: Sequence[Numbers], shape: Shape) -> Numbers | None:
    """Return the rest of whole numbers, which has the sign of the divisor."""
    left, right = inputs
    if node.number("fmod", 0) or left.dtype.kind not in WHOLE or not np.all(right):
        return None
    return np.broadcast_to(np.mod(left, right), shape)


def cast(node: Node, inputs: Sequence[Numbers], _: Shape) -> Numbers | None:
    """Return numbers of another type, where each has room in it."""
    name = DTYPES.get(node.number("to", 0))
    if name is None:
        return None
    (numbers,) = inputs
    target = np.dtype(name)
    if target.kind in "iu" and numbers.dtype.kind != "b":
        limits = np.iinfo(target)
        inside = (numbers >= limits.min) & (numbers <= limits.max) & (np.abs(numbers.astype(np.float64)) < 2**62)
        if not inside.all():
            return None
    return numbers.astype(target)


def sides(node: Node, inputs: Sequence[Numbers], _: Shape) -> Numbers:
    """Return the sides of an array, whose numbers are not looked at."""
    return np.array(sides_of(node, inputs[0].shape), dtype=np.int64)


def gathered(node: Node, inputs: Sequence[Numbers], _: Shape) -> Numbers | None:
    """Return rows by their indices, which may be counted from the end."""
    numbers, indices = inputs
    axis = node.number("axis", 0)
    side = numbers.shape[axis]
    if not np.all((indices >= -side) & (indices < side)):
        return None
    rows: Numbers = np.take(numbers, indices.astype(np.int64) % max(1, side), axis=axis)
    return rows


def sliced(_: Node, inputs: Sequence[Numbers], shape: Shape) -> Numbers:
    """Return a stretch along some axes."""
    numbers, starts, ends, *more = inputs
    axes = more[0] if more else np.arange(len(starts))
    steps = more[1] if len(more) > 1 else np.ones(len(starts), np.int64)
    places = [slice(None)] * numbers.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        first, last, stride = slice(int(start), int(end), int(step)).indices(numbers.shape[int(axis)])
        places[int(axis)] = slice(first, None if last < 0 else last, stride)
    return numbers[tuple(places)].reshape(shape)


def filled(node: Node, _: Sequence[Numbers], shape: Shape) -> Numbers | None:
    """Return an array of one number."""
    value = node.attributes.get("value")
    if value is None:
        return np.zeros(shape, np.float32)
    return None if value.known is None else np.full(shape, value.known.ravel()[0])


def constant(node: Node, _: Sequence[Numbers], shape: Shape) -> Numbers | None:
    """Return the numbers that stand in an attribute."""
    ((name, value),) = node.attributes.items()
    if name == "value":
        known: Numbers | None = value.known
        return known
    return np.array(value, np.int64).reshape(shape) if name in ("value_int", "value_ints") else None
