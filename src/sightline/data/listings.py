"""What lies in a folder or an archive, before it is taken for classes or a table."""

import os
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath

from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity
from sightline.core.recognition import EVALUATION_MARKS, RUN_MARKS, SETTINGS_NAME
from sightline.data.catalog import PART_NAMES
from sightline.data.members import is_folder, plain_name
from sightline.data.unread import looks_like_a_picture
from sightline.imaging.decoders import SUFFIXES

HOUSEKEEPING = frozenset(
    (
        "__macosx", "__pycache__", "@eadir", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "lost+found",
        "found.000", "system volume information", "network trash folder", "temporary items", "thumbs.db", "ehthumbs.db",
        "desktop.ini", "icon\r",
    )
)  # fmt: skip
"""Names that systems, network drives and editors leave behind, in any case, besides all that begin with a dot."""
MOST_LEVELS = 100
"""Folders that lie deeper are left out: no data set needs them, and a path can't be of any length."""
READ_LEVELS = 3
"""Folders below those that wrap everything which may say something: part and class, or where a table's paths begin."""
PICTURE_ENDINGS = tuple(SUFFIXES)
OUR_FILES = (f"/{SETTINGS_NAME}", f"/{EVALUATION_MARKS[0]}")
NAMES_AT_A_TIME = 200_000
"""Of one folder, in memory while its pictures are streamed: some twenty megabytes."""


@dataclass(frozen=True)
class Listing:
    """The files and folders below a root, as relative paths with ``/`` between the names.

    Args:
        files: Sorted; hidden files and housekeeping are left out.
        folders: Sorted; empty ones too.
        findings: What was left out.
        prefix: The folder below the root that the paths are relative to, ``""`` or ending in ``/``.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    prefix: str = ""

    def top_folders(self) -> tuple[str, ...]:
        """Return the folders that lie directly at the root."""
        return tuple(folder for folder in self.folders if "/" not in folder)

    def unwrapped(self) -> "Listing":
        """Step into folders that wrap everything else, as archives often have one.

        A single folder is a wrapper when it is no part of a split and holds folders and no pictures,
        or a table: a single folder of pictures is a class, which has a finding of its own.
        """
        level = 0
        while (wrapper := self._wrapper(level)) and wrapper.rpartition("/")[2].casefold() not in PART_NAMES:
            inner, is_last = f"{wrapper}/", self._wrapper(level + 1) is None
            suffixes = {PurePosixPath(name).suffix.lower() for name in self._lying_in(inner)} if is_last else set()
            if ".csv" not in suffixes and (suffixes & SUFFIXES or level + 1 == len(self.folders)):
                break
            level += 1
            if ".csv" in suffixes:
                break
        return self._below(level)

    def _wrapper(self, level: int) -> str | None:
        """Return the folder that holds all but the first so many folders, which hold each other; None if none does."""
        if level >= len(self.folders):
            return None
        start = f"{self.folders[level]}/"
        # They are sorted: what lies between two that begin alike begins alike, too.
        ends = (
            *self.folders[level + 1 : level + 2],
            *self.folders[level + 1 :][-1:],
            *self.files[:1],
            *self.files[-1:],
        )
        return self.folders[level] if all(path.startswith(start) for path in ends) else None

    def _lying_in(self, start: str) -> Iterator[str]:
        return (file for file in self.files if file.find("/", len(start)) < 0)

    def _below(self, level: int) -> "Listing":
        start = f"{self.folders[level - 1]}/" if level else ""
        return Listing(
            files=tuple(file[len(start) :] for file in self.files),
            folders=tuple(folder[len(start) :] for folder in self.folders[level:]),
            findings=self.findings,
            prefix=self.prefix + start,
        )

    def without_ours(self) -> "Listing":
        """Leave out the folders of runs and evaluations, which somebody made or moved among the pictures."""
        held = {file.rpartition("/")[0] for file in self.files if file.endswith(OUR_FILES)}
        files = {*self.files} if held else set[str]()
        ours = sorted(folder for folder in held if folder and _is_ours(folder, files, {*self.folders}))
        if not ours:
            return self

        def is_kept(path: str) -> bool:
            return not any(path == folder or path.startswith(f"{folder}/") for folder in ours)

        finding = Finding(
            "own-folder-left-out",
            Severity.WARNING,
            f"folders that sightline wrote, left out: {len(ours)}",
            "move them out of the pictures",
            tuple(ours),
        )
        kept_files, kept_folders = (tuple(filter(is_kept, paths)) for paths in (self.files, self.folders))
        return Listing(kept_files, kept_folders, (*self.findings, finding), self.prefix)

    def holds(self, suffixes: Collection[str]) -> bool:
        """Return whether a file with one of these endings lies directly at the root."""
        return any("/" not in file and PurePosixPath(file).suffix.lower() in suffixes for file in self.files)


def _is_ours(folder: str, files: set[str], folders: set[str]) -> bool:
    """Return whether a folder is that of a run or of an evaluation."""

    def has(name: str) -> bool:
        return f"{folder}/{name}" in files or f"{folder}/{name}" in folders

    return (has(SETTINGS_NAME) and any(map(has, RUN_MARKS))) or all(map(has, EVALUATION_MARKS))


@dataclass
class _LeftOut:
    """What a walk passes over, by the reason."""

    hidden: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    deep: list[str] = field(default_factory=list)

    def findings(self) -> tuple[Finding, ...]:
        kinds = (
            ("hidden-left-out", Severity.NOTE, self.hidden, "hidden or housekeeping names, left out",
             "rename them if they are data"),
            ("link-outside", Severity.WARNING, self.links,
             "links that lead outside the folder, or to a folder, left out",
             "copy the files in, or name them in a CSV file (path,label)"),
            ("closed-folder", Severity.ERROR, self.closed, "folders that can't be opened",
             "look at their permissions with ls -ld"),
            ("unsafe-name", Severity.WARNING, self.unsafe,
             "names in the archive that lead outside of it, left out", "pack the archive again"),
            ("too-deep", Severity.WARNING, self.deep,
             f"folders below {MOST_LEVELS} others, left out with all that they hold", "move what is meant further up"),
        )  # fmt: skip
        return tuple(
            Finding(code, severity, f"{symptom}: {len(names)}", advice, tuple(sorted(names)))
            for code, severity, names, symptom, advice in kinds
            if names
        )


def list_folder(root: Path) -> Listing:
    """List a folder and everything below it.

    Links to files inside are followed; links that lead outside, and links to folders, are left out
    and named, because nobody who moves or shares the folder would take along what they point to.
    """
    left_out = _LeftOut()
    files: list[str] = []
    folders: list[str] = []
    for entry in _walk(root, root.resolve(), left_out):
        path = Path(entry.path).relative_to(root).as_posix()
        (folders if entry.is_dir(follow_symlinks=False) else files).append(path)
    return Listing(tuple(sorted(files)), tuple(sorted(folders)), left_out.findings()).without_ours()


def _walk(top: Path, root: Path, left_out: _LeftOut) -> Iterator[os.DirEntry[str]]:
    """Yield what lies below a folder, at most `MOST_LEVELS` deep, in any order."""
    folders = [(os.fspath(top), 0)]
    while folders:
        folder, level = folders.pop()
        for entry in _entries(folder, root, left_out):
            if entry.is_dir(follow_symlinks=False):
                if level + 1 > MOST_LEVELS:
                    left_out.deep.append(entry.path)
                    continue
                folders.append((entry.path, level + 1))
            yield entry


def _entries(folder: str, root: Path, left_out: _LeftOut) -> Iterator[os.DirEntry[str]]:
    """Yield what lies directly in a folder and is not left out."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        left_out.closed.append(folder)
        return
    for entry in entries:
        if _is_hidden(entry.name):
            left_out.hidden.append(entry.path)
        elif _leads_astray(entry, root):
            left_out.links.append(_link(entry))
        else:
            yield entry


def _leads_astray(entry: os.DirEntry[str], root: Path) -> bool:
    """Return whether an entry is a link to a folder, or to what lies outside."""
    if not entry.is_symlink():
        return False
    return Path(entry.path).is_dir() or not Path(os.path.realpath(entry.path)).is_relative_to(root)


def _link(entry: os.DirEntry[str]) -> str:
    return f"{entry.path} -> {Path(entry.path).readlink()}"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.casefold() in HOUSEKEEPING


Noted = Callable[[str], None]
"""Called with the name of what is left out."""


def pictures_below(folder: Path, *, left_out: Noted, unread: Noted = lambda _: None) -> Iterator[str]:
    """Yield the pictures that `list_folder` would list, by their endings and in its order, as they are found.

    However many there are, only `NAMES_AT_A_TIME` names of each folder on the way are in memory; a folder
    with more is looked through again for the next ones.

    Args:
        left_out: Called with each link, and each folder that is too deep, that `list_folder` would leave out.
        unread: Called with the path of each file that looks like a picture and is not read.

    Raises:
        DataError: A folder can't be opened.
    """
    return _pictures(folder, folder.resolve(), left_out, unread, level=0)


def _pictures(folder: Path, root: Path, left_out: Noted, unread: Noted, *, level: int) -> Iterator[str]:
    names = _names_after("", folder, root=root, left_out=left_out, unread=unread)
    while names:
        for name in names:
            if name.endswith("/") and level == MOST_LEVELS:
                left_out(f"{folder / name} (below {MOST_LEVELS} other folders)")
            elif name.endswith("/"):
                below = _pictures(folder / name, root, left_out, unread, level=level + 1)
                yield from (name + path for path in below)
            else:
                yield name
        are_more = len(names) == NAMES_AT_A_TIME
        names = _names_after(names[-1], folder, root=root, left_out=_ignored, unread=_ignored) if are_more else []


def _names_after(last: str, folder: Path, *, root: Path, left_out: Noted, unread: Noted) -> list[str]:
    """Return the next names of pictures and folders, sorted; with its ``/`` a folder stands where its files do."""
    names: list[str] = []
    for name in _names(last, folder, root=root, left_out=left_out, unread=unread):
        if name > last:
            names.append(name)
        if len(names) == 2 * NAMES_AT_A_TIME:
            names.sort()
            del names[NAMES_AT_A_TIME:]
    return sorted(names)[:NAMES_AT_A_TIME]


def _names(last: str, folder: Path, *, root: Path, left_out: Noted, unread: Noted) -> Iterator[str]:
    """Yield the names of pictures and folders as the disk has them; those before the last are passed over at once."""
    try:
        entries = os.scandir(folder)
    except OSError as error:
        raise DataError(
            f"{folder} can't be opened: {error.strerror}", hint="look at its permissions with ls -ld"
        ) from error
    with entries:
        for entry in entries:
            if f"{entry.name}/" <= last or _is_hidden(entry.name):
                continue
            if _leads_astray(entry, root):
                left_out(_link(entry))
            elif entry.is_dir(follow_symlinks=False):
                yield f"{entry.name}/"
            elif entry.name.lower().endswith(PICTURE_ENDINGS):
                yield entry.name
            elif looks_like_a_picture(entry.name):
                unread(entry.path)


def _ignored(_: str) -> None:
    """Take what was noted when the folder was looked through the first time."""


def list_archive(archive: zipfile.ZipFile) -> Listing:
    """List the members of a zip archive; names that climb out of it are left out and named."""
    left_out = _LeftOut()
    files: set[str] = set()
    folders: set[str] = set()
    for member in archive.infolist():
        path = plain_name(member.filename)
        parts = path.split("/")
        if not path or path.startswith("/") or ".." in parts:
            left_out.unsafe.append(member.filename)
        elif len(parts) > MOST_LEVELS + 1:
            left_out.deep.append(member.filename)
        elif any(map(_is_hidden, parts)):
            left_out.hidden.append(member.filename)
        else:
            (folders if is_folder(member) else files).add(path)
    folders.update(_folders_above(files, folders))
    return Listing(tuple(sorted(files)), tuple(sorted(folders)), left_out.findings()).without_ours()


def _folders_above(files: Collection[str], folders: Collection[str]) -> Iterator[str]:
    """Yield the folders that hold others, down to `READ_LEVELS` below those that hold all files.

    Who yielded all of them would make a hundred paths of each member's name.
    """
    paths = files or folders
    first, last = (path.split("/")[:-1] for path in (min(paths, default=""), max(paths, default="")))
    common = sum(1 for _ in takewhile(lambda names: names[0] == names[1], zip(first, last, strict=False)))
    for path in (*files, *folders):
        end = -1
        for _ in range(common + READ_LEVELS):
            end = path.find("/", end + 1)
            if end < 0:
                break
            yield path[:end]
