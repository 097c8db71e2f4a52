"""A look at every sample that keeps no pixels, and that is not made twice at files that have not changed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from sightline.data.cache_folder import unused_cache
from sightline.data.catalog import Catalog
from sightline.data.survey import Survey
from sightline.data.survey.glance_cache import glance_cache
from sightline.data.survey.identities import identities_of
from sightline.data.survey.record import Columns, Surveyed
from sightline.imaging.thumbnail import SIDE


def glance(catalog: Catalog, *, cache_in: Path | None, advance: Callable[[int], None] = lambda _: None) -> Surveyed:
    """Look at every sample of a catalog once, on all cores, but at none that is as it was at the last look.

    A sample that can't be read is a row in `problems`; the look goes on.

    Args:
        cache_in: A folder where looks are kept; None if nowhere. See `sightline.data.cache_folder.looks_folder`.
        advance: Called with the number of samples done since the last call, for a progress bar.
    """
    cache = glance_cache(cache_in, catalog.source)
    columns = Columns.empty(np.zeros((len(catalog), SIDE, SIDE), dtype=np.uint8), None)
    identities, missing = list[bytes](), np.arange(len(catalog))
    if cache is not None:
        identities = identities_of(catalog.source, catalog.paths)  # first, so that a change during the look is noticed
        missing = cache.fill(identities, columns)
        advance(len(catalog) - len(missing))
    with Survey(catalog.at(missing)) as work:
        looked = work.looked(advance)
    if len(missing) == len(catalog):
        columns = looked  # a million thumbnails are a gigabyte: not twice
    else:
        columns.put(missing.tolist(), looked)
    if cache is not None and len(missing):
        cache.keep(identities, columns)
    findings = () if cache is None else unused_cache(cache_in)
    return Surveyed.of(replace(catalog, findings=(*catalog.findings, *findings)), None, columns)
