"""Operators that compute every value by itself."""

from sightline.inference.operators.values import HARD, Inputs, Node, Outcome, Rule, given, joined, require


def broadcast(node: Node, inputs: Inputs) -> Outcome:
    """Return what arrays make together, value by value."""
    return Outcome((joined(*(given(node, inputs, place).shape for place in range(len(inputs)))),))


def same(node: Node, inputs: Inputs) -> Outcome:
    """Return a value of the first input's shape; the others, such as bounds, are single numbers or rows."""
    first = given(node, inputs, 0)
    rows = [value for value in inputs[1:] if value is not None]
    require(all(row.count <= max(1, first.count) for row in rows), f"{node.operator} has inputs of other sizes")
    return Outcome((first.shape,))


def hard(rule: Rule) -> Rule:
    """Return a rule for an operator whose values take a power, an exponential or a division each."""

    def harder(node: Node, inputs: Inputs) -> Outcome:
        outcome = rule(node, inputs)
        values = sum(value.count for value in inputs if value is not None)
        return Outcome(outcome.shapes, outcome.work + HARD * values)

    return harder


def dynamically_quantised(node: Node, inputs: Inputs) -> Outcome:
    """Return bytes of the input's shape, their scale and their zero."""
    first = given(node, inputs, 0)
    return Outcome((first.shape, (), ()), HARD * first.count)
