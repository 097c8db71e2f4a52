"""Pictures without labels, as rows behind those of a data set: read, checked and split together with them."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity
from sightline.core.storage import require_nameable
from sightline.data.catalog import NO_LABEL, Catalog, Sample, catalog_of
from sightline.data.listings import PICTURE_ENDINGS, Listing, list_archive, list_folder
from sightline.data.opening import open_catalog
from sightline.data.settings import NONE
from sightline.data.sources import FolderSource, JoinedSource, Source, ZipSource
from sightline.data.tables import ENDINGS
from sightline.data.unread import UnreadPictures, looks_like_a_picture

ROWS = "rows"
"""Stands for the rows of a data set itself that have no label."""
MARK = "unlabelled:"
"""The names of pictures from elsewhere begin with it, in findings and in every file that sightline writes."""
EXPECTED = "expected a folder or a zip archive of pictures, at any depth, or a CSV file (path)"


def with_unlabelled(catalog: Catalog, place: str) -> Catalog:
    """Return a catalog with pictures that have no label behind its own.

    Args:
        catalog: With labels; rows of its own that have none stay as they are.
        place: A folder, an archive or a table, whose folders' names and labels say nothing; `ROWS` for the catalog's
            own rows without a label; ``"none"`` for none.

    Raises:
        DataError: There is no picture.
    """
    if place == NONE:
        return catalog
    if place == ROWS:
        _require_rows(catalog)
        return catalog
    more = _opened(place)
    return replace(
        catalog,
        source=JoinedSource(catalog.source, more.source, MARK),
        paths=(*catalog.paths, *(MARK + path for path in more.paths)),
        labels=np.concatenate([catalog.labels, np.full(len(more), NO_LABEL, dtype=np.int64)]),
        groups=(*catalog.groups, *more.groups),
        parts=(*catalog.parts, *[""] * len(more)),
        findings=(*catalog.findings, *more.findings),
    )


def _require_rows(catalog: Catalog) -> None:
    """Raise if every row has a label.

    Raises:
        DataError: It has.
    """
    if catalog.labelled.all():
        raise DataError(
            f"unlabelled = {ROWS!r}, and each of the {len(catalog):,} pictures of {catalog.name} has a label",
            hint="name a folder of pictures without labels, or leave --unlabelled out",
        )


def _opened(place: str) -> Catalog:
    """Return the pictures of a place, none of which has a label.

    Raises:
        DataError: There is none.
    """
    require_nameable(place, DataError)
    path = Path(place)
    if path.is_dir():
        catalog = _listed(list_folder(path), place, FolderSource(path))
    elif path.suffix.lower() in ENDINGS:
        catalog = open_catalog(path)
    elif path.is_file() and zipfile.is_zipfile(path):
        archive = ZipSource(path)
        catalog = _listed(list_archive(archive.archive), place, archive)
    else:
        what = "neither a folder, a zip archive nor a CSV file" if path.exists() else "not there"
        raise DataError(f"unlabelled = {place!r} is {what}", hint=EXPECTED)
    if not len(catalog):
        raise DataError(f"unlabelled = {place!r} holds no picture", hint=EXPECTED)
    return catalog


def _listed(listing: Listing, name: str, source: Source) -> Catalog:
    pictures = [file for file in listing.files if file.lower().endswith(PICTURE_ENDINGS)]
    others = (file for file in listing.files if not file.lower().endswith(PICTURE_ENDINGS))
    samples = [Sample(path, None) for path in pictures]
    return catalog_of(samples, name=name, source=source, findings=(*listing.findings, *_left_out(others)))


def _left_out(files: Iterable[str]) -> Iterator[Finding]:
    """Yield which files look like pictures and are not read; what else lies there has nothing to say."""
    unread = UnreadPictures()
    lookalikes = tuple(MARK + file for file in files if looks_like_a_picture(file))
    for file in lookalikes:
        unread.add(file)
    if lookalikes:
        yield Finding("unread-picture", Severity.WARNING, unread.symptom, unread.advice, lookalikes)
