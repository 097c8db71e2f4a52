"""An ONNX file's bytes, without the onnx package: what a stranger's graph may not hold, and what may be appended.

ONNX Runtime would follow a tensor's ``external_data`` to any file that the process can read, and
custom operators are native code. So a graph is looked through before it is opened.

Reference:
    ONNX, "onnx.proto", IR version 10: the numbers of the fields.
    https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Iterator, Mapping

from sightline.core.errors import BundleError
from sightline.inference.protobuf import Message, bytes_of, field, fields_of, messages_of

MODEL_GRAPH, MODEL_OPSET, MODEL_METADATA, MODEL_TRAINING, MODEL_FUNCTIONS = 7, 8, 14, 20, 25
GRAPH_NODE, GRAPH_TENSOR, GRAPH_OUTPUT, GRAPH_SPARSE = 1, 5, 12, 15
NODE_OUTPUT, NODE_ATTRIBUTE, NODE_DOMAIN = 2, 5, 7
ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS, ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
TENSOR_EXTERNAL, TENSOR_LOCATION = 13, 14
OPSET_DOMAIN = 1
STANDARD_DOMAINS = (b"", b"ai.onnx")
UNTRUSTED = "do not trust this file; get it again from where it was made"


def require_plain(graph: bytes) -> None:
    """Raise if a graph holds anything but standard operators and their own arrays.

    Raises:
        BundleError: It refers to another file, uses operators outside the ONNX standard, holds
            functions, branches or loops, or is no protobuf.
    """
    try:
        for number, value in fields_of(memoryview(graph)):
            if number == MODEL_GRAPH:
                _check_graph(bytes_of(value))
            elif number == MODEL_OPSET:
                _check_domain(bytes_of(value), OPSET_DOMAIN)
            elif number in (MODEL_TRAINING, MODEL_FUNCTIONS):
                raise BundleError("the graph defines functions of its own", hint=UNTRUSTED)
    except ValueError as error:
        raise BundleError(f"the graph is no ONNX file: {error}", hint=UNTRUSTED) from error


def with_metadata(graph: bytes, entries: Mapping[str, str]) -> bytes:
    """Return a graph with texts about it; repeated fields of a protobuf may simply be appended."""
    return graph + b"".join(
        field(MODEL_METADATA, field(1, key.encode()) + field(2, text.encode())) for key, text in entries.items()
    )


def with_output(graph: bytes, name: str) -> bytes:
    """Return a graph that also gives a value that it works out on the way; as it is if there is none of that name.

    What is appended is merged into the graph that stands before it, as protobuf has it of every message.

    Args:
        graph: As `require_plain` lets it pass.
        name: Of an output of one of its nodes.
    """
    if name.encode() not in _values(memoryview(graph)):
        return graph
    return graph + field(MODEL_GRAPH, field(GRAPH_OUTPUT, field(1, name.encode())))


def _values(model: Message) -> Iterator[bytes]:
    """Yield the name of every value that a node gives."""
    for graph in messages_of(model, MODEL_GRAPH):
        for node in messages_of(graph, GRAPH_NODE):
            yield from map(bytes, messages_of(node, NODE_OUTPUT))


def _check_graph(graph: Message) -> None:
    for number, value in fields_of(graph):
        if number == GRAPH_NODE:
            _check_node(bytes_of(value))
        elif number == GRAPH_TENSOR:
            _check_tensor(bytes_of(value))
        elif number == GRAPH_SPARSE:
            raise BundleError("the graph holds sparse arrays, which no model of ours has", hint=UNTRUSTED)


def _check_node(node: Message) -> None:
    _check_domain(node, NODE_DOMAIN)
    for number, attribute in fields_of(node):
        if number != NODE_ATTRIBUTE:
            continue
        for part, value in fields_of(bytes_of(attribute)):
            if part in ATTRIBUTE_TENSORS:
                _check_tensor(bytes_of(value))
            elif part in (*ATTRIBUTE_GRAPHS, *ATTRIBUTE_SPARSE):
                raise BundleError("the graph holds branches, loops or sparse arrays", hint=UNTRUSTED)


def _check_domain(message: Message, place: int) -> None:
    for number, value in fields_of(message):
        if number == place and bytes(bytes_of(value)) not in STANDARD_DOMAINS:
            raise BundleError(
                f"the graph uses operators of {bytes(bytes_of(value))[:60]!r}; only ONNX's own are run", hint=UNTRUSTED
            )


def _check_tensor(tensor: Message) -> None:
    for number, value in fields_of(tensor):
        if number == TENSOR_EXTERNAL or (number == TENSOR_LOCATION and value != 0):
            raise BundleError("the graph takes arrays from another file", hint=UNTRUSTED)
