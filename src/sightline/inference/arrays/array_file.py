"""Arrays that travel beside a model: a safetensors file, read without its library, which comes with training."""

import json
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

HEADER_SIZE = 8
"""Bytes in which a safetensors file says how long its header is."""
TYPES = {"U64": "<u8", "I64": "<i8", "F64": "<f8", "F32": "<f4", "F16": "<f2"}
"""Types of values as safetensors names them, and as numpy does."""

Arrays = Mapping[str, npt.NDArray[Any]]


def read_arrays(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a safetensors file; those of another type than `TYPES` come as bytes.

    Raises:
        ValueError: It is no such file, or an array does not fill its shape.
    """
    try:
        size = int.from_bytes(content[:HEADER_SIZE], "little")
        header, data = json.loads(content[HEADER_SIZE : HEADER_SIZE + size]), content[HEADER_SIZE + size :]
        return {name: _array(entry, data) for name, entry in header.items() if name != "__metadata__"}
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError(f"the header of its arrays is not understood: {error!r}") from error


def written_arrays(arrays: Arrays) -> bytes:
    """Return the bytes of a safetensors file, for a bundle's ``arrays``.

    Raises:
        MissingExtraError: safetensors is not installed.
    """
    from sightline.core.choose import require_extra

    require_extra("safetensors", extra="train", purpose="writing a model file")
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _array(entry: dict[str, Any], data: bytes) -> npt.NDArray[Any]:
    begin, end = entry["data_offsets"]
    kind, shape = TYPES.get(entry["dtype"]), entry["shape"]
    if not (type(begin) is type(end) is int and 0 <= begin <= end <= len(data)):
        raise ValueError(f"an array would lie from byte {begin} to {end} of {len(data)}")
    if kind is None:
        return np.frombuffer(data[begin:end], np.uint8)
    if any(type(side) is not int or side < 0 for side in shape) or prod(shape) * np.dtype(kind).itemsize != end - begin:
        raise ValueError(f"an array of {end - begin} bytes can't have the shape {shape[:8]}")
    return np.frombuffer(data[begin:end], kind).reshape(shape)
