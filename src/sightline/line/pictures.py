"""The pictures that are meant by some files and folders."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sightline.core.errors import DataError
from sightline.data.listings import pictures_below
from sightline.data.unread import UnreadPictures
from sightline.imaging.decoders import SUFFIXES


def picture_paths(
    places: Iterable[str | os.PathLike[str]],
    *,
    unread: UnreadPictures,
    left_out: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield each file, and in the place of each folder all pictures below it.

    Args:
        places: Paths of files, which need not exist, and of folders.
        unread: Counts the files in folders that look like pictures and are not read.
        left_out: Called with each link in a folder that leads outside of it, or to a folder.

    Raises:
        DataError: A folder holds no picture, or can't be opened.
    """
    for path in places:
        place = os.fspath(path)
        if os.path.isdir(place):  # noqa: PTH112 - Path raises over a name that is too long
            yield from _in_folder(place, unread, left_out)
        else:
            yield place


def _in_folder(folder: str, unread: UnreadPictures, left_out: Callable[[str], None]) -> Iterator[str]:
    name, before = "", len(unread)
    for name in pictures_below(Path(folder), left_out=left_out, unread=unread.add):
        yield os.path.join(folder, name)  # noqa: PTH118 - keeps the user's own spelling
    if not name and len(unread) > before:
        raise DataError(f"{folder} holds no picture that can be read; {unread.symptom}", hint=unread.advice)
    if not name:
        raise DataError(f"{folder} holds no picture", hint=f"pictures end in {', '.join(sorted(SUFFIXES))}")
