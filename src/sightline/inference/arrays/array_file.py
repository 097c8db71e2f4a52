"""Arrays as a safetensors file, read and written without its library, which comes with training."""

import json
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

HEADER_SIZE = 8
"""Bytes in which a file says how long its header is; the header is filled up to a multiple of as many."""
MOST_HEADER = 2**20
METADATA = "__metadata__"
TYPES = {"U64": "<u8", "I64": "<i8", "F64": "<f8", "F32": "<f4", "F16": "<f2", "U8": "|u1"}
"""The types that model files keep beside their graph, in the order in which a file has its arrays."""
_NAMES = {np.dtype(kind): name for name, kind in TYPES.items()}


def read_arrays(content: bytes) -> Arrays:
    """Return the arrays of a file; they are views of its bytes and can't be written to.

    Args:
        content: Of a safetensors file whose arrays follow each other, as its library writes them.

    Raises:
        ValueError: It is none, has another type than `TYPES`, or arrays that do not fill their shape.
    """
    size = int.from_bytes(content[:HEADER_SIZE], "little")
    if size > min(MOST_HEADER, len(content) - HEADER_SIZE):
        raise ValueError(f"its header would have {size:,} bytes")
    try:
        header = json.loads(content[HEADER_SIZE : HEADER_SIZE + size])
        entries = [(name, *_entry(entry)) for name, entry in header.items() if name != METADATA]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"its header is not understood: {error!r}") from error
    return dict(_cut(memoryview(content)[HEADER_SIZE + size :], entries))


def _entry(entry: dict[str, Any]) -> tuple[str, tuple[int, ...], int, int]:
    """Return the type, the shape, and where the bytes begin and end."""
    (begin, end), shape = entry["data_offsets"], tuple(entry["shape"])
    if entry["dtype"] not in TYPES or any(type(number) is not int or number < 0 for number in (*shape, begin, end)):
        raise ValueError(f"it has an array of type {entry['dtype']!r} and shape {shape}")
    return TYPES[entry["dtype"]], shape, begin, end


def _cut(data: memoryview, entries: list[tuple[str, str, tuple[int, ...], int, int]]) -> Iterator[tuple[str, Any]]:
    """Yield each name and its array; every byte belongs to one of them."""
    place = 0
    for name, kind, shape, begin, end in sorted(entries, key=lambda entry: entry[3:]):
        if begin != place or end > len(data) or end - begin != np.dtype(kind).itemsize * prod(shape):
            raise ValueError(f"the bytes of {name!r} do not fit its shape {shape}, or its place")
        yield name, np.frombuffer(data[begin:end], kind).reshape(shape)
        place = end
    if place != len(data):
        raise ValueError("it has bytes that belong to no array")


def written_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the bytes of a file: the very ones that the library writes of the same arrays.

    Raises:
        ValueError: An array has another type than `TYPES`.
    """
    ranks = {name: rank for rank, name in enumerate(TYPES)}
    typed = {name: (_type_of(array), np.ascontiguousarray(array)) for name, array in arrays.items()}
    ordered = sorted(typed, key=lambda name: (ranks[typed[name][0]], name))
    header, place = dict[str, Any](), 0
    for name in ordered:
        kind, array = typed[name]
        end = place + array.nbytes
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % HEADER_SIZE)
    return b"".join([len(text).to_bytes(HEADER_SIZE, "little"), text, *(typed[name][1].tobytes() for name in ordered)])


def _type_of(array: npt.NDArray[Any]) -> str:
    try:
        return _NAMES[array.dtype]
    except KeyError as error:
        raise ValueError(f"a model file keeps no arrays of {array.dtype}") from error
