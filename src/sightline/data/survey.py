"""One look at every picture: read once, decoded once, its facts, digest and pixels kept."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sightline.core.errors import PictureError
from sightline.data.catalog import Catalog, Rows
from sightline.imaging.photo import Payload, Pixels
from sightline.imaging.preprocess import InputFormat

ROWS_A_TASK = 64
PEEKED = 200
MEMORY_SHARE = 4
"""Pixels stay in memory when they fit into one part in this many of the machine's."""
ASSUMED_MEMORY_BYTES = 8 * 2**30
GLANCE = InputFormat(height=1, width=1, colours="grey")
"""The format of a look that keeps no pixels: JPEGs are decoded at the smallest scale."""


@dataclass(frozen=True)
class Survey:
    """What one look at every picture of a catalog showed, as columns in the catalog's order.

    Args:
        digests: SHA-256 of each file's bytes (or of an array's shape and pixels), hexadecimal; ``""``
            where the file could not even be read.
        problems: Row to reason, for every picture that can't be used.
        sizes: (N, 2) int32, width and height as stored; zero where unknown.
        formats: ``"JPEG"``, ``"PNG"``, ..., ``"array"``, or ``""``.
        modes: The colour mode in the file: ``"RGB"``, ``"L"``, ``"P"``, ``"I;16"``, ...
        turned: (N,) bool, whether an EXIF orientation was applied.
        frames: (N,) int32, how many pictures the file holds.
        pixels: (N, H, W, C) uint8, zeros where there is a problem; None if no pixels were asked for.
    """

    digests: tuple[str, ...]
    problems: dict[int, str]
    sizes: npt.NDArray[np.int32]
    formats: tuple[str, ...]
    modes: tuple[str, ...]
    turned: npt.NDArray[np.bool_]
    frames: npt.NDArray[np.int32]
    pixels: Pixels | None = None

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """(N,) bool, whether each picture could be read."""
        usable = np.ones(len(self.digests), dtype=np.bool_)
        usable[list(self.problems)] = False
        return usable


@dataclass
class _Columns:
    """A survey that is being filled; threads write different rows."""

    digests: list[str]
    formats: list[str]
    modes: list[str]
    sizes: npt.NDArray[np.int32]
    turned: npt.NDArray[np.bool_]
    frames: npt.NDArray[np.int32]
    pixels: Pixels | None
    problems: dict[int, str] = field(default_factory=dict)


def survey(
    catalog: Catalog,
    input_format: InputFormat | None = None,
    *,
    keep_in: Path | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Survey:
    """Read and decode every picture of a catalog once, on all cores.

    A picture that can't be read is a row in `problems`; the look goes on.

    Args:
        catalog: The pictures.
        input_format: What they shall become; without it only facts are kept.
        keep_in: A folder for pixels that do not fit into a quarter of the memory; they are then
            kept in a file there that vanishes with the process.
        advance: Called with the number of pictures done since the last call, for a progress bar.
    """
    count = len(catalog)
    columns = _Columns(
        digests=[""] * count,
        formats=[""] * count,
        modes=[""] * count,
        sizes=np.zeros((count, 2), dtype=np.int32),
        turned=np.zeros(count, dtype=np.bool_),
        frames=np.ones(count, dtype=np.int32),
        pixels=None if input_format is None else _room((count, *input_format.shape), keep_in),
    )

    def look_at(rows: range) -> int:
        for row in rows:
            _look(catalog, row, input_format or GLANCE, columns)
        return len(rows)

    tasks = [range(start, min(start + ROWS_A_TASK, count)) for start in range(0, count, ROWS_A_TASK)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done in threads.map(look_at, tasks):
            advance(done)
    return Survey(
        digests=tuple(columns.digests),
        problems=dict(sorted(columns.problems.items())),
        sizes=columns.sizes,
        formats=tuple(columns.formats),
        modes=tuple(columns.modes),
        turned=columns.turned,
        frames=columns.frames,
        pixels=columns.pixels,
    )


def _look(catalog: Catalog, row: int, input_format: InputFormat, columns: _Columns) -> None:
    name = catalog.paths[row]
    try:
        payload = catalog.source.read(name)
        columns.digests[row] = _digest(payload)
        photo = input_format.open(payload, name=name)
        if columns.pixels is not None:
            columns.pixels[row] = input_format.pixels(photo)
    except PictureError as error:
        columns.problems[row] = error.problem
        return
    columns.sizes[row] = photo.width, photo.height
    columns.formats[row], columns.modes[row] = photo.format, photo.mode
    columns.turned[row], columns.frames[row] = photo.turned, photo.frames


def _digest(payload: Payload) -> str:
    if isinstance(payload, bytes):
        return hashlib.sha256(payload).hexdigest()
    return hashlib.sha256(repr(payload.shape).encode() + payload.tobytes()).hexdigest()


def _room(shape: tuple[int, ...], keep_in: Path | None) -> Pixels:
    if keep_in is None or int(np.prod(shape)) <= _memory_bytes() // MEMORY_SHARE:
        return np.zeros(shape, dtype=np.uint8)
    with tempfile.TemporaryFile(dir=keep_in) as file:
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)


def _memory_bytes() -> int:
    if not hasattr(os, "sysconf"):  # Windows
        return ASSUMED_MEMORY_BYTES
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def peek(catalog: Catalog) -> Iterator[tuple[int, int, str]]:
    """Yield width, height and colour mode of up to 200 readable pictures, evenly over the catalog."""
    for row in range(0, len(catalog), max(1, -(-len(catalog) // PEEKED))):
        name = catalog.paths[row]
        try:
            photo = GLANCE.open(catalog.source.read(name), name=name)
        except PictureError:
            continue  # the survey names it
        yield photo.width, photo.height, photo.mode


def training_chunks(pixels: Pixels, rows: Rows, size: int = 4096) -> Iterator[Pixels]:
    """Yield some rows' pixels in pieces, so that not all of them are copied at once."""
    for start in range(0, len(rows), size):
        yield pixels[rows[start : start + size]]
