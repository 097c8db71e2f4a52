"""Protobuf's wire format, read strictly and written in one way: only what a schema knows, each thing said once.

Two parsers may understand the same bytes differently: one cuts a tag to 32 bits, another skips fields that it does
not know, a third keeps the first of two values. So whatever leaves room for that is refused here, and what was read
can be written anew, in the order of the fields' numbers and with the shortest numbers.

Reference:
    Google, "Protocol Buffers: Encoding". https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

Message = memoryview
Record = dict[str, Any]
"""A message that was read: names of fields to values, and to lists of values where a field is repeated."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIDTHS = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10
"""Bytes: 64 bits, seven a byte; the tenth holds the last bit alone."""
MOST_TAG = 2**32
MOST_FIELDS = 2**18
"""Of one file, numbers in lists included: a bound on the memory that reading takes, whatever the bytes are."""


class Kind(Enum):
    """What a field holds; its value is the wire's kind."""

    INT = "a number"
    FLOAT = "four bytes"
    DOUBLE = "eight bytes"
    TEXT = "a text"
    BYTES = "bytes"
    MESSAGE = "a message"


WIRE = {
    Kind.INT: VARINT,
    Kind.FLOAT: FIXED32,
    Kind.DOUBLE: FIXED64,
    Kind.TEXT: BYTES,
    Kind.BYTES: BYTES,
    Kind.MESSAGE: BYTES,
}


@dataclass(frozen=True)
class Field:
    """One field of a schema.

    Args:
        name: What the field is called in a record.
        kind: Floats are kept as their bytes, so that every bit of them is written again.
        schema: Of a message, its fields by number.
        repeated: Whether there may be several of it.
        packed: Whether several are written as one stretch of bytes.
        written: Whether it is handed on when a record is written anew.
        refusal: Why a file that has this field is refused; empty where the field is read.
    """

    name: str
    kind: Kind = Kind.MESSAGE
    schema: "Schema | None" = None
    repeated: bool = False
    packed: bool = False
    written: bool = True
    refusal: str = ""


Schema = dict[int, Field]


class Reader:
    """Reads one file's messages, and counts what it reads.

    Args:
        most_fields: How many fields and numbers the file may have in all.
    """

    def __init__(self, most_fields: int = MOST_FIELDS) -> None:
        self._left = most_fields

    def record(self, message: Message, schema: Schema) -> Record:
        """Return what a message says.

        Raises:
            ValueError: It is no protobuf, has a field that the schema does not know or refuses, or says something
                twice or in a way that another parser may understand differently.
        """
        record: Record = {}
        for number, wire, value in self._fields(message):
            field = schema.get(number)
            if field is None:
                raise ValueError(f"it has a field of the number {number}, which no model of ours has")
            if field.refusal:
                raise ValueError(field.refusal)
            values = self._values(field, wire, value)
            if field.repeated:
                record.setdefault(field.name, []).extend(values)
            elif field.name in record:
                raise ValueError(f"{field.name} is given twice")
            else:
                record[field.name] = values[0]
        return record

    def _fields(self, message: Message) -> Iterator[tuple[int, int, Message | int]]:
        """Yield each field's number, wire kind and value: a number, or bytes."""
        place = 0
        while place < len(message):
            self._count()
            key, place = _varint(message, place)
            number, wire = key >> 3, key & 7
            if key >= MOST_TAG or number == 0:
                raise ValueError(f"it has a field of the impossible number {number}")
            if wire == VARINT:
                value, place = _varint(message, place)
                yield number, wire, value
                continue
            if wire == BYTES:
                length, place = _varint(message, place)
            elif wire in WIDTHS:
                length = WIDTHS[wire]
            else:
                raise ValueError(f"field {number} has the unknown kind {wire}")
            if place + length > len(message):
                raise ValueError(f"field {number} is cut short")
            yield number, wire, message[place : place + length]
            place += length

    def _values(self, field: Field, wire: int, value: Message | int) -> list[Any]:
        """Return the one value of a field, or all that are packed into it."""
        if isinstance(value, int):
            if field.kind is not Kind.INT:
                raise ValueError(f"{field.name} is a number; expected {field.kind.value}")
            return [_signed(value)]
        if wire == BYTES and field.repeated and field.kind in (Kind.INT, Kind.FLOAT, Kind.DOUBLE):
            return list(self._packed(field, value))
        if wire != WIRE[field.kind]:
            raise ValueError(f"{field.name} has the wire kind {wire}; expected {field.kind.value}")
        if field.kind is Kind.MESSAGE:
            return [self.record(value, field.schema or {})]
        return [str(value, "utf-8") if field.kind is Kind.TEXT else value]

    def _packed(self, field: Field, value: Message) -> Iterator[Any]:
        place = 0
        width = WIDTHS.get(WIRE[field.kind], 0)
        if width and len(value) % width:
            raise ValueError(f"{field.name} is cut short")
        while place < len(value):
            self._count()
            if width:
                yield value[place : place + width]
                place += width
            else:
                number, place = _varint(value, place)
                yield _signed(number)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError("it has more fields and numbers than any model of ours")


def _varint(message: Message, place: int) -> tuple[int, int]:
    value = 0
    for digit in range(LONGEST_VARINT):
        if place >= len(message):
            raise ValueError("a number is cut short")
        byte = message[place]
        value |= (byte & 0x7F) << (7 * digit)
        place += 1
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            if (digit and not byte) or value >= 2**64:
                raise ValueError("a number is longer than it needs to be")
            return value, place
    raise ValueError("a number is longer than it needs to be")


def _signed(value: int) -> int:
    """Return 64 bits as a number from -2^63 to 2^63 - 1."""
    return value - 2**64 if value >= 2**63 else value


def written(record: Record, schema: Schema) -> bytes:
    """Return a record as bytes, in the order of the fields' numbers: equal records are equal bytes."""
    parts, _ = _parts(record, schema)
    return b"".join(parts)


def _parts(record: Record, schema: Schema) -> tuple[list[bytes | Message], int]:
    """Return the pieces of a message, so that large arrays are copied once, and how many bytes they have."""
    parts: list[bytes | Message] = []
    length = 0
    for number, field in sorted(schema.items()):
        if not field.written or field.name not in record:
            continue
        for wire, inner, size in _contents(field, record[field.name]):
            head = _as_varint(number << 3 | wire) + (_as_varint(size) if wire == BYTES else b"")
            parts += [head, *inner]
            length += len(head) + size
    return parts, length


def _contents(field: Field, value: Any) -> Iterator[tuple[int, list[bytes | Message], int]]:
    """Yield the wire kind, the pieces and the number of bytes of each time that a field is written."""
    values = value if field.repeated else [value]
    if field.packed:
        if values:
            whole = b"".join(_scalar(field, one) for one in values)
            yield BYTES, [whole], len(whole)
        return
    for one in values:
        if field.kind is Kind.MESSAGE:
            yield BYTES, *_parts(one, field.schema or {})
        else:
            content = _scalar(field, one)
            yield WIRE[field.kind], [content], len(content)


def _scalar(field: Field, value: Any) -> bytes | Message:
    if field.kind is Kind.INT:
        return _as_varint(value % 2**64)
    content: bytes | Message = value.encode() if field.kind is Kind.TEXT else value
    return content


def _as_varint(value: int) -> bytes:
    digits = []
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
