"""One look at every sample: read once, decoded once, its facts, digest and pixels kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from sightline.data.cache_folder import unused_cache
from sightline.data.catalog import Catalog
from sightline.data.survey.look import Look
from sightline.data.survey.memory import pixel_room
from sightline.data.survey.record import Columns, Surveyed
from sightline.data.survey.workers import Workers
from sightline.imaging.format import Format
from sightline.imaging.thumbnail import SIDE

WORTH_SECONDS = 1.0
"""Pixels are kept for other surveys where that saves more work than this."""


class Survey:
    """A look at every sample of a catalog, as a context: it begins on entry, and on exit nothing of it goes on.

    Between the two this process may do something else, for others may go on with the look.

    Args:
        input_format: What every sample becomes; without it only facts are kept.
        keep_in: A folder for pixels that do not fit into a quarter of the memory; they are then
            kept in a file there that vanishes with the process.
        cache_in: A folder where pixels are kept for other surveys; a sample whose bytes were decoded
            there before is not decoded again. See `sightline.data.cache_folder.pixel_folder`.

    Raises:
        RunError: The folder for pixels is needed and can't be written.
    """

    def __init__(
        self,
        catalog: Catalog,
        input_format: Format | None = None,
        *,
        keep_in: Path | None = None,
        cache_in: Path | None = None,
    ) -> None:
        self.catalog, self.format = catalog, input_format
        pixels = None if input_format is None else pixel_room((len(catalog), *input_format.shape), keep_in)
        self._columns = Columns.empty(pixel_room((len(catalog), SIDE, SIDE), keep_in), pixels)
        self._look = Look(catalog.source, input_format, cache_in)
        self.workers = Workers(self._look, catalog.paths, self._columns)

    def __enter__(self) -> Self:
        """Begin."""
        self.workers.begin()
        return self

    def __exit__(self, *_: object) -> None:
        """End what still goes on."""
        self.workers.stop()

    def looked(self, advance: Callable[[int], None] = lambda _: None) -> Columns:
        """Look at all that is left and return the columns of it.

        Args:
            advance: Called with the number of samples done since the last call, for a progress bar.
        """
        self.workers.finish(advance)
        return self._columns

    def finished(self, advance: Callable[[int], None] = lambda _: None) -> Surveyed:
        """Look at all that is left and return what every look showed.

        Args:
            advance: Called with the number of samples done since the last call, for a progress bar.
        """
        self.looked(advance)
        self._keep()
        findings = () if self._look.cache is None else unused_cache(self._look.cache_in)
        catalog = replace(self.catalog, findings=(*self.catalog.findings, *findings))
        return Surveyed.of(catalog, self.format, self._columns)

    def _keep(self) -> None:
        """Keep the pixels for other surveys where decoding them took long."""
        columns, cache = self._columns, self._look.cache
        if cache is not None and columns.pixels is not None and self.workers.rows.decoding_seconds > WORTH_SECONDS:
            rows = {digest: row for row, digest in enumerate(columns.digests) if row not in columns.problems}
            cache.keep(rows, columns.facts, columns.thumbnails, columns.pixels)


def survey(
    catalog: Catalog,
    input_format: Format | None = None,
    *,
    keep_in: Path | None = None,
    cache_in: Path | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Surveyed:
    """Read and decode every sample of a catalog once, on all cores.

    A sample that can't be read is a row in `problems`; the look goes on. The arguments are those of `Survey`.

    Args:
        advance: Called with the number of samples done since the last call, for a progress bar.
    """
    with Survey(catalog, input_format, keep_in=keep_in, cache_in=cache_in) as work:
        return work.finished(advance)
