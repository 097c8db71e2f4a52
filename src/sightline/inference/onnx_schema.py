"""The fields of an ONNX file that are understood here, by their numbers; a file with any other is refused.

Reference:
    ONNX, "onnx.proto", IR version 10: the numbers of the fields.
    https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from sightline.inference.protobuf import Field, Kind, Schema

EXTERNAL = "it takes arrays from another file"
FUNCTIONS = "it defines functions of its own"
INNER = "it holds branches, loops or sparse arrays"
SPARSE = "it holds sparse arrays, which no model of ours has"


def _text(name: str, *, written: bool = True) -> Field:
    return Field(name, Kind.TEXT, written=written)


def _numbers(name: str, kind: Kind = Kind.INT, *, packed: bool = False) -> Field:
    return Field(name, kind, repeated=True, packed=packed)


def _refused(reason: str) -> Field:
    return Field("", refusal=reason)


DOC = _text("doc_string", written=False)
METADATA = Field("metadata_props", schema={1: _text("key"), 2: _text("value")}, repeated=True, written=False)
"""Texts about a graph change nothing in its answers, so they are read and not handed on."""

TENSOR: Schema = {
    1: _numbers("dims"),
    2: Field("data_type", Kind.INT),
    4: _numbers("float_data", Kind.FLOAT, packed=True),
    5: _numbers("int32_data", packed=True),
    7: _numbers("int64_data", packed=True),
    8: _text("name"),
    9: Field("raw_data", Kind.BYTES),
    10: _numbers("double_data", Kind.DOUBLE, packed=True),
    12: DOC,
    13: _refused(EXTERNAL),
    14: Field("data_location", Kind.INT, written=False),
    16: METADATA,
}
ATTRIBUTE: Schema = {
    1: _text("name"),
    2: Field("f", Kind.FLOAT),
    3: Field("i", Kind.INT),
    4: Field("s", Kind.BYTES),
    5: Field("t", schema=TENSOR),
    6: _refused(INNER),
    7: _numbers("floats", Kind.FLOAT),
    8: _numbers("ints"),
    10: _refused("it has lists of arrays for an operator, which no model of ours has"),
    11: _refused(INNER),
    13: DOC,
    20: Field("type", Kind.INT),
    22: _refused(INNER),
    23: _refused(INNER),
}
NODE: Schema = {
    1: Field("input", Kind.TEXT, repeated=True),
    2: Field("output", Kind.TEXT, repeated=True),
    3: _text("name"),
    4: _text("op_type"),
    5: Field("attribute", schema=ATTRIBUTE, repeated=True),
    6: DOC,
    7: _text("domain", written=False),
    9: METADATA,
}
DIMENSION: Schema = {1: Field("dim_value", Kind.INT), 2: _text("dim_param"), 3: _text("denotation", written=False)}
TENSOR_TYPE: Schema = {
    1: Field("elem_type", Kind.INT),
    2: Field("shape", schema={1: Field("dim", schema=DIMENSION, repeated=True)}),
}
VALUE_INFO: Schema = {
    1: _text("name"),
    2: Field("type", schema={1: Field("tensor_type", schema=TENSOR_TYPE), 6: _text("denotation", written=False)}),
    3: DOC,
    4: METADATA,
}
GRAPH: Schema = {
    1: Field("node", schema=NODE, repeated=True),
    2: _text("name"),
    5: Field("initializer", schema=TENSOR, repeated=True),
    10: DOC,
    11: Field("input", schema=VALUE_INFO, repeated=True),
    12: Field("output", schema=VALUE_INFO, repeated=True),
    13: Field("value_info", schema=VALUE_INFO, repeated=True, written=False),
    15: _refused(SPARSE),
    16: METADATA,
}
"""Shapes that the file claims of values inside (13) are left to the runtime to find out."""
MODEL: Schema = {
    1: Field("ir_version", Kind.INT),
    2: _text("producer_name", written=False),
    3: _text("producer_version", written=False),
    4: _text("domain", written=False),
    5: Field("model_version", Kind.INT, written=False),
    6: DOC,
    7: Field("graph", schema=GRAPH),
    8: Field("opset_import", schema={1: _text("domain"), 2: Field("version", Kind.INT)}, repeated=True),
    14: METADATA,
    20: _refused(FUNCTIONS),
    25: _refused(FUNCTIONS),
}
MODEL_METADATA = 14
