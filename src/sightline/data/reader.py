"""Another process that looks at pictures for this one: Python lets one thread at a time work on small ones.

The two talk in lines of JSON: where the pictures are and what they become, then some names at a time, each time
answered by what was seen. Pixels lie in a file that both have mapped into memory.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sightline.data.cache import Facts, kept_pixels
from sightline.data.looks import GLANCE, Columns, Eye
from sightline.data.sources import FolderSource, ZipSource
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat

MOST_NAMES = 500
"""At a time: small pictures then take some 40 milliseconds."""
PROGRAM = ("-P", "-m", "sightline.data.reader")
"""``-P`` keeps a ``numpy.py`` that lies where the user stands from being taken for NumPy."""


class Reader:
    """A process that looks at pictures of a folder or an archive, which it opens for itself.

    It ends when this process does, however that ends, for then nothing more can be said to it.

    Args:
        source: Where the pictures are.
        input_format: What every picture becomes; None if no pixels are kept.
        cache_in: See `sightline.data.survey.survey`.

    Raises:
        OSError: No process can be started here, or no file can be made.
    """

    def __init__(
        self, source: FolderSource | ZipSource, input_format: PictureFormat | None, cache_in: Path | None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sightline-", ignore_cleanup_errors=True)
        place = Path(self._folder.name) / "pixels"
        self._pixels = None if input_format is None else _mapped(place, input_format, "w+")
        self._process = subprocess.Popen(  # noqa: S603 - our own code
            (sys.executable, *PROGRAM),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # the user's Ctrl-C is for this process
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._say(
            {
                "place": os.fspath(source.root if isinstance(source, FolderSource) else source.path),
                "prefix": source.prefix if isinstance(source, ZipSource) else None,
                "format": None if input_format is None else asdict(input_format),
                "cache_in": None if cache_in is None else os.fspath(cache_in),
                "pixels": os.fspath(place),
            }
        )

    def look(self, names: Sequence[str]) -> tuple[Columns, int]:
        """Return what some pictures showed, and how many of them had to be decoded.

        Args:
            names: At most 500; the pixels in the answer are theirs until the next call.

        Raises:
            OSError: The process has ended.
            ValueError: The same, or it says something else.
        """
        self._say(names)
        said = json.loads(self._process.stdout.readline() if self._process.stdout else "")
        pixels = None if self._pixels is None else self._pixels[: len(names)]
        facts = [Facts(*fields) for fields in said["facts"]]
        return Columns(said["digests"], facts, pixels, dict(said["problems"])), said["decoded"]

    def _say(self, thing: Any) -> None:
        if self._process.stdin:
            self._process.stdin.write(_line(thing))
            self._process.stdin.flush()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._pixels = None  # Windows removes no file that is mapped
        self._folder.cleanup()


def _line(thing: Any) -> bytes:
    return json.dumps(thing).encode() + b"\n"


def _mapped(place: Path, input_format: PictureFormat, mode: Literal["r+", "w+"]) -> Pixels:
    return np.memmap(place, dtype=np.uint8, mode=mode, shape=(MOST_NAMES, *input_format.shape))


def main() -> None:
    """Look at the pictures that the standard input names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows a Ctrl-C comes here, too
    job = json.loads(sys.stdin.readline())
    place, prefix = Path(job["place"]), job["prefix"]
    source = FolderSource(place) if prefix is None else ZipSource(place, prefix)
    input_format = None if job["format"] is None else PictureFormat(**job["format"])
    mapped = Path(job["pixels"])
    pixels = None if input_format is None else _mapped(mapped, input_format, "r+")
    with suppress(OSError):  # Windows removes no file that is mapped; elsewhere a kill leaves none
        mapped.unlink(missing_ok=True)
        mapped.parent.rmdir()
    cache_in = None if job["cache_in"] is None else Path(job["cache_in"])
    eye = Eye(source, input_format or GLANCE, kept_pixels(cache_in, source, input_format))
    for line in sys.stdin:
        names = json.loads(line)
        if pixels is not None:
            pixels[:] = 0
        columns = Columns.empty(len(names), pixels)
        decoded = sum(eye.look(name, row, columns) for row, name in enumerate(names))
        said = {"digests": columns.digests, "facts": columns.facts, "problems": list(columns.problems.items())}
        sys.stdout.buffer.write(_line({**said, "decoded": decoded}))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
