"""Where the pixels of a survey are: in memory where they fit, else in a file."""

import math
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sightline.core.pieces import pieces
from sightline.core.storage import reserve, writing
from sightline.data.catalog import Rows
from sightline.imaging.photo import Pixels

MEMORY_SHARE = 4
"""Pixels stay in memory when they fit into one part in this many of the machine's."""
ASSUMED_MEMORY_BYTES = 8 * 2**30
CHUNK_ROWS = 4096


def pixel_room(shape: tuple[int, ...], keep_in: Path | None) -> Pixels:
    """Return uint8 zeros of a shape.

    Args:
        shape: (N, ...), of all samples together.
        keep_in: A folder for what does not fit into a quarter of the memory: a file there that vanishes with the
            process. Without one everything is in memory.

    Raises:
        RunError: The folder is needed and can't be written.
    """
    if keep_in is None or math.prod(shape) <= memory_bytes() // MEMORY_SHARE:
        return np.zeros(shape, dtype=np.uint8)
    with writing(keep_in):
        keep_in.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=keep_in) as file:
            reserve(file.fileno(), math.prod(shape))
            return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)


def memory_bytes() -> int:
    """Return the bytes of memory in this machine; a guess on Windows."""
    if not hasattr(os, "sysconf"):
        return ASSUMED_MEMORY_BYTES
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def training_chunks(pixels: Pixels, rows: Rows, size: int = CHUNK_ROWS) -> Iterator[Pixels]:
    """Yield some rows' pixels, `size` rows at a time, so that not all of them are copied at once."""
    for piece in pieces(len(rows), size):
        yield pixels[rows[piece]]
