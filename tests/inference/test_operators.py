"""What is said of a graph's values before anything is computed, against what ONNX Runtime then computes."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from sightline.inference.bundle import read_bundle
from sightline.inference.onnx_file import read_model
from sightline.inference.operators.table import OPERATORS
from sightline.inference.operators.values import Value
from sightline.inference.operators.work import Estimate, work_of


def estimated(model, name, shape):
    """Return what is known of every value that a node makes."""
    estimate = Estimate({**model.arrays, name: Value(shape)}, Counter())
    for node in model.nodes:
        estimate.take(node)
    return {output: estimate.values[output] for node in model.nodes for output in node.outputs}


def computed(content, names, feed):
    """Return values that ONNX Runtime computes on the way, as they come without its optimisations."""
    model = onnx.load_from_string(content)
    there = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return dict(
        zip(names, onnxruntime.InferenceSession(model.SerializeToString(), options).run(names, feed), strict=True)
    )


def check(content, samples):
    """Assert that shapes, and numbers that are known, are those that are computed."""
    model = read_model(content)
    [(name, _, _)] = model.inputs
    expected = estimated(model, name, samples.shape)
    for output, array in computed(content, list(expected), {name: samples}).items():
        value = expected[output]
        assert value.shape == array.shape, output
        if value.known is not None:
            assert value.known.dtype == array.dtype, output
            np.testing.assert_array_equal(value.known, array, err_msg=output)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("name", ["version2.sightline", "version2-pipeline.sightline", "version3.sightline"])
def test_the_shapes_of_a_bundles_values_are_told_beforehand(name, count, request):
    bundle = read_bundle(request.path.parent / "fixtures" / name)
    preprocess = bundle.manifest["preprocess"]
    channels = {"rgb": 3, "hsv": 3, "grey": 1, "cmyk": 4}[preprocess["colours"]]
    shape = (count, preprocess["height"], preprocess["width"], channels)
    check(bundle.graph, np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def numbers(name, *values, kind=TensorProto.INT64):
    return helper.make_tensor(name, kind, [len(values)], values)


def graph_of(arrays, nodes, shape):
    """Return a file of some steps that read the floats ``x``, and end in ``y``."""
    graph = helper.make_graph(
        nodes,
        "steps",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None] * len(shape))],
        [onnx.ValueInfoProto(name="y")],
        initializer=arrays,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()


def one(operator, *arrays, shape, inputs=(), outputs=("y",), **attributes):
    """Return a case of one step."""
    named = ["x", *(array.name for array in arrays), *inputs]
    return graph_of(arrays, [helper.make_node(operator, named, list(outputs), **attributes)], shape), shape


def floats(name, *shape):
    return helper.make_tensor(name, TensorProto.FLOAT, shape, np.ones(int(np.prod(shape)), np.float32))


MAPS = (2, 4, 9, 7)
CASES = [
    one("Conv", floats("w", 6, 2, 3, 3), shape=MAPS, group=2, pads=[1, 0, 2, 1], strides=[2, 1], dilations=[1, 2]),
    one("Conv", floats("w", 6, 4, 3, 3), shape=MAPS, auto_pad="SAME_UPPER", strides=[2, 2]),
    one("Conv", floats("w", 6, 4, 3), floats("b", 6), shape=(2, 4, 9), auto_pad="VALID"),
    *(
        one(operator, shape=(1, 1, height, 9), kernel_shape=[3, 2], strides=[2, 3], pads=[1, 0, 1, 1], ceil_mode=ceil)
        for operator in ("MaxPool", "AveragePool")
        for height in (4, 5, 6, 7)
        for ceil in (0, 1)
    ),
    one("MaxPool", shape=MAPS, kernel_shape=[2, 2], dilations=[2, 3]),
    one("GlobalAveragePool", shape=MAPS),
    one("MatMul", floats("w", 7, 3), shape=MAPS),
    one("MatMul", floats("w", 7), shape=MAPS),
    one("MatMul", floats("w", 3, 1, 1, 7, 2), shape=MAPS),
    one("Gemm", floats("w", 3, 5), floats("b", 3), shape=(5, 4), transA=1, transB=1),
    one("ReduceSum", numbers("axes", -1, 1), shape=MAPS, keepdims=0),
    one("ReduceMax", numbers("axes", 0), shape=MAPS),
    one("ReduceMean", shape=MAPS, keepdims=0),
    one("ReduceMean", shape=MAPS, noop_with_empty_axes=1),
    one("ArgMax", shape=MAPS, axis=-2, keepdims=0),
    one("TopK", numbers("k", 3), shape=MAPS, axis=2, outputs=("y", "places")),
    one("Expand", numbers("to", 3, 1, 4, 1, 7), shape=(4, 1, 7)),
    one("Tile", numbers("times", 1, 2, 3, 1), shape=MAPS),
    one("Reshape", numbers("to", 0, -1, 7), shape=MAPS),
    one("Reshape", numbers("to", 0, 3), shape=(0, 3), allowzero=1),
    one("Flatten", shape=MAPS, axis=-1),
    one("Flatten", shape=MAPS, axis=4),
    one("Squeeze", shape=(1, 3, 1)),
    one("Squeeze", numbers("axes", -1), shape=(1, 3, 1)),
    one("Unsqueeze", numbers("axes", 0, -1, 2), shape=(4, 5)),
    one("Transpose", shape=MAPS),
    one("Transpose", shape=MAPS, perm=[2, 0, 3, 1]),
    one("Concat", floats("w", 2, 1, 9, 7), shape=MAPS, axis=-3),
    one("Split", numbers("sizes", 1, 8), shape=MAPS, axis=2, outputs=("y", "rest")),
    one("Split", shape=MAPS, axis=2, num_outputs=2, outputs=("y", "rest")),
    one(
        "Slice",
        numbers("from", 5, -100),
        numbers("to", -100, 100),
        numbers("axes", 2, 3),
        numbers("by", -2, 3),
        shape=MAPS,
    ),
    one("Slice", numbers("from", 1), numbers("to", 2**62), shape=MAPS),
    one("Pad", numbers("pads", 0, 0, 1, 2, 0, 0, 3, 4), shape=MAPS),
    one("Gather", numbers("rows", 1, -1, 0), shape=MAPS, axis=2),
    one("GatherND", helper.make_tensor("rows", TensorProto.INT64, [3, 2], [0, 1, 1, 3, 0, 0]), shape=MAPS),
    one("GatherElements", helper.make_tensor("rows", TensorProto.INT64, [1, 2], [0, 1]), shape=(2, 2), axis=1),
    one("Softmax", shape=MAPS),
    one("CumSum", helper.make_tensor("axis", TensorProto.INT64, [], [1]), shape=MAPS),
    one("DynamicQuantizeLinear", shape=MAPS, outputs=("y", "scale", "zero")),
    one("BatchNormalization", *(floats(name, 4) for name in "abcd"), shape=MAPS),
    one("Clip", helper.make_tensor("low", TensorProto.FLOAT, [], [0.0]), shape=MAPS),
    one("Max", floats("w", 9, 1), shape=MAPS),
]


@pytest.mark.parametrize(("content", "shape"), CASES, ids=lambda case: str(case) if isinstance(case, tuple) else "")
def test_the_shapes_that_an_operator_makes_are_told_beforehand(content, shape):
    check(content, np.random.default_rng(0).normal(size=shape).astype(np.float32))


def arithmetic():
    """Return a file whose steps compute with sides of an array."""
    arrays = [
        numbers("some", -7, 7, 5, -5),
        numbers("by", 2, -2, 3, 3),
        numbers("first", 0),
        numbers("last", -1),
        numbers("halves", -1.5, 2.5, 0.5, 9, kind=TensorProto.FLOAT),
        helper.make_tensor("limit", TensorProto.INT64, [], [9]),
        helper.make_tensor("start", TensorProto.INT64, [], [-4]),
        helper.make_tensor("step", TensorProto.INT64, [], [3]),
    ]
    nodes = [
        helper.make_node("Shape", ["x"], ["sides"], start=-3),
        helper.make_node("Size", ["x"], ["size"]),
        helper.make_node("Gather", ["sides", "last"], ["width"]),
        helper.make_node("Concat", ["width", "some"], ["joined"], axis=0),
        helper.make_node("Slice", ["joined", "last", "first", "first", "last"], ["backwards"]),
        *(helper.make_node(name, ["some", "by"], [name]) for name in ("Add", "Sub", "Mul", "Div", "Mod", "Min", "Max")),
        *(helper.make_node(name, ["some", "by"], [name]) for name in ("Equal", "Less", "GreaterOrEqual")),
        helper.make_node("Where", ["Less", "some", "width"], ["chosen"]),
        helper.make_node("Not", ["Less"], ["not_less"]),
        helper.make_node("Cast", ["halves"], ["cut"], to=TensorProto.INT64),
        helper.make_node("Cast", ["some"], ["as_floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["halves", "as_floats"], ["shares"]),
        helper.make_node("Floor", ["shares"], ["floors"]),
        helper.make_node("Range", ["start", "limit", "step"], ["counted"]),
        helper.make_node("ConstantOfShape", ["width"], ["zeros"]),
        helper.make_node("ConstantOfShape", ["width"], ["sevens"], value=numbers("seven", 7)),
        helper.make_node("Constant", [], ["ints"], value_ints=[3, 4]),
        helper.make_node("Expand", ["width", "ints"], ["many"]),
        helper.make_node("Unsqueeze", ["joined", "first"], ["row"]),
        helper.make_node("Squeeze", ["row"], ["again"]),
        helper.make_node("Neg", ["ints"], ["y"]),
    ]
    return graph_of(arrays, nodes, (2, 3, 5, 6))


def test_numbers_that_make_shapes_are_those_that_the_runtime_computes():
    content = arithmetic()
    check(content, np.zeros((2, 3, 5, 6), np.float32))
    unknown = [name for name, value in estimated(read_model(content), "x", (2, 3, 5, 6)).items() if value.known is None]
    assert unknown == []


def test_work_is_counted_as_a_person_counts_it():
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    model = read_model(graph_of([floats("w", 7, 3)], nodes, (5, 7)))
    work = work_of(model.nodes, model.arrays, name="x", shape=(5, 7), kept=["y"])
    assert (work.loading, work.answering, work.alive) == (0, 5 * 7 * 3 + 32 * (1 + 5 * 3), 5 * 7 + 5 * 3)


def test_what_is_read_no_more_leaves_memory():
    nodes = [helper.make_node("Relu", ["x" if n == 0 else f"r{n}"], [f"r{n + 1}"]) for n in range(9)]
    nodes.append(helper.make_node("Relu", ["r9"], ["y"]))
    model = read_model(graph_of([], nodes, (5, 7)))
    assert work_of(model.nodes, model.arrays, name="x", shape=(5, 7), kept=["y"]).alive == 2 * 35


def test_every_operator_is_one_of_the_standard_with_its_attributes():
    for name, operator in OPERATORS.items():
        schema = onnx.defs.get_schema(name, 20, "")
        kinds = {
            "int": "INT",
            "ints": "INTS",
            "float": "FLOAT",
            "floats": "FLOATS",
            "text": "STRING",
            "array": "TENSOR",
        }
        assert {key: kinds[kind] for key, kind in operator.attributes.items()}.items() <= {
            key: attribute.type.name for key, attribute in schema.attributes.items()
        }.items(), name
        assert schema.min_input <= operator.inputs[0] <= operator.inputs[1] <= schema.max_input, name
