"""One look at one sample: read once, decoded once, its facts, digest and pixels kept."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sightline.core.errors import PictureError
from sightline.data.catalog import Catalog
from sightline.data.sources import Source
from sightline.data.survey.cache import pixel_cache
from sightline.data.survey.record import Columns
from sightline.imaging.deep import ANY
from sightline.imaging.facts import Facts
from sightline.imaging.format import Format
from sightline.imaging.photo import Payload
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.thumbnail import SIDE

GLANCE = PictureFormat(height=SIDE, width=SIDE, colours="grey", deep=ANY)
"""The format of a look that keeps a thumbnail alone: JPEGs are decoded at a small scale, and deep values may be any."""
PEEKED = 200


class Look:
    """How samples of a source are looked at; safe to use from several threads.

    Args:
        source: Where the samples are.
        input_format: What every sample becomes; None if no pixels are kept.
        cache_in: A folder where decoded samples are kept for other surveys; None if nowhere.
    """

    def __init__(self, source: Source, input_format: Format | None, cache_in: Path | None) -> None:
        self.source, self.format, self.cache_in = source, input_format, cache_in
        self.cache = pixel_cache(cache_in, source, input_format)

    def fill(self, row: int, columns: Columns, *, name: str) -> bool:
        """Fill one row with what the file of this name shows; return whether it had to be decoded."""
        payload: Payload = b""
        try:
            payload = self.source.read(name)
            digest = columns.digests[row] = _digest(payload)
            if columns.pixels is None or self.format is None:
                columns.facts[row], columns.thumbnails[row] = GLANCE.glance(payload, name=name)
            elif self.cache is not None and (entry := self.cache.find(digest)):
                columns.facts[row], columns.thumbnails[row], columns.pixels[row] = entry
                return False
            else:
                seen = self.format.look(payload, name=name)
                columns.facts[row], columns.thumbnails[row], columns.pixels[row] = seen
            columns.facts[row] = columns.facts[row]._replace(byte_count=_byte_count(payload))
        except PictureError as error:
            columns.problems[row] = error.problem
            columns.facts[row] = self._facts_of_refused(payload, name)
        return True

    def _facts_of_refused(self, payload: Payload, name: str) -> Facts:
        """Return what is known of a picture that was refused for its values alone; nothing of any other."""
        try:
            return Facts() if self.format is None or not len(payload) else GLANCE.facts(payload, name=name)
        except PictureError:
            return Facts()


def _digest(payload: Payload) -> str:
    if isinstance(payload, bytes):
        return hashlib.sha256(payload).hexdigest()
    return hashlib.sha256(repr(payload.shape).encode() + payload.tobytes()).hexdigest()


def _byte_count(payload: Payload) -> int:
    return len(payload) if isinstance(payload, bytes) else payload.nbytes


def peek(catalog: Catalog, most: int = PEEKED) -> Iterator[Facts]:
    """Yield the facts of up to so many readable pictures, evenly over the catalog."""
    for row in range(0, len(catalog), max(1, -(-len(catalog) // most))):
        name = catalog.paths[row]
        try:
            facts = GLANCE.facts(catalog.source.read(name), name=name)
        except PictureError:
            continue  # the survey names it
        yield facts
