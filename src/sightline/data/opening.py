"""From what a user writes after a verb to a catalog."""

import os
import zipfile
from pathlib import Path

from sightline.core.errors import DataError
from sightline.data.catalog import Catalog
from sightline.data.folders import EXPECTED, read_class_folders
from sightline.data.known import KNOWN_SETS, open_known
from sightline.data.listings import Listing, list_archive, list_folder
from sightline.data.sources import FolderSource, Source, ZipSource
from sightline.data.tables import is_table, read_table


def open_catalog(data: str | os.PathLike[str], *, download: bool = False) -> Catalog:
    """Open a data set.

    Args:
        data: A folder of class folders; the same below ``train``, ``val`` and ``test``; a CSV file
            (``path[,label][,group][,split]``, paths relative to it; a row without a label is
            unlabelled); a zip archive of either; or a known name, with a folder of its original files
            after a colon if they are not in the cache: ``"digits"``, ``"cifar10"``,
            ``"cifar10:/data/cifar-10-batches-bin"``.
        download: Fetch a known set's original files when they are missing. Nothing is ever fetched
            without it.

    Raises:
        DataError: There is nothing there that could be a data set, with what was expected.

    Example:
        >>> catalog = open_catalog("digits")
        >>> len(catalog), catalog.classes[:3]
        (1797, ('0', '1', '2'))
    """
    text = os.fspath(data)
    if not text:
        raise DataError("the data set's name is empty", hint=f"{EXPECTED}; the folder in which you are is called .")
    known, _, folder = text.partition(":")
    path = Path(text)
    if known in KNOWN_SETS and (folder or not path.exists()):
        return open_known(known, Path(folder) if folder else None, download=download)
    if not path.exists():
        raise DataError(
            f"{text} does not exist and is no known data set ({', '.join(KNOWN_SETS)})",
            hint=EXPECTED,
        )
    if path.is_dir():
        return _from_listing(list_folder(path), path.resolve().name, FolderSource(path))
    if path.suffix.lower() == ".csv":
        beside = FolderSource(path.parent)
        return read_table(beside.read(path.name), name=path.name, source=beside)
    if zipfile.is_zipfile(path):
        source = ZipSource(path)
        return _from_listing(list_archive(source.archive), path.stem, source)
    raise DataError(f"{text} is neither a folder, a CSV file nor a zip archive", hint=EXPECTED)


def _from_listing(listing: Listing, name: str, source: FolderSource | ZipSource) -> Catalog:
    inner = listing.unwrapped()
    below: Source = source
    if inner.prefix:
        below = (
            FolderSource(source.root / inner.prefix) if isinstance(source, FolderSource) else source.below(inner.prefix)
        )
    tables = [file for file in inner.files if "/" not in file and file.lower().endswith(".csv")]
    for table in tables:
        payload = below.read(table)
        if isinstance(payload, bytes) and is_table(payload):
            return read_table(payload, name=table, source=below, findings=inner.findings)
    return read_class_folders(inner, name=name, source=below)
