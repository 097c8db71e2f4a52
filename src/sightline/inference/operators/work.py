"""What a graph costs, estimated from the shapes of its values before anything of it is computed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from sightline.inference.operators.rearranging import sides_of
from sightline.inference.operators.table import OPERATORS
from sightline.inference.operators.values import MOST_KNOWN, PLAIN, Node, Numbers, Shape, Value, given, require

MOST_LOADING = 2**34
"""Multiply-adds of what is the same for all samples, which a runtime computes while it loads."""
MOST_ANSWERING = 2**42
"""Multiply-adds of one batch."""
MOST_VALUES_ALIVE = 2**30
"""Numbers in memory at a time: 4 GiB of float32."""


@dataclass(frozen=True)
class Work:
    """What a graph costs for a batch of one size.

    Args:
        loading: Multiply-adds of what is the same for all samples.
        answering: Multiply-adds of the rest.
        alive: The most numbers that are in memory at a time, the file's own arrays apart.
    """

    loading: int
    answering: int
    alive: int


@dataclass
class Estimate:
    """Walks through a graph once, in its order, and adds up.

    Args:
        values: What is known of the arrays and the input, by name.
        readers: How often every value is still read.
    """

    values: dict[str, Value]
    readers: Counter[str]
    loading: int = 0
    answering: int = 0
    alive: int = 0
    most_alive: int = 0

    def take(self, node: Node) -> None:
        """Add a node.

        Raises:
            ValueError: Its sizes do not go together, can't be told, or are beyond the budget.
        """
        inputs = [self._value(name) if name else None for name in node.inputs]
        operator = OPERATORS[node.operator]
        outcome = operator.rule(node, inputs)
        require(len(outcome.shapes) == len(node.outputs), f"{node.operator} gives {len(outcome.shapes)} values")
        fixed = node.operator in ("Shape", "Size") or all(value is None or value.fixed for value in inputs)
        for name, shape in zip(node.outputs, outcome.shapes, strict=True):
            self.values[name] = Value(shape, fixed, _known(node, inputs, shape))
            self.alive += prod(shape)
        self._add(outcome.work + PLAIN * (1 + sum(map(prod, outcome.shapes))), fixed=fixed)
        self._let_go(node)

    def _value(self, name: str) -> Value:
        value = self.values.get(name)
        if value is None:
            raise ValueError(f"{name[:60]!r} is read before it is there")
        return value

    def _add(self, work: int, *, fixed: bool) -> None:
        if fixed:
            self.loading += work
        else:
            self.answering += work
        self.most_alive = max(self.most_alive, self.alive)
        _require_within(self.most_alive, MOST_VALUES_ALIVE, "numbers in memory at a time")
        _require_within(self.loading, MOST_LOADING, "multiply-adds of work to load")
        _require_within(self.answering, MOST_ANSWERING, "multiply-adds of work for one answer")

    def _let_go(self, node: Node) -> None:
        """Take what is read for the last time, or never, out of the count; what is fixed stays in memory."""
        self.readers.subtract(node.inputs)
        for name in {*node.inputs, *node.outputs} - {""}:
            if self.readers[name] <= 0 and not self.values[name].fixed:
                self.alive -= self.values[name].count


def _require_within(value: int, limit: int, what: str) -> None:
    require(value <= limit, f"it takes {value:.2g} {what}; at most {limit:.2g} are allowed")


def _known(node: Node, inputs: Sequence[Value | None], shape: Shape) -> Numbers | None:
    """Return a node's numbers, where they are few and follow from what is known."""
    if node.operator == "Shape":
        return np.array(sides_of(node, given(node, inputs, 0).shape), dtype=np.int64)
    if node.operator == "Size":
        return np.array(given(node, inputs, 0).count, dtype=np.int64)
    fold = OPERATORS[node.operator].fold
    numbers = [value.known for value in inputs if value is not None]
    if fold is None or prod(shape) > MOST_KNOWN or any(one is None for one in numbers):
        return None
    found = fold(node, [one for one in numbers if one is not None], shape)
    require(found is None or found.shape == shape, f"{node.operator} has numbers of another shape")
    return found


def work_of(
    nodes: Sequence[Node], arrays: Mapping[str, Value], *, name: str, shape: Shape, kept: Sequence[str]
) -> Work:
    """Return what a graph costs for a batch.

    Args:
        nodes: In the order in which they are computed.
        arrays: The file's own, by name.
        name: What the input is called.
        shape: Of the whole batch, (N, ...).
        kept: Names of outputs, which stay in memory until the end.

    Raises:
        ValueError: Sizes do not go together, can't be told beforehand, or are beyond the budget.
    """
    readers = Counter(read for node in nodes for read in node.inputs)
    readers.update(kept)
    values = {**arrays, name: Value(shape)}
    estimate = Estimate(values, readers, alive=prod(shape))
    for node in nodes:
        estimate.take(node)
    for output in kept:
        require(output in values, f"its output {output[:60]!r} is made by nothing")
    return Work(estimate.loading, estimate.answering, estimate.most_alive)
