"""An ONNX file's bytes, without the onnx package: what is understood of a stranger's graph, and written anew.

ONNX Runtime would follow a tensor's ``external_data`` to any file that the process can read, custom operators are
native code, and two parsers may understand the same bytes differently. So the runtime never sees a stranger's bytes:
a graph is read here, every field, operator, attribute, type and size of it must be known, and what was read is
written anew. See docs/decisions/0026.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from sightline.core.errors import BundleError
from sightline.inference.onnx_schema import EXTERNAL, MODEL, MODEL_METADATA
from sightline.inference.operators.folding import DTYPES
from sightline.inference.operators.table import OPERATORS
from sightline.inference.operators.values import MOST_KNOWN, Node, Shape, Value, require
from sightline.inference.operators.work import Work, work_of
from sightline.inference.protobuf import Field, Kind, Reader, Record, written

OPSET = 20
IR_VERSIONS = range(8, 11)
STANDARD_DOMAINS = ("", "ai.onnx")
UNTRUSTED = "do not trust this file; get it again from where it was made"
ATTRIBUTES = {
    "float": (1, "f"),
    "int": (2, "i"),
    "text": (3, "s"),
    "array": (4, "t"),
    "floats": (6, "floats"),
    "ints": (7, "ints"),
}
"""Of each type of attribute the number that ONNX has for it, and the field that holds it."""
TYPED_DATA = {"float32": "float_data", "int64": "int64_data", "float64": "double_data"}
"""Where the numbers of a small array may stand instead of in ``raw_data``; those of shorter types in ``int32_data``."""
DATA = ("raw_data", "float_data", "int32_data", "int64_data", "double_data")
MOST_SIDES = 16
MOST_NODES = 2**13
"""Steps of a graph: a runtime takes a second to open some thousand, whatever they cost; our largest has hundreds."""
TENSOR_NAMES = {"float32": "tensor(float)", "float64": "tensor(double)"}
Entry = tuple[str, str, tuple[Any, ...]]
"""Name, type and sides of an input or output; a side is a number, or a name where it is left open."""


@dataclass(frozen=True)
class OnnxModel:
    """A graph of which everything was understood.

    Args:
        record: Its fields, as `onnx_schema` names them.
        nodes: Its steps, in their order.
        arrays: What is known of its own arrays, by name.
    """

    record: Record
    nodes: tuple[Node, ...]
    arrays: dict[str, Value]

    @property
    def inputs(self) -> list[Entry]:
        """What it says that it takes."""
        return [_entry(one) for one in self.record["graph"].get("input", [])]

    @property
    def outputs(self) -> list[Entry]:
        """What it says that it gives."""
        return [_entry(one) for one in self.record["graph"].get("output", [])]

    def makes(self, name: str) -> bool:
        """Return whether a value of that name is worked out on the way."""
        return any(name in node.outputs for node in self.nodes)

    def written(self, *more: str) -> bytes:
        """Return the graph anew, from what was read of it: the same graph, and no byte that was not understood.

        Args:
            more: Names of values that it shall give besides; those that it does not work out are left out.
        """
        graph = self.record["graph"]
        outputs = graph.get("output", [])
        names = {output["name"] for output in outputs}
        added = [{"name": name} for name in more if self.makes(name) and name not in names]
        whole = {
            "ir_version": self.record["ir_version"],
            "graph": graph | {"output": [*outputs, *added]},
            "opset_import": [{"domain": "", "version": OPSET}],
        }
        return written(whole, MODEL)

    def without_numbers(self) -> "OnnxModel":
        """Return what an estimate needs, without the bytes of its arrays: those may be gone then."""
        graph = self.record["graph"]
        return replace(self, record={"graph": {"output": graph.get("output", [])}})

    def work(self, name: str, shape: Shape, *more: str) -> Work:
        """Return what it costs to answer for a batch.

        Args:
            name: What the input is called.
            shape: Of the batch, (N, ...).
            more: Names of values that are kept besides its outputs.

        Raises:
            BundleError: Sizes do not go together, can't be told from shapes, or are beyond the budget.
        """
        kept = [output for output, _, _ in self.outputs] + [one for one in more if self.makes(one)]
        try:
            return work_of(self.nodes, self.arrays, name=name, shape=shape, kept=kept)
        except ValueError as error:
            raise BundleError(f"the graph can't be trusted: {error}", hint=UNTRUSTED) from error


def read_model(content: bytes) -> OnnxModel:
    """Read a graph.

    Args:
        content: The bytes of an ONNX file.

    Raises:
        BundleError: It is no ONNX file, or something in it is not on the list of what a graph may have: it refers to
            another file, has operators outside the ONNX standard, functions, branches or loops, unknown fields or
            attributes, or arrays whose numbers do not fill their shapes.
    """
    try:
        record = Reader().record(memoryview(content), MODEL)
        _check_versions(record)
        graph = record["graph"]
        arrays: dict[str, Value] = {}
        for tensor in graph.get("initializer", []):
            require("name" in tensor, "it has an array without a name")
            arrays[tensor["name"]] = _array(tensor)
        steps = graph.get("node", [])
        require(len(steps) <= MOST_NODES, f"it has {len(steps):,} steps; at most {MOST_NODES:,} are opened")
        nodes = tuple(map(_node, steps))
        _check_names(graph, nodes)
    except ValueError as error:
        raise BundleError(f"the graph can't be trusted: {error}", hint=UNTRUSTED) from error
    return OnnxModel(record, nodes, arrays)


def with_metadata(graph: bytes, entries: Mapping[str, str]) -> bytes:
    """Return a graph with texts about it; repeated fields of a protobuf may simply be appended."""
    pair = {1: Field("key", Kind.TEXT), 2: Field("value", Kind.TEXT)}
    schema = {MODEL_METADATA: Field("metadata_props", schema=pair, repeated=True)}
    texts = [{"key": key, "value": text} for key, text in entries.items()]
    return graph + written({"metadata_props": texts}, schema)


def _check_versions(record: Record) -> None:
    require("graph" in record, "it holds no graph")
    opsets = record.get("opset_import", [])
    for opset in opsets:
        _check_domain(opset.get("domain", ""))
    versions = [opset.get("version") for opset in opsets]
    require(versions == [OPSET], f"it has operators of the versions {versions[:8]}; expected {OPSET}")
    version = record.get("ir_version")
    require(version in IR_VERSIONS, f"it has the IR version {version}; expected {IR_VERSIONS[0]} to {IR_VERSIONS[-1]}")


def _check_domain(domain: str) -> None:
    require(domain in STANDARD_DOMAINS, f"it uses operators of {domain[:60]!r}; only ONNX's own are run")


def _check_names(graph: Record, nodes: tuple[Node, ...]) -> None:
    """Raise unless every value is made once, and every input and output has a name and a type."""
    entries = [*graph.get("input", []), *graph.get("output", [])]
    require(all(entry.get("name") for entry in entries), "an input or output has no name")
    made = Counter(entry["name"] for entry in graph.get("input", []))
    made.update(tensor["name"] for tensor in graph.get("initializer", []))
    made.update(name for node in nodes for name in node.outputs)
    [(name, count)] = made.most_common(1) or [("", 0)]
    require(count <= 1, f"{name[:60]!r} is made {count} times")
    outputs = Counter(entry["name"] for entry in graph.get("output", []))
    require(max(outputs.values(), default=0) <= 1, "an output is given twice")


def _node(record: Record) -> Node:
    _check_domain(record.get("domain", ""))
    name = record.get("op_type", "")
    require(name in OPERATORS, f"it uses the operator {name[:60]!r}, which no model of ours has")
    inputs, outputs = tuple(record.get("input", [])), tuple(record.get("output", []))
    fewest, most = OPERATORS[name].inputs
    require(fewest <= len(inputs) <= most, f"{name} has {len(inputs)} inputs; expected {fewest} to {most}")
    require(bool(outputs) and all(outputs), f"{name} has a value without a name")
    return Node(name, inputs, outputs, dict(_attributes(name, record)))


def _attributes(operator: str, record: Record) -> Iterator[tuple[str, Any]]:
    allowed = OPERATORS[operator].attributes
    seen = set()
    for attribute in record.get("attribute", []):
        name = attribute.get("name", "")
        require(name in allowed, f"{operator} has the attribute {name[:60]!r}, which no model of ours has")
        require(name not in seen, f"{operator} has the attribute {name!r} twice")
        seen.add(name)
        yield name, _attribute(operator, attribute, allowed[name])


def _attribute(operator: str, attribute: Record, kind: str) -> Any:
    number, field = ATTRIBUTES[kind]
    fields = attribute.keys() - {"name", "type", "doc_string"}
    value: Any = attribute.get(field, [] if kind in ("ints", "floats") else None)
    sound = attribute.get("type") == number and fields <= {field} and value is not None
    require(sound, f"{operator} has the attribute {attribute['name']!r} of another type than {kind}")
    if kind == "array":
        return _array(value)
    return bytes(value) if kind == "text" else value


def _array(tensor: Record) -> Value:
    """Return what is known of an array, whose numbers must fill its shape."""
    name = repr(tensor.get("name", "")[:60])
    require(not tensor.get("data_location", 0), EXTERNAL)
    shape = tuple(tensor.get("dims", []))
    require(len(shape) <= MOST_SIDES and min(shape, default=0) >= 0, f"the array {name} has the shape {shape[:8]}")
    kind = DTYPES.get(tensor.get("data_type", 0))
    if kind is None:
        raise ValueError(f"the array {name} has a type that no model of ours has")
    fields = [field for field in DATA if tensor.get(field)]
    typed = TYPED_DATA.get(kind, "int32_data")
    require(set(fields) <= {"raw_data"} or fields == [typed], f"the array {name} has its numbers in another place")
    numbers = _typed(tensor[typed], kind) if fields == [typed] else _raw(tensor.get("raw_data", b""), kind)
    require(len(numbers) == prod(shape), f"the array {name} has {len(numbers)} numbers for the shape {shape[:8]}")
    known = numbers.astype(kind).reshape(shape) if len(numbers) <= MOST_KNOWN else None
    return Value(shape, fixed=True, known=known)


def _raw(content: Any, kind: str) -> Any:
    """Return numbers as they lie in memory, which are not copied."""
    require(len(content) % np.dtype(kind).itemsize == 0, "an array ends within a number")
    numbers = np.frombuffer(content, np.uint8 if kind == "bool" else kind)
    require(kind != "bool" or numbers.max(initial=0) <= 1, "an array has what is neither true nor false")
    return numbers


def _typed(values: list[Any], kind: str) -> Any:
    """Return numbers that stand in a list of their own, each of which must fit the array's type."""
    if kind in ("float32", "float64"):
        return np.frombuffer(b"".join(values), kind)
    limits = {"bool": (0, 1), "float16": (0, 2**16 - 1)}.get(kind) or (np.iinfo(kind).min, np.iinfo(kind).max)
    require(min(values) >= limits[0] and max(values) <= limits[1], "an array has numbers that its type has no room for")
    numbers = np.array(values, np.int64)
    return numbers.astype(np.uint16).view(np.float16) if kind == "float16" else numbers


def _entry(record: Record) -> Entry:
    tensor = record.get("type", {}).get("tensor_type", {})
    kind = DTYPES.get(tensor.get("elem_type", 0), "unknown")
    sides = tuple(side.get("dim_value", side.get("dim_param")) for side in tensor.get("shape", {}).get("dim", []))
    return record["name"], TENSOR_NAMES.get(kind, f"tensor({kind})"), sides
