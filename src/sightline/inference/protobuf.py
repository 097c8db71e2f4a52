"""Protobuf's wire format, as far as an ONNX file needs it: a few lines, so that answering needs no package for it.

Reference:
    Google, "Protocol Buffers: Encoding". https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator

Message = memoryview
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIDTHS = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT_BITS = 63


def fields_of(message: Message) -> Iterator[tuple[int, Message | int]]:
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


def messages_of(message: Message, number: int) -> Iterator[Message]:
    """Yield every field of a number that holds bytes, such as a message or a text."""
    return (value for key, value in fields_of(message) if key == number and not isinstance(value, int))


def bytes_of(value: Message | int) -> Message:
    """Return the bytes of a field, which may be a message.

    Raises:
        ValueError: The field holds a number.
    """
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


def field(number: int, content: bytes) -> bytes:
    """Return a field that holds bytes, ready to be appended to a message."""
    return bytes([number << 3 | BYTES]) + _as_varint(len(content)) + content


def _as_varint(value: int) -> bytes:
    digits = []
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
