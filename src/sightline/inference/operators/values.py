"""What is known of a graph's values before anything is computed: their shapes, and numbers that make shapes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Shape = tuple[int, ...]
Numbers = npt.NDArray[Any]
MOST_KNOWN = 4096
"""Numbers of an array that are kept: shapes, axes and indices are shorter."""
PLAIN, HARD = 32, 128
"""Work of a value that is written, and of one that takes a power or an exponential, in multiply-adds of a matrix
product: as many of those a processor does meanwhile."""


@dataclass(frozen=True, eq=False)
class Value:
    """One value of a graph.

    Args:
        shape: Every side as a number.
        fixed: Whether it is the same whatever the samples are, so that a runtime may compute it while loading.
        known: Its numbers, where they are few and follow from constants and shapes; None otherwise.
    """

    shape: Shape
    fixed: bool = False
    known: Numbers | None = None

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


@dataclass(frozen=True)
class Node:
    """One step of a graph.

    Args:
        operator: Of the ONNX standard, such as ``Conv``.
        inputs: Names of values; empty where an optional one is left out.
        outputs: Names of the values that it gives.
        attributes: Numbers, lists of numbers and texts as bytes; of an array, its `Value`.
    """

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    def number(self, name: str, otherwise: int) -> int:
        """Return an attribute that is a whole number."""
        return int(self.attributes.get(name, otherwise))

    def numbers(self, name: str, otherwise: Sequence[int]) -> list[int]:
        """Return an attribute that is a list of whole numbers.

        Raises:
            ValueError: The list has another length than the one that holds without it.
        """
        found = self.attributes.get(name, otherwise)
        require(len(found) == len(otherwise), f"{self.operator} has {len(found)} {name}; expected {len(otherwise)}")
        return [int(one) for one in found]


@dataclass(frozen=True)
class Outcome:
    """What a step makes: the shapes of its values, and its work in multiply-adds besides writing them."""

    shapes: tuple[Shape, ...]
    work: int = 0


Inputs = Sequence[Value | None]
Rule = Callable[[Node, Inputs], Outcome]
Fold = Callable[[Node, Sequence[Numbers], Shape], Numbers | None]
"""From a node, its inputs and its output's shape to the output, as the runtime computes it; None where that is open."""


@dataclass(frozen=True)
class Operator:
    """What is understood of an operator.

    Args:
        rule: From a node and its inputs to what it makes.
        inputs: The fewest and the most inputs that it takes.
        attributes: The names that it may have, each with its type: ``int``, ``ints``, ``float``, ``floats``, ``text``
            or ``array``.
        fold: Computes few numbers that are known; None where no shape is made of what the operator gives.
    """

    rule: Rule
    inputs: tuple[int, int]
    attributes: dict[str, str]
    fold: Fold | None = None


def require(holds: bool, problem: str) -> None:  # noqa: FBT001 - it is what the sentence is about
    """Raise a ValueError with a problem unless something holds."""
    if not holds:
        raise ValueError(problem)


def given(node: Node, inputs: Inputs, place: int) -> Value:
    """Return an input that must be there.

    Raises:
        ValueError: It is left out.
    """
    value = inputs[place] if place < len(inputs) else None
    if value is None:
        raise ValueError(f"{node.operator} lacks its input {place + 1}")
    return value


def known(node: Node, inputs: Inputs, place: int) -> list[int]:
    """Return the whole numbers of an input that a shape is made of.

    Raises:
        ValueError: They can't be told without a sample, or are no whole numbers.
    """
    numbers = given(node, inputs, place).known
    if numbers is None or numbers.dtype.kind not in "iu":
        raise ValueError(f"{node.operator} makes a size of what can't be told beforehand")
    return [int(one) for one in numbers.ravel()]


def known_or(node: Node, inputs: Inputs, place: int, otherwise: list[int] | None) -> list[int] | None:
    """Return the whole numbers of an input, or something else where it is left out."""
    there = place < len(inputs) and inputs[place] is not None
    return known(node, inputs, place) if there else otherwise


def axis_of(node: Node, axis: int, rank: int) -> int:
    """Return an axis counted from the front.

    Raises:
        ValueError: There is no such axis.
    """
    require(-rank <= axis < rank, f"{node.operator} has the axis {axis} of {rank}")
    return axis % rank


def axes_of(node: Node, axes: Sequence[int], rank: int) -> list[int]:
    """Return axes counted from the front, each once.

    Raises:
        ValueError: There is no such axis, or one is named twice.
    """
    places = [axis_of(node, axis, rank) for axis in axes]
    require(len(set(places)) == len(places), f"{node.operator} names an axis twice")
    return places


def joined(*shapes: Shape) -> Shape:
    """Return the shape that arrays of these shapes are broadcast to.

    Raises:
        ValueError: They do not go together.
    """
    return tuple(int(side) for side in np.broadcast_shapes(*shapes))
