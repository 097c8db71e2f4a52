"""The operators that a graph may have: a name that is not here is refused."""

from typing import Any

import numpy as np

from sightline.inference.operators import elementwise, folding, layers, rearranging
from sightline.inference.operators.folding import pointwise, rearranged
from sightline.inference.operators.values import Fold, Operator, Rule

MOST = 2**16
"""Inputs of an operator that takes any number of them."""
WINDOWS = {
    "auto_pad": "text", "kernel_shape": "ints", "strides": "ints", "pads": "ints", "dilations": "ints",
}  # fmt: skip
REDUCED = {"keepdims": "int", "noop_with_empty_axes": "int"}


def _operator(rule: Rule, count: int, most: int | None = None, fold: Fold | None = None, **attributes: str) -> Operator:
    return Operator(rule, (count, count if most is None else most), attributes, fold)


def _two(function: Any = None, *, rule: Rule = elementwise.broadcast) -> Operator:
    return _operator(rule, 2, fold=function and pointwise(function))


def _one(function: Any = None, **attributes: str) -> Operator:
    return Operator(elementwise.same, (1, 1), attributes, function and pointwise(function))


def _hard(count: int = 1, **attributes: str) -> Operator:
    return Operator(elementwise.hard(elementwise.same), (count, count), attributes)


_POINTWISE: dict[str, Operator] = {
    "Add": _two(np.add),
    "Sub": _two(np.subtract),
    "Mul": _two(np.multiply),
    "Div": _operator(elementwise.broadcast, 2, fold=folding.quotient),
    "Mod": _operator(elementwise.broadcast, 2, fold=folding.remainder, fmod="int"),
    "Pow": _two(rule=elementwise.hard(elementwise.broadcast)),
    "PRelu": _two(),
    "Equal": _two(np.equal),
    "Less": _two(np.less),
    "LessOrEqual": _two(np.less_equal),
    "Greater": _two(np.greater),
    "GreaterOrEqual": _two(np.greater_equal),
    "And": _two(np.logical_and),
    "Or": _two(np.logical_or),
    "Xor": _two(np.logical_xor),
    "Min": _operator(elementwise.broadcast, 1, MOST, fold=pointwise(lambda *all_: np.minimum.reduce(all_))),
    "Max": _operator(elementwise.broadcast, 1, MOST, fold=pointwise(lambda *all_: np.maximum.reduce(all_))),
    "Where": _operator(elementwise.broadcast, 3, fold=pointwise(np.where)),
    "Abs": _one(np.abs),
    "Neg": _one(np.negative),
    "Sign": _one(np.sign),
    "Floor": _one(np.floor),
    "Ceil": _one(np.ceil),
    "Round": _one(),
    "Not": _one(np.logical_not),
    "IsNaN": _one(),
    "IsInf": _one(),
    "Identity": _one(lambda numbers: numbers),
    "Cast": _operator(elementwise.same, 1, fold=folding.cast, to="int"),
    "Relu": _one(),
    "LeakyRelu": _one(alpha="float"),
    "HardSigmoid": _one(alpha="float", beta="float"),
    "HardSwish": _one(),
    "Clip": _operator(elementwise.same, 1, 3),
    "Reciprocal": _hard(),
    "Sqrt": _hard(),
    "Exp": _hard(),
    "Log": _hard(),
    "Sin": _hard(),
    "Cos": _hard(),
    "Atan": _hard(),
    "Tanh": _hard(),
    "Erf": _hard(),
    "Sigmoid": _hard(),
    "Softplus": _hard(),
    "Softsign": _hard(),
    "Mish": _hard(),
    "Elu": _hard(alpha="float"),
    "Celu": _hard(alpha="float"),
    "Selu": _hard(alpha="float", gamma="float"),
    "Gelu": _hard(approximate="text"),
    "Softmax": _hard(axis="int"),
    "LogSoftmax": _hard(axis="int"),
    "BatchNormalization": _hard(5, epsilon="float", momentum="float", training_mode="int"),
    "LayerNormalization": _operator(
        elementwise.hard(elementwise.same), 2, 3, axis="int", epsilon="float", stash_type="int"
    ),
    "CumSum": _operator(elementwise.same, 2, exclusive="int", reverse="int"),
    "QuantizeLinear": _operator(elementwise.same, 2, 3, axis="int"),
    "DequantizeLinear": _operator(elementwise.same, 2, 3, axis="int"),
    "DynamicQuantizeLinear": _operator(elementwise.dynamically_quantised, 1),
}
_LAYERS: dict[str, Operator] = {
    "MatMul": _operator(layers.matrix_product, 2),
    "MatMulInteger": _operator(layers.matrix_product, 2, 4),
    "Gemm": _operator(layers.dense, 2, 3, alpha="float", beta="float", transA="int", transB="int"),
    "Conv": Operator(layers.convolution, (2, 3), WINDOWS | {"group": "int"}),
    "ConvInteger": Operator(layers.convolution, (2, 4), WINDOWS | {"group": "int"}),
    "MaxPool": Operator(layers.pool, (1, 1), WINDOWS | {"ceil_mode": "int", "storage_order": "int"}),
    "AveragePool": Operator(layers.pool, (1, 1), WINDOWS | {"ceil_mode": "int", "count_include_pad": "int"}),
    "GlobalAveragePool": _operator(layers.global_pool, 1),
    "GlobalMaxPool": _operator(layers.global_pool, 1),
    "ArgMax": _operator(layers.largest_place, 1, axis="int", keepdims="int", select_last_index="int"),
    "ArgMin": _operator(layers.largest_place, 1, axis="int", keepdims="int", select_last_index="int"),
    "TopK": _operator(layers.largest, 2, axis="int", largest="int", sorted="int"),
} | {
    f"Reduce{name}": Operator(layers.reduction, (1, 2), REDUCED)
    for name in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp")
}
_REARRANGING: dict[str, Operator] = {
    "Constant": _operator(
        rearranging.constant, 0, fold=folding.constant,
        value="array", value_float="float", value_floats="floats", value_int="int", value_ints="ints",
    ),
    "ConstantOfShape": _operator(rearranging.filled, 1, fold=folding.filled, value="array"),
    "Range": _operator(
        rearranging.counted, 3, fold=rearranged(lambda _, numbers, __: np.arange(*(int(one.item()) for one in numbers)))
    ),
    "Shape": _operator(rearranging.shape_of, 1, start="int", end="int"),
    "Size": _operator(rearranging.single, 1),
    "Expand": _operator(rearranging.expanded, 2, fold=lambda _, numbers, shape: np.broadcast_to(numbers[0], shape)),
    "Tile": _operator(rearranging.tiled, 2),
    "Reshape": _operator(rearranging.reshaped, 2, fold=rearranged(lambda _, numbers, __: numbers[0]), allowzero="int"),
    "Flatten": _operator(rearranging.flattened, 1, axis="int"),
    "Squeeze": _operator(rearranging.squeezed, 1, 2, fold=rearranged(lambda _, numbers, __: numbers[0])),
    "Unsqueeze": _operator(rearranging.unsqueezed, 2, fold=rearranged(lambda _, numbers, __: numbers[0])),
    "Transpose": _operator(rearranging.transposed, 1, perm="ints"),
    "Concat": _operator(
        rearranging.concatenated, 1, MOST, axis="int",
        fold=lambda node, numbers, _: np.concatenate(numbers, axis=node.number("axis", 0)),
    ),
    "Split": _operator(rearranging.split, 1, 2, axis="int", num_outputs="int"),
    "Slice": _operator(rearranging.sliced, 3, 5, fold=folding.sliced),
    "Pad": _operator(rearranging.padded, 2, 4, mode="text"),
    "Gather": _operator(rearranging.gathered, 2, fold=folding.gathered, axis="int"),
    "GatherND": _operator(rearranging.gathered_deep, 2, batch_dims="int"),
    "GatherElements": _operator(rearranging.gathered_singly, 2, axis="int"),
    "ScatterElements": _operator(rearranging.scattered, 3, axis="int", reduction="text"),
    "ScatterND": _operator(rearranging.scattered, 3, reduction="text"),
    "OneHot": _operator(rearranging.one_hot, 3, axis="int"),
}  # fmt: skip
OPERATORS: dict[str, Operator] = _POINTWISE | _LAYERS | _REARRANGING
"""By the names that they have in the ONNX standard, opset 20."""
