"""One look at every picture: read once, decoded once, its facts, digest and pixels kept."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from sightline.core.cores import core_count
from sightline.core.errors import PictureError, RunError
from sightline.data.cache import kept_pixels
from sightline.data.catalog import Catalog, Rows
from sightline.data.looks import GLANCE, Columns, Eye
from sightline.data.pace import Pace, Remaining
from sightline.data.reader import MOST_NAMES, Reader
from sightline.data.sources import FolderSource, Source, ZipSource
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat

ROWS_A_TASK, ROWS_ALONE = 64, 8
"""Pictures that a thread takes at a time where there are several, and those between two looks at the clock."""
WORTH_READERS, MOST_READERS = 10_000, 3
"""Short pictures from which on other processes help, and how many do; each begins with half a second of its own."""
TICK_SECONDS = 0.1
"""Between two moves of a progress bar."""
PEEKED = 200
MEMORY_SHARE = 4
"""Pixels stay in memory when they fit into one part in this many of the machine's."""
ASSUMED_MEMORY_BYTES = 8 * 2**30
WORTH_SECONDS = 1.0
"""Pixels are kept for other surveys where that saves more work than this."""


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


class BegunSurvey:
    """A look at every picture that has begun: other processes go on with it while this one does something else.

    Args:
        catalog: The pictures.
        input_format: What every picture shall become; without it only facts are kept.
        keep_in: A folder for pixels that do not fit into a quarter of the memory; they are then
            kept in a file there that vanishes with the process.
        cache_in: A folder where pixels are kept for other surveys; a picture whose bytes were decoded
            there before is not decoded again. See `sightline.data.cache.pixel_folder`.

    Attributes:
        left: The rows that nobody has looked at yet.
        helping: What goes on meanwhile.

    Raises:
        RunError: The folder for pixels is needed and can't be written.
    """

    def __init__(
        self,
        catalog: Catalog,
        input_format: PictureFormat | None = None,
        *,
        keep_in: Path | None = None,
        cache_in: Path | None = None,
    ) -> None:
        self.catalog, self.format = catalog, input_format or GLANCE
        pixels = None if input_format is None else _room((len(catalog), *input_format.shape), keep_in)
        self._columns, self._pace = Columns.empty(len(catalog), pixels), Pace()
        self._eye = Eye(catalog.source, self.format, kept_pixels(cache_in, catalog.source, input_format))
        self._threads = ThreadPoolExecutor(core_count())
        self.left, self.helping = Remaining(len(catalog)), list[Future[None]]()
        while self._pace.is_unknown and self._look_at_some():
            pass
        if self._pace.is_short and self.left.count >= WORTH_READERS:
            for reader in _readers(catalog.source, input_format, cache_in):
                self.helping.append(self._threads.submit(self._let_look, reader))

    def __enter__(self) -> Self:
        """Return the survey."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what still goes on."""
        self.left.take(len(self.catalog.paths))
        self._threads.shutdown()

    def finished(self, advance: Callable[[int], None] = lambda _: None) -> Survey:
        """Look at all that is left and return what was seen.

        Args:
            advance: Called with the number of pictures done since the last call, for a progress bar.
        """
        advance(self.left.news())
        while self._pace.is_short and self._look_at_some():
            advance(self.left.news())
        more = [self._threads.submit(self._look_on) for _ in range(core_count() - len(self.helping))]
        working = [*self.helping, *more]
        while wait(working, timeout=TICK_SECONDS).not_done:
            advance(self.left.news())
        for work in working:
            work.result()
        advance(self.left.news())
        columns, kept = self._columns, self._eye.kept
        if kept is not None and columns.pixels is not None and self.left.decoding_seconds > WORTH_SECONDS:
            sound = {digest: row for row, digest in enumerate(columns.digests) if row not in columns.problems}
            kept.keep(sound, columns.facts, columns.pixels)
        return _survey(columns)

    def _look_at_some(self) -> bool:
        """Look at a few pictures with an eye on the clock; return whether there were any."""
        if rows := self.left.take(ROWS_ALONE):
            with self._pace.of(rows):
                self._look_at(rows)
        return bool(rows)

    def _look_on(self) -> None:
        while rows := self.left.take(ROWS_A_TASK):
            self._look_at(rows)

    def _look_at(self, rows: range) -> None:
        began = time.perf_counter()
        decoded = sum(self._eye.look(self.catalog.paths[row], row, self._columns) for row in rows)
        self.left.done(rows, decoded, time.perf_counter() - began)

    def _let_look(self, reader: Reader) -> None:
        """Let another process look at pictures; if it comes to harm, what it left is looked at here."""
        with closing(reader):
            while rows := self.left.take(MOST_NAMES):
                began = time.perf_counter()
                try:
                    columns, decoded = reader.look(self.catalog.paths[rows.start : rows.stop])
                except (OSError, ValueError):
                    return self._look_at(rows)
                self._columns.put(rows, columns)
                self.left.done(rows, decoded, time.perf_counter() - began)
        return None


def survey(
    catalog: Catalog,
    input_format: PictureFormat | None = None,
    *,
    keep_in: Path | None = None,
    cache_in: Path | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Survey:
    """Read and decode every picture of a catalog once, on all cores.

    A picture that can't be read is a row in `problems`; the look goes on.

    Args:
        catalog: See `BegunSurvey`.
        input_format: See `BegunSurvey`.
        keep_in: See `BegunSurvey`.
        cache_in: See `BegunSurvey`.
        advance: See `BegunSurvey.finished`.
    """
    with BegunSurvey(catalog, input_format, keep_in=keep_in, cache_in=cache_in) as begun:
        return begun.finished(advance)


def _readers(source: Source, input_format: PictureFormat | None, cache_in: Path | None) -> Iterator[Reader]:
    """Yield a process for each core but the own one; none where there can be no other, or the source is an array."""
    if isinstance(source, FolderSource | ZipSource) and sys.executable and not hasattr(sys, "frozen"):
        with suppress(OSError):
            for _ in range(min(core_count() - 1, MOST_READERS)):
                yield Reader(source, input_format, cache_in)


def _survey(columns: Columns) -> Survey:
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


def _room(shape: tuple[int, ...], keep_in: Path | None) -> Pixels:
    if keep_in is None or int(np.prod(shape)) <= _memory_bytes() // MEMORY_SHARE:
        return np.zeros(shape, dtype=np.uint8)
    try:
        keep_in.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=keep_in) as file:
            return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)
    except OSError as error:
        raise RunError(f"{keep_in} can't be written: {error}", hint="choose another --out") from error


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
