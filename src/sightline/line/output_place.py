"""Where a verb may write: never among the pictures that it reads, nor over a file that nobody gave up."""

import os
from collections.abc import Mapping
from pathlib import Path

from sightline.core.errors import RunError, SettingsError
from sightline.core.regular import head_of
from sightline.core.storage import require_nameable, require_writable, writing
from sightline.core.text import is_writable
from sightline.data.catalog import Catalog

HEAD_BYTES = 4096
"""Of a file that is there, in which its mark is looked for."""


def require_output_place(out: str | os.PathLike[str], *, data: object, option: str = "--out") -> None:
    """Raise if what is written would lie in the folder that is read, or if its name is no text.

    The next look at the folder would take what we wrote for the user's: a run for a class, a sheet for a picture.

    Args:
        out: The file or folder that will be written; it need not exist.
        data: What is read: a path, of which only that of a folder is looked at, or a catalog, if one was listed.
        option: The flag that names another place.

    Raises:
        RunError: It lies there, or its name can't be written into files or held by the system.
    """
    text = os.fspath(out)
    if not text:
        raise RunError("the name of the place to write to is empty", hint="the folder in which you are is called .")
    require_nameable(text, RunError)
    if not is_writable(text):
        raise RunError(
            f"{text!a} is no Unicode text, so it can't be written into the run's files", hint=f"choose another {option}"
        )
    folder = data.folder if isinstance(data, Catalog) else _folder(data)
    if folder is not None and _lies_in(Path(text), folder):
        raise RunError(
            f"{text} lies in {folder}, the folder of the pictures, where it would be taken for one of them",
            hint=f"choose another {option}, beside it; if an earlier run lies there, move it out of the folder",
        )


def require_new_file(out: Path, *, kind: str, example: str, force: bool) -> None:
    """Raise before any work if a file of one kind can't be written in the end.

    Args:
        out: Where it will be written.
        kind: What it will be, such as ``"PNG"``.
        example: The name of such a file, whose ending is asked for.
        force: Whether a file that is there may be replaced.

    Raises:
        SettingsError: It has another ending.
        RunError: It can't be written, or is there already.
    """
    ending = Path(example).suffix
    if out.suffix.lower() != ending:
        raise SettingsError(
            f"--out {out} is no {kind} file", hint=f"name a file that ends in {ending}: --out {example}"
        )
    require_free(out, option="--out", force=force)


def require_free(out: Path, *, option: str, force: bool) -> None:
    """Raise before any work if a file can't be written in the end.

    Args:
        out: Where it will be written.
        option: The flag that names another file, such as ``"--out"``.
        force: Whether a file that is there may be replaced.

    Raises:
        RunError: It can't be written, or is there already.
    """
    require_writable(out)
    if out.is_dir() or not out.parent.is_dir():
        problem = "is a folder" if out.is_dir() else f"can't be written: there is no folder {out.parent}"
        raise RunError(f"{out} {problem}", hint=f"choose another {option}")
    if out.exists() and not force:
        raise RunError(f"{out} exists", hint=f"choose another {option}, or replace it with --force")


def require_ours(out: Path, *, mark: str, kind: str, option: str) -> None:
    """Raise if something else lies where a file of ours will be written, such as a picture or a table that is read.

    Args:
        out: Where it will be written; nothing need be there.
        mark: What stands in the beginning of every file of its kind.
        kind: What it will be, such as ``"table of near copies"``.
        option: The flag that names another file, such as ``"--out"``.

    Raises:
        RunError: It does, or can't be looked at.
    """
    with writing(out):
        foreign = out.exists() and mark.encode() not in head_of(out, HEAD_BYTES)
    if foreign:
        raise RunError(f"{out} exists and is no {kind}", hint=f"choose another {option}")


def require_apart(places: Mapping[str, Path]) -> None:
    """Raise if two of the files that will be written are one.

    Args:
        places: Where each goes, by the flag that names it.

    Raises:
        SettingsError: They are.
    """
    flags = dict[str, str]()
    for flag, place in places.items():
        other = flags.setdefault(os.path.realpath(place), flag)
        if other != flag:
            raise SettingsError(f"{other} and {flag} are one file, {place}", hint="give each a file of its own")


def _folder(data: object) -> Path | None:
    # Path raises over a name that is too long
    return Path(data) if isinstance(data, str | os.PathLike) and os.path.isdir(data) else None  # noqa: PTH112


def _lies_in(out: Path, folder: Path) -> bool:
    return Path(os.path.realpath(out)).is_relative_to(os.path.realpath(folder))
