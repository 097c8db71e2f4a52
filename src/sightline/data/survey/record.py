"""What one look at every sample showed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from sightline.core.errors import DataError
from sightline.data.catalog import Catalog, Rows
from sightline.data.copies.frames import frame_widths
from sightline.data.copies.record import NO_COPIES, Copies
from sightline.imaging.deep import Shades, has_shades
from sightline.imaging.facts import Facts
from sightline.imaging.format import Format
from sightline.imaging.photo import Pixels
from sightline.imaging.thumbnail import deviations


@dataclass
class Columns:
    """What looks at some samples showed; threads fill different rows.

    Args:
        digests: N, as in `Surveyed`.
        facts: What is known of each sample besides its pixels.
        thumbnails: (N, 32, 32) uint8 of zeros.
        pixels: (N, ...) uint8 of zeros, or None if no pixels are kept.
        problems: Row to reason, for every sample that can't be used.
    """

    digests: list[str]
    facts: list[Facts]
    thumbnails: Pixels
    pixels: Pixels | None
    problems: dict[int, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, thumbnails: Pixels, pixels: Pixels | None) -> Self:
        """Return columns of samples that nobody has looked at, as many as there is room for."""
        count = len(thumbnails)
        return cls([""] * count, [Facts()] * count, thumbnails, pixels)

    def put(self, rows: Sequence[int], some: "Columns") -> None:
        """Put the columns of some samples into these rows."""
        for row, digest, facts in zip(rows, some.digests, some.facts, strict=True):
            self.digests[row], self.facts[row] = digest, facts
        self.problems.update((rows[row], problem) for row, problem in some.problems.items())
        self.thumbnails[rows] = some.thumbnails
        if self.pixels is not None and some.pixels is not None:
            self.pixels[rows] = some.pixels


@dataclass(frozen=True, eq=False)
class Surveyed:
    """A catalog and what one look at every sample showed, as columns in its order; it serves any number of splits.

    Args:
        catalog: The N samples that were looked at.
        format: What every sample's pixels are; None if no pixels were asked for.
        digests: SHA-256 of each file's bytes (or of an array's shape and pixels), hexadecimal; ``""``
            where the file could not even be read.
        problems: Row to reason, for every sample that can't be used.
        sizes: (N, 2) int32, width and height as stored; zero where unknown.
        formats: ``"JPEG"``, ``"PNG"``, ..., ``"array"``, or ``""``.
        modes: The colour mode in the file: ``"RGB"``, ``"L"``, ``"P"``, ``"I;16"``, ...
        turned: (N,) bool, whether an EXIF orientation was applied.
        frames: (N,) int32, how many pictures the file holds.
        cameras: What took each picture, ``""`` where unknown.
        thumbnails: (N, 32, 32) uint8, grey, see `sightline.imaging.thumbnail`; zeros where there is a problem.
        byte_counts: (N,) int64, the sizes of the files; 0 where unknown.
        sharpness: (N,) float64, as in `sightline.imaging.sharpness`; 0 where the thumbnail is to be asked.
        pixels: (N, *format.shape) uint8, zeros where there is a problem; None if no pixels were asked for.
        shades: Row to the values of a deep picture, for every one that could be decoded.
        taken: (N,) float64, when each picture was taken, in seconds since 1970 by its camera's clock; 0 where unknown.
        profiles: Row to what became of the file's colour profile, for every one but sRGB's.
        copies: The near copies among them; none until somebody has looked for them.
    """

    catalog: Catalog
    format: Format | None
    digests: tuple[str, ...]
    problems: dict[int, str]
    sizes: npt.NDArray[np.int32]
    formats: tuple[str, ...]
    modes: tuple[str, ...]
    turned: npt.NDArray[np.bool_]
    frames: npt.NDArray[np.int32]
    taken: npt.NDArray[np.float64]
    cameras: tuple[str, ...]
    thumbnails: Pixels
    byte_counts: Rows
    sharpness: npt.NDArray[np.float64]
    pixels: Pixels | None = None
    shades: dict[int, Shades] = field(default_factory=dict)
    profiles: dict[int, str] = field(default_factory=dict)
    copies: Copies = NO_COPIES

    @classmethod
    def of(cls, catalog: Catalog, input_format: Format | None, columns: Columns) -> Self:
        """Return the record of columns whose every row was looked at."""
        return cls(
            catalog=catalog,
            format=input_format,
            digests=tuple(columns.digests),
            problems=dict(sorted(columns.problems.items())),
            sizes=np.array([facts[:2] for facts in columns.facts], dtype=np.int32).reshape(-1, 2),
            formats=tuple(facts.format for facts in columns.facts),
            modes=tuple(facts.mode for facts in columns.facts),
            turned=np.array([facts.turned for facts in columns.facts], dtype=np.bool_),
            frames=np.array([facts.frames for facts in columns.facts], dtype=np.int32),
            taken=np.array([facts.taken for facts in columns.facts], dtype=np.float64),
            cameras=tuple(facts.camera for facts in columns.facts),
            thumbnails=columns.thumbnails,
            pixels=columns.pixels,
            shades={row: facts.shades for row, facts in enumerate(columns.facts) if has_shades(facts.mode)},
            byte_counts=np.array([facts.byte_count for facts in columns.facts], dtype=np.int64),
            sharpness=np.array([facts.sharpness for facts in columns.facts], dtype=np.float64),
            profiles={row: facts.profile for row, facts in enumerate(columns.facts) if facts.profile},
        )

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """(N,) bool, whether each sample could be read."""
        usable = np.ones(len(self.digests), dtype=np.bool_)
        usable[list(self.problems)] = False
        return usable

    @cached_property
    def deviations(self) -> npt.NDArray[np.float32]:
        """By how many levels the pixels of each thumbnail deviate from its mean, (N,)."""
        return deviations(self.thumbnails)

    @cached_property
    def borders(self) -> Rows:
        """How many lines of one colour each edge of each thumbnail has, (N, 4), as `frame_widths` returns them."""
        return frame_widths(self.thumbnails)

    @cached_property
    def contents(self) -> tuple[str, ...]:
        """What each sample shows: its digest, or that of the first among its near copies."""
        contents = list(self.digests)
        for row, first in self.copies.leaders.items():
            contents[row] = self.digests[first]
        return tuple(contents)

    @property
    def median_size(self) -> tuple[int, int]:
        """The medians of width and of height, in pixels, over the samples that could be read; zeros if none could."""
        sizes = self.sizes[self.usable]
        width, height = np.median(sizes, axis=0).astype(int).tolist() if len(sizes) else (0, 0)
        return width, height

    @property
    def labelled_rows(self) -> Rows:
        """(n,) int64, the samples that could be read and have a label, ascending."""
        return np.flatnonzero(self.usable & self.catalog.labelled)

    @property
    def class_counts(self) -> Rows:
        """(C,) int64, how many `labelled_rows` each class has."""
        return np.bincount(self.catalog.labels[self.labelled_rows], minlength=len(self.catalog.classes))

    @property
    def empty_classes(self) -> tuple[str, ...]:
        """The names of the classes of which no sample could be read."""
        return tuple(name for name, count in zip(self.catalog.classes, self.class_counts, strict=True) if not count)

    def required_rows(self) -> Rows:
        """Return `labelled_rows`.

        Raises:
            DataError: There is none.
        """
        if not len(self.labelled_rows):
            raise DataError(
                f"{self.catalog.name} holds no picture that can be read and has a label",
                hint="`sightline check DATA` says why",
            )
        return self.labelled_rows
