"""Looking into an ONNX file without the onnx package: what a stranger's graph may not hold.

ONNX Runtime would follow a tensor's ``external_data`` to any file that the process can read, and
custom operators are native code. Protobuf's wire format is a few lines, so that answering needs
neither the onnx package nor trust.

Reference:
    Google, "Protocol Buffers: Encoding". https://protobuf.dev/programming-guides/encoding/
    ONNX, "onnx.proto", IR version 10: the numbers of the fields.
    https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Iterator, Mapping

from sightline.core.errors import BundleError

Message = memoryview
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIDTHS = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT_BITS = 63

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
        for number, value in _fields(memoryview(graph)):
            if number == MODEL_GRAPH:
                _check_graph(_message(value))
            elif number == MODEL_OPSET:
                _check_domain(_message(value), OPSET_DOMAIN)
            elif number in (MODEL_TRAINING, MODEL_FUNCTIONS):
                raise BundleError("the graph defines functions of its own", hint=UNTRUSTED)
    except ValueError as error:
        raise BundleError(f"the graph is no ONNX file: {error}", hint=UNTRUSTED) from error


def with_metadata(graph: bytes, entries: Mapping[str, str]) -> bytes:
    """Return a graph with texts about it; repeated fields of a protobuf may simply be appended."""
    return graph + b"".join(
        _packed(MODEL_METADATA, _packed(1, key.encode()) + _packed(2, text.encode())) for key, text in entries.items()
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
    return graph + _packed(MODEL_GRAPH, _packed(GRAPH_OUTPUT, _packed(1, name.encode())))


def _values(model: Message) -> Iterator[bytes]:
    """Yield the name of every value that a node gives."""
    for graph in _messages(model, MODEL_GRAPH):
        for node in _messages(graph, GRAPH_NODE):
            yield from map(bytes, _messages(node, NODE_OUTPUT))


def _messages(message: Message, number: int) -> Iterator[Message]:
    return (value for field, value in _fields(message) if field == number and not isinstance(value, int))


def _check_graph(graph: Message) -> None:
    for number, value in _fields(graph):
        if number == GRAPH_NODE:
            _check_node(_message(value))
        elif number == GRAPH_TENSOR:
            _check_tensor(_message(value))
        elif number == GRAPH_SPARSE:
            raise BundleError("the graph holds sparse arrays, which no model of ours has", hint=UNTRUSTED)


def _check_node(node: Message) -> None:
    _check_domain(node, NODE_DOMAIN)
    for number, attribute in _fields(node):
        if number != NODE_ATTRIBUTE:
            continue
        for part, value in _fields(_message(attribute)):
            if part in ATTRIBUTE_TENSORS:
                _check_tensor(_message(value))
            elif part in (*ATTRIBUTE_GRAPHS, *ATTRIBUTE_SPARSE):
                raise BundleError("the graph holds branches, loops or sparse arrays", hint=UNTRUSTED)


def _check_domain(message: Message, field: int) -> None:
    for number, value in _fields(message):
        if number == field and bytes(_message(value)) not in STANDARD_DOMAINS:
            raise BundleError(
                f"the graph uses operators of {bytes(_message(value))[:60]!r}; only ONNX's own are run", hint=UNTRUSTED
            )


def _check_tensor(tensor: Message) -> None:
    for number, value in _fields(tensor):
        if number == TENSOR_EXTERNAL or (number == TENSOR_LOCATION and value != 0):
            raise BundleError("the graph takes arrays from another file", hint=UNTRUSTED)


def _fields(message: Message) -> Iterator[tuple[int, Message | int]]:
    """Yield each field's number and value: bytes as they are, varints as numbers, fixed widths as bytes.

    Raises:
        ValueError: The bytes are no protobuf message.
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if kind == BYTES:
            length, place = _varint(message, place)
        elif kind in WIDTHS:
            length = WIDTHS[kind]
        else:
            raise ValueError(f"field {number} has the unknown kind {kind}")
        if place + length > len(message):
            raise ValueError(f"field {number} is cut short")
        yield number, message[place : place + length]
        place += length


def _message(value: Message | int) -> Message:
    if isinstance(value, int):
        raise ValueError("a number stands where a message is expected")  # noqa: TRY004 - the file is wrong, no argument
    return value


def _varint(message: Message, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift <= LONGEST_VARINT_BITS:
        if place >= len(message):
            raise ValueError("a number is cut short")
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, place
    raise ValueError("a number is too long")


def _packed(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | BYTES]) + _as_varint(len(content)) + content


def _as_varint(value: int) -> bytes:
    digits = []
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
