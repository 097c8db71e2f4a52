"""Small catalogs and surveys without files."""

import hashlib
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from sightline.data.catalog import Sample, catalog_of
from sightline.data.checks import check
from sightline.data.opening import open_catalog
from sightline.data.sources import ArraySource
from sightline.data.survey import survey
from sightline.data.survey.record import Surveyed


@pytest.fixture(scope="session")
def table() -> Callable[..., Surveyed]:
    """``table(rows)``: what was surveyed, from rows (label, content, group, part), shorter rows filled up.

    A label may be None. Equal contents are equal pictures; the content ``"rotten"`` can't be read.
    """

    def make(rows: Sequence[tuple[str, ...]], classes: Sequence[str] = ()) -> Surveyed:
        full = [(*row, *("",) * (4 - len(row))) for row in rows]
        samples = [Sample(f"table/{n:05d}", label, group, part) for n, (label, _, group, part) in enumerate(full)]
        pictures = np.zeros((len(full), 1, 1), dtype=np.uint8)
        catalog = catalog_of(samples, name="table", source=ArraySource(pictures), classes=classes)
        count = len(full)
        return Surveyed(
            catalog=catalog,
            format=None,
            digests=tuple(hashlib.sha256((row[1] or f"own {n}").encode()).hexdigest() for n, row in enumerate(full)),
            problems={n: f"table/{n:05d} is rotten" for n, row in enumerate(full) if row[1] == "rotten"},
            sizes=np.ones((count, 2), dtype=np.int32),
            formats=("array",) * count,
            modes=("RGB",) * count,
            turned=np.zeros(count, dtype=np.bool_),
            frames=np.ones(count, dtype=np.int32),
            taken=np.zeros(count),
            cameras=("",) * count,
            sharpness=np.zeros(count),
            byte_counts=np.ones(count, dtype=np.int64),
            thumbnails=np.zeros((count, 32, 32), dtype=np.uint8),
        )

    return make


@pytest.fixture(scope="session")
def findings_on() -> Callable[..., dict[str, SimpleNamespace]]:
    """``findings_on(data)``: every finding on a folder or archive, by its code, as ``sightline check`` has them."""

    def look(data, **options):
        return {finding.code: finding for finding in check(survey(open_catalog(data)), **options)}

    return look
