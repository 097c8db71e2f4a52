"""Where the paths of a table lead to, as people write them: with backslashes, or relative to another folder."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from sightline.core.findings import Finding, Severity
from sightline.core.text import shortened
from sightline.data.sources import FolderSource, Source

Folders = Callable[[], Sequence[str]]

OUTSIDE = "path-outside"
TRIED = 50
"""So many paths, evenly over the table, show what they are relative to."""


@dataclass(frozen=True)
class TablePaths:
    """The paths of a table and what they are relative to.

    Args:
        written: As they stand in the table.
        source: Where they should lead to.
        folders: Called for the folders beside the table, where no path leads anywhere: they may be relative to one.
    """

    written: Sequence[str]
    source: Source
    folders: Folders = tuple

    def located(self) -> tuple[list[str], tuple[Finding, ...]]:
        """Return each path as its source has it, and what was done to find it."""
        before, above = self._rebased()
        paths = [self._spelt(before + path.removeprefix(above)) for path in self.written]
        return paths, tuple(self._findings(before, above, paths))

    def _rebased(self) -> tuple[str, str]:
        """Return what is put before every path, and what is taken off; ``""`` twice if any leads to a file as it is."""
        some = self.written[:: max(1, len(self.written) // TRIED)]
        if any(map(self._leads, some)):
            return "", ""
        leading = [folder for folder in self.folders() if any(self._leads(f"{folder}/{path}") for path in some)]
        if len(leading) == 1:
            return f"{leading[0]}/", ""
        above = {path.replace("\\", "/").split("/", 1)[0] for path in some}
        own = above.pop() if len(above) == 1 else ""
        cuts = [own + slash for slash in "/\\" if any(path.startswith(own + slash) for path in some)]
        return "", next((cut for cut in cuts if any(self._leads(path.removeprefix(cut)) for path in some)), "")

    def _leads(self, path: str) -> bool:
        return self.source.holds(path) or self.source.holds(path.replace("\\", "/"))

    def _spelt(self, path: str) -> str:
        """Return a path with slashes where a file is called so, and none as it is written."""
        if "\\" not in path or self.source.holds(path):
            return path
        slashed = path.replace("\\", "/")
        return slashed if self.source.holds(slashed) else path

    def _findings(self, before: str, above: str, paths: Sequence[str]) -> Iterator[Finding]:
        advice = "nothing needs to be done if that is meant"
        if before or above:
            start = shortened(before or above)
            words = f"lie below {start}" if before else f"begin with {start}, the folder of the table itself,"
            symptom = f"the paths of the table {words} and were read there"
            yield Finding("paths-of-another-folder", Severity.NOTE, symptom, advice)
        count = sum("\\" in old and "\\" not in new for old, new in zip(self.written, paths, strict=True))
        if count:
            symptom = f"paths with backslashes, read as folders: {count}"
            yield Finding("backslashes", Severity.NOTE, symptom, advice)
        if others := outside(paths, self.source):
            symptom = f"pictures that the table names outside of its folder: {len(others)}"
            advice = f"move them below it, or read them where they are with --accept {OUTSIDE}"
            yield Finding(OUTSIDE, Severity.ERROR, symptom, advice, others)


def outside(paths: Sequence[str], source: Source) -> tuple[str, ...]:
    """Return the paths that lead out of a table's folder: absolute ones, those that climb, and links.

    Whoever wrote the table may be somebody else than who reads it here, and could not read those files.
    """
    if not isinstance(source, FolderSource):
        return ()
    root, real = os.path.realpath(source.root), cache(os.path.realpath)

    def leads_outside(path: str) -> bool:
        folder, name = os.path.split(os.path.join(root, path))  # noqa: PTH118 - a Path costs more than to look
        place = os.path.join(real(folder), name)  # noqa: PTH118 - the same
        if name in ("", ".", "..") or os.path.islink(place):  # noqa: PTH114 - the same
            place = os.path.realpath(place)
        return place != root and not place.startswith(root.rstrip(os.sep) + os.sep)

    return tuple(path for path in paths if "\0" not in path and leads_outside(path))
