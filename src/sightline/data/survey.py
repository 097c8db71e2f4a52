"""One look at every picture: read once, decoded once, its facts, digest and pixels kept."""

import hashlib
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from sightline.core.errors import PictureError
from sightline.data.cache import Facts, PixelCache, kept_pixels
from sightline.data.catalog import Catalog, Rows
from sightline.imaging.photo import Payload, Pixels
from sightline.imaging.preprocess import InputFormat

ROWS_A_TASK = 64
ROWS_ALONE, JUDGED = 8, 3
"""Pictures between two looks at the clock, and how many looks are judged by their median."""
SHORT_WORK, SHORT_WAIT = 0.00012, 0.0005
"""Seconds of a processor, and seconds, below which pictures are read by one thread. Python lets one thread at a time
begin and end its work on a picture, and to wake another takes longer than that work: 60,000 JPEG files of 32 x 32 took
one thread 4.6 s and two threads 7.0 s."""
PEEKED = 200
MEMORY_SHARE = 4
"""Pixels stay in memory when they fit into one part in this many of the machine's."""
ASSUMED_MEMORY_BYTES = 8 * 2**30
WORTH_SECONDS = 1.0
"""Pixels are kept for other surveys where that saves more than this."""
UNKNOWN = Facts(0, 0, "", "", turned=False, frames=1)
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
    facts: list[Facts]
    pixels: Pixels | None
    problems: dict[int, str] = field(default_factory=dict)


def survey(
    catalog: Catalog,
    input_format: InputFormat | None = None,
    *,
    keep_in: Path | None = None,
    cache_in: Path | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Survey:
    """Read and decode every picture of a catalog once, on all cores.

    A picture that can't be read is a row in `problems`; the look goes on.

    Args:
        catalog: The pictures.
        input_format: What they shall become; without it only facts are kept.
        keep_in: A folder for pixels that do not fit into a quarter of the memory; they are then
            kept in a file there that vanishes with the process.
        cache_in: A folder where pixels are kept for other surveys; a picture whose bytes were decoded
            there before is not decoded again. See `sightline.data.cache.pixel_folder`.
        advance: Called with the number of pictures done since the last call, for a progress bar.
    """
    count = len(catalog)
    columns = _Columns(
        digests=[""] * count,
        facts=[UNKNOWN] * count,
        pixels=None if input_format is None else _room((count, *input_format.shape), keep_in),
    )
    kept = kept_pixels(cache_in, catalog.source, input_format)
    started, decoded = time.perf_counter(), 0

    def look_at(rows: range) -> int:
        return sum(_look(catalog, row, input_format or GLANCE, columns, kept) for row in rows)

    for rows, newly_decoded in _in_pieces(count, look_at):
        decoded += newly_decoded
        advance(len(rows))
    seconds = (time.perf_counter() - started) * decoded / max(count, 1)
    if kept is not None and columns.pixels is not None and seconds > WORTH_SECONDS:
        sound = {digest: row for row, digest in enumerate(columns.digests) if row not in columns.problems}
        kept.keep(sound, columns.facts, columns.pixels)
    return _survey(columns)


def _in_pieces(count: int, look_at: Callable[[range], int]) -> Iterator[tuple[range, int]]:
    """Yield some rows at a time and what came of them: one thread looks at short ones, all cores once they are long."""
    done, work, wait = 0, deque[float](maxlen=JUDGED), deque[float](maxlen=JUDGED)
    while done < count and (len(work) < JUDGED or (median(work) < SHORT_WORK and median(wait) < SHORT_WAIT)):
        rows = range(done, min(done + ROWS_ALONE, count))
        began, worked = time.perf_counter(), time.thread_time()
        found = look_at(rows)
        work.append((time.thread_time() - worked) / len(rows))
        wait.append((time.perf_counter() - began) / len(rows))
        yield rows, found
        done = rows.stop
    tasks = [range(start, min(start + ROWS_A_TASK, count)) for start in range(done, count, ROWS_A_TASK)]
    with ThreadPoolExecutor(_cores()) as threads:
        yield from zip(tasks, threads.map(look_at, tasks), strict=True)


def _survey(columns: _Columns) -> Survey:
    return Survey(
        digests=tuple(columns.digests),
        problems=dict(sorted(columns.problems.items())),
        sizes=np.array([facts[:2] for facts in columns.facts], dtype=np.int32).reshape(-1, 2),
        formats=tuple(facts.format for facts in columns.facts),
        modes=tuple(facts.mode for facts in columns.facts),
        turned=np.array([facts.turned for facts in columns.facts], dtype=np.bool_),
        frames=np.array([facts.frames for facts in columns.facts], dtype=np.int32),
        pixels=columns.pixels,
    )


def _look(catalog: Catalog, row: int, input_format: InputFormat, columns: _Columns, kept: PixelCache | None) -> bool:
    """Fill one row; return whether the picture had to be decoded for it."""
    name = catalog.paths[row]
    try:
        payload = catalog.source.read(name)
        digest = columns.digests[row] = _digest(payload)
        if kept is not None and columns.pixels is not None and (found := kept.find(digest)):
            columns.facts[row], columns.pixels[row] = found
            return False
        photo = input_format.open(payload, name=name)
        if columns.pixels is not None:
            columns.pixels[row] = input_format.pixels(photo)
    except PictureError as error:
        columns.problems[row] = error.problem
    else:
        columns.facts[row] = Facts(photo.width, photo.height, photo.format, photo.mode, photo.turned, photo.frames)
    return True


def _digest(payload: Payload) -> str:
    if isinstance(payload, bytes):
        return hashlib.sha256(payload).hexdigest()
    return hashlib.sha256(repr(payload.shape).encode() + payload.tobytes()).hexdigest()


def _room(shape: tuple[int, ...], keep_in: Path | None) -> Pixels:
    if keep_in is None or int(np.prod(shape)) <= _memory_bytes() // MEMORY_SHARE:
        return np.zeros(shape, dtype=np.uint8)
    with tempfile.TemporaryFile(dir=keep_in) as file:
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)


def _cores() -> int:
    """Return on how many cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
