"""From what a user writes after a verb to a catalog."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from sightline.core.errors import DataError, NoClassesError
from sightline.core.findings import Finding, Severity
from sightline.core.recognition import Recognised, recognised
from sightline.core.storage import require_nameable
from sightline.core.text import listed
from sightline.data.catalog import Catalog
from sightline.data.folders import EXPECTED, read_class_folders
from sightline.data.known import KNOWN_SETS, open_known
from sightline.data.layout import Folders
from sightline.data.listings import PICTURE_ENDINGS, Listing, list_archive, list_folder
from sightline.data.members import is_folder
from sightline.data.sources import FolderSource, Source, ZipSource, is_encrypted
from sightline.data.tables import ENDINGS, is_table, read_table

FOLDERS_TRIED = 2
"""Levels of folders beside a table that its paths may be relative to."""
EXCEL_MEMBER = "[Content_Types].xml"


def open_catalog(data: str | os.PathLike[str], *, download: bool = False, folders: Folders = "auto") -> Catalog:
    """Open a data set.

    Args:
        data: A folder of class folders; the same below ``train``, ``val`` and ``test``; a CSV file
            (``path[,label][,group][,split]``, paths relative to it or to one folder beside it; a row without a
            label is unlabelled; see `sightline.data.table.columns` for other names and delimiters); a zip archive of
            either; or a known name, with a folder of its original files after a colon if they are not in the
            cache: ``"digits"``, ``"cifar10"``, ``"cifar10:/data/cifar-10-batches-bin"``.
        download: Fetch a known set's original files when they are missing. Nothing is ever fetched
            without it.
        folders: What folders at the root that are called like parts are: ``"parts"``, ``"classes"``, or ``"auto"``,
            what the tree suggests. Tables and known sets have none.

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
    require_nameable(text, DataError)
    known, _, folder = text.partition(":")
    path = Path(text)
    if known in KNOWN_SETS and (folder or not path.exists()):
        return open_known(known, Path(folder) if folder else None, download=download)
    if not path.exists():
        raise DataError(
            f"{text} does not exist and is no known data set ({', '.join(KNOWN_SETS)})",
            hint=EXPECTED,
        )
    what = recognised(path)
    _require_no_model(path, what)
    if path.is_dir():
        return _of_folder(path, folders)
    if not path.is_file():
        raise DataError(f"{text} is no regular file", hint=EXPECTED)
    if path.suffix.lower() in ENDINGS:
        return _of_table(path)
    if zipfile.is_zipfile(path):
        return _of_archive(path, folders)
    raise DataError(
        f"{text} is {f'{what.name}, ' if what else ''}neither a folder, a CSV file nor a zip archive",
        hint=(what and what.advice) or EXPECTED,
    )


def _of_folder(path: Path, folders: Folders) -> Catalog:
    try:
        listed = _from_listing(list_folder(path), path.resolve().name, FolderSource(path), folders)
    except NoClassesError as error:
        if beside := _table_beside(path):
            raise NoClassesError(error.problem, hint=f"a table lies beside it: name that, {beside}") from error
        raise
    catalog = replace(listed, folder=path.resolve())
    if len(catalog.classes) == 1 and (beside := _table_beside(path)):
        note = Finding("table-beside", Severity.NOTE, f"a table lies beside the folder: {beside}", "name that instead")
        return replace(catalog, findings=(*catalog.findings, note))
    return catalog


def _table_beside(folder: Path) -> str:
    """Return the path of a table that lies beside a folder; ``""`` if there is none."""
    source = FolderSource(folder.resolve().parent)
    tables = _tables_of(source, _names_in(source.root))
    return os.path.relpath(source.root / tables[0]) if tables else ""


def _of_table(path: Path) -> Catalog:
    source = FolderSource(path.parent)
    return read_table(
        source.read(path.name), name=path.name, source=source, folders=lambda: _folders_in(path.parent, FOLDERS_TRIED)
    )


def _folders_in(folder: Path, levels: int) -> list[str]:
    """Return the folders in a folder, and those in them, so many levels deep."""
    with suppress(OSError), os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir())
        deeper = names if levels > 1 else []
        return [*names, *(f"{name}/{more}" for name in deeper for more in _folders_in(folder / name, levels - 1))]
    return []


def _of_archive(path: Path, folders: Folders) -> Catalog:
    source = ZipSource(path)
    files = [member for member in source.members.values() if not is_folder(member)]
    if files and all(map(is_encrypted, files)):
        raise DataError(f"{path} is encrypted", hint="pack the pictures again without a password, or unpack them")
    if EXCEL_MEMBER in source.members:
        raise DataError(f"{path} is an Excel or Word file", hint="save the table as CSV, UTF-8")
    return _from_listing(list_archive(source.archive), path.stem, source, folders)


def _require_no_model(path: Path, what: Recognised | None) -> None:
    """Raise over a model file, whole or not, and over the folder of a run, whose tables are no data set.

    Raises:
        DataError: It is one.
    """
    if what and (what.is_model or (what.advice and zipfile.is_zipfile(path))):
        raise DataError(
            f"{path} is {what.name}, no data set",
            hint=what.advice or f"give the pictures here; the model comes first where both are named. {EXPECTED}",
        )


def _from_listing(listing: Listing, name: str, source: FolderSource | ZipSource, folders: Folders) -> Catalog:
    inner = listing.unwrapped()
    below: Source = source
    if inner.prefix:
        below = (
            FolderSource(source.root / inner.prefix) if isinstance(source, FolderSource) else source.below(inner.prefix)
        )
    files = [file for file in inner.files if "/" not in file]
    tables = _tables_of(below, files)
    if len(tables) > 1:
        raise DataError(
            f"{name} holds several tables of pictures: {listed(tables)}",
            hint="name one of them in the place of the folder, or join them with a column split",
        )
    if not tables:
        catalog = read_class_folders(inner, name=name, source=below, folders=folders)
        return replace(catalog, findings=(*catalog.findings, *_no_tables(files)))
    payload = cast("bytes", below.read(tables[0]))
    catalog = read_table(payload, name=tables[0], source=below, folders=lambda: inner.folders, findings=inner.findings)
    return replace(catalog, findings=(*catalog.findings, *_read_by_table(catalog, inner, tables[0])))


def _tables_of(source: Source, names: Iterable[str]) -> list[str]:
    """Return the files that are tables of samples, of some that lie beside each other."""
    files = (name for name in names if name.lower().endswith(ENDINGS) and source.holds(name))
    return [name for name in files if isinstance(payload := source.read(name), bytes) and is_table(payload)]


def _names_in(folder: Path) -> list[str]:
    """Return what lies in a folder; nothing if it may not be looked at."""
    with suppress(OSError):
        return sorted(path.name for path in folder.iterdir())
    return []


def _no_tables(names: Iterable[str]) -> Iterator[Finding]:
    """Yield which files might be taken for tables of the pictures, and what they lack."""
    others = tuple(f"{name}: no columns for path and label" for name in names if name.lower().endswith(ENDINGS))
    if others:
        yield Finding(
            "table-not-read",
            Severity.NOTE,
            f"CSV files beside the class folders that are no tables of pictures: {len(others)}",
            "if one is meant, name its columns path and label in the first line",
            others,
        )


def _read_by_table(catalog: Catalog, listing: Listing, table: str) -> Iterator[Finding]:
    """Yield that a table was found, and which pictures it does not name."""
    named = {*catalog.paths}
    others = tuple(file for file in listing.files if file.lower().endswith(PICTURE_ENDINGS) and file not in named)
    yield Finding(
        "read-by-table",
        Severity.NOTE,
        f"{table} was read as the table of the pictures; folders' names are no classes then",
        "if the folders are the classes, move the table elsewhere",
    )
    if others:
        yield Finding(
            "not-in-table",
            Severity.WARNING,
            f"pictures that no row of {table} names, left out: {len(others)}",
            "add rows for them if they are meant",
            others,
        )
