"""Several models' graphs as one: the same pictures go through all of them, and their answers become one answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.choose import require_extra
from sightline.core.errors import BundleError
from sightline.inference.signature import INPUT, OUTPUT

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

SMALLEST = 1e-12
"""A probability below this counts as this before its logarithm is taken."""


def ensemble_graph(
    graphs: Sequence[bytes], weights: Sequence[float], *, combination: str, factor: float | None
) -> bytes:
    """Return one ONNX file from pixels to probabilities.

    Args:
        graphs: The ONNX files of the members, all from the same ``pixels`` to ``probabilities`` of the same classes.
        weights: Of the members, summing to one.
        combination: One of `COMBINING`, such as ``"mean"``.
        factor: Multiplies the logarithms of the combined probabilities before a softmax; None leaves them.

    Raises:
        BundleError: The members' graphs were written in different versions of ONNX's operators.
        MissingExtraError: onnx is not installed.
    """
    require_extra("onnx", extra="train", purpose="making an ensemble's graph")
    import onnx
    from onnx import compose, helper

    loaded = [onnx.load_from_string(graph) for graph in graphs]
    versions = {entry.version for model in loaded for entry in model.opset_import}
    if len(versions) > 1:
        raise BundleError(
            f"the members' graphs have the operator versions {sorted(versions)}; expected one",
            hint="train the older ones again with this version of sightline",
        )
    members = [compose.add_prefix(model, f"member{place}_", rename_inputs=False) for place, model in enumerate(loaded)]
    answers = [member.graph.output[0].name for member in members]
    nodes, constants = COMBINING[combination](answers, weights)
    ends, more = _calibrated(nodes[-1].output[0], factor)
    classes = loaded[0].graph.output[0].type.tensor_type.shape.dim[1].dim_value
    graph = helper.make_graph(
        [*(node for member in members for node in member.graph.node), *nodes, *ends],
        "sightline",
        [loaded[0].graph.input[0]],
        [helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, ["batch", classes])],
        [*(entry for member in members for entry in member.graph.initializer), *constants, *more],
    )
    whole = helper.make_model(graph, producer_name="sightline", opset_imports=[loaded[0].opset_import[0]])
    whole.ir_version = max(model.ir_version for model in loaded)
    if graph.input[0].name != INPUT:
        raise BundleError(f"a member's graph takes {graph.input[0].name!r}; expected {INPUT!r}", hint="train it again")
    return bytes(whole.SerializeToString(deterministic=True))


Parts = tuple[list["NodeProto"], list["TensorProto"]]


def _mean(answers: Sequence[str], weights: Sequence[float]) -> Parts:
    """Return what adds up the members' answers, each times its weight."""
    from onnx import helper

    scales = [_constant(f"weight{place}", weight) for place, weight in enumerate(weights)]
    scaled = [
        helper.make_node("Mul", [answer, scale.name], [f"scaled{place}"])
        for place, (answer, scale) in enumerate(zip(answers, scales, strict=True))
    ]
    return [*scaled, *_sum([node.output[0] for node in scaled])], scales


def _vote(answers: Sequence[str], weights: Sequence[float]) -> Parts:
    """Return what gives each member's vote to its likeliest class, and divides by all votes."""
    from onnx import helper, numpy_helper

    axis = numpy_helper.from_array(np.array([1], np.int64), "class_axis")
    nodes, votes = list["NodeProto"](), list[str]()
    for place, answer in enumerate(answers):
        nodes += [
            helper.make_node("ReduceMax", [answer, axis.name], [f"likeliest{place}"], keepdims=1),
            helper.make_node("GreaterOrEqual", [answer, f"likeliest{place}"], [f"has_vote{place}"]),
            helper.make_node("Cast", [f"has_vote{place}"], [f"vote{place}"], to=1),
        ]
        votes.append(f"vote{place}")
    counted, scales = _mean(votes, weights)
    total = helper.make_node("ReduceSum", [counted[-1].output[0], axis.name], ["all_votes"], keepdims=1)
    shares = helper.make_node("Div", [counted[-1].output[0], "all_votes"], ["shares"])
    return [*nodes, *counted, total, shares], [*scales, axis]


COMBINING: Mapping[str, Callable[[Sequence[str], Sequence[float]], Parts]] = {"mean": _mean, "vote": _vote}
"""How a graph combines its members' answers, by the names of `sightline.evaluation.ensembling.COMBINATIONS`."""


def _sum(values: Sequence[str]) -> list["NodeProto"]:
    """Return nodes that add up values, two at a time."""
    from onnx import helper

    nodes, total = list["NodeProto"](), values[0]
    for place, value in enumerate(values[1:], 1):
        nodes.append(helper.make_node("Add", [total, value], [f"sum{place}"]))
        total = f"sum{place}"
    return nodes


def _calibrated(combined: str, factor: float | None) -> Parts:
    """Return what turns the combined answers into the graph's output."""
    from onnx import helper

    if factor is None:
        return [helper.make_node("Identity", [combined], [OUTPUT])], []
    smallest, scale = _constant("smallest", SMALLEST), _constant("factor", factor)
    nodes = [
        helper.make_node("Max", [combined, smallest.name], ["above_zero"]),
        helper.make_node("Log", ["above_zero"], ["logarithms"]),
        helper.make_node("Mul", ["logarithms", scale.name], ["logits"]),
        helper.make_node("Softmax", ["logits"], [OUTPUT], axis=1),
    ]
    return nodes, [smallest, scale]


def _constant(name: str, value: float) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array(value, np.float32), name)
