"""Another process that looks at pictures for this one: Python lets one thread at a time work on small ones.

The two exchange lines of JSON: where the pictures are and what they become, then some names at a time, each time
answered by what they showed. Pixels lie in a file that both have mapped into memory. The other process runs
`sightline.data.survey.reader`.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from sightline.core.storage import reserve
from sightline.data.sources import ZipSource, place_of
from sightline.data.survey.look import Look
from sightline.data.survey.record import Columns
from sightline.imaging.facts import Facts
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.thumbnail import SIDE

MOST_NAMES = 500
"""At a time: small pictures then take some 40 milliseconds."""
PROGRAM = ("-P", "-m", "sightline.data.survey.reader")
"""``-P`` keeps a ``numpy.py`` that lies where the user stands from being taken for NumPy."""


class ReadingProcess:
    """A process that looks at pictures of a folder or an archive, which it opens for itself.

    It ends when this process does, however that ends, for then its standard input is closed.

    Args:
        look: One that `can_look` is true of.

    Raises:
        OSError: No process can be started here, or no file can be made.
    """

    def __init__(self, look: Look) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sightline-", ignore_cleanup_errors=True)
        place = Path(self._folder.name) / "pixels"
        self._pixels = None if look.format is None else mapped_pixels(place, look.format.shape, "w+")
        self._thumbnails = mapped_pixels(thumbnails_beside(place), (SIDE, SIDE), "w+")
        self._process = subprocess.Popen(  # noqa: S603 - our own code
            (sys.executable, *PROGRAM),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # the user's Ctrl-C is for this process
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        try:
            self._send(_job(look) | {"pixels": os.fspath(place)})
        except OSError:  # it has ended already
            self.close()
            raise

    @staticmethod
    def can_look(look: Look) -> bool:
        """Return whether there can be another process, and it can open what is looked at and knows its format."""
        can_start = bool(sys.executable) and not hasattr(sys, "frozen")
        is_known = look.format is None or isinstance(look.format, PictureFormat)
        return can_start and is_known and place_of(look.source) is not None

    def look(self, names: Sequence[str]) -> tuple[Columns, int]:
        """Return what some pictures showed, and how many of them had to be decoded.

        Args:
            names: At most 500; the pixels and thumbnails in the answer are theirs until the next call.

        Raises:
            OSError: The process has ended.
            ValueError: The same, or its answer is no such answer.
        """
        self._send(names)
        answer = json.loads(self._process.stdout.readline() if self._process.stdout else "")
        pixels = None if self._pixels is None else self._pixels[: len(names)]
        facts = [Facts(*fields) for fields in answer["facts"]]
        thumbnails = self._thumbnails[: len(names)]
        return Columns(answer["digests"], facts, thumbnails, pixels, dict(answer["problems"])), answer["decoded"]

    def _send(self, message: Any) -> None:
        if self._process.stdin:
            self._process.stdin.write(json_line(message))
            self._process.stdin.flush()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._pixels, self._thumbnails = None, np.empty(0, np.uint8)  # Windows removes no file that is mapped
        self._folder.cleanup()


def _job(look: Look) -> dict[str, Any]:
    return {
        "place": os.fspath(place_of(look.source) or ""),
        "prefix": look.source.prefix if isinstance(look.source, ZipSource) else None,
        "format": None if look.format is None else asdict(cast("PictureFormat", look.format)),
        "deep": None if look.format is None else cast("PictureFormat", look.format).deep.as_json(),
        "cache_in": None if look.cache_in is None else os.fspath(look.cache_in),
    }


def json_line(message: Any) -> bytes:
    """Return a message as one line of JSON."""
    return json.dumps(message).encode() + b"\n"


def thumbnails_beside(place: Path) -> Path:
    """Return where the thumbnails lie of samples whose pixels lie here."""
    return place.with_name("thumbnails")


def mapped_pixels(place: Path, shape: tuple[int, ...], mode: Literal["r+", "w+"]) -> Pixels:
    """Map a file of 500 samples' pixels into memory, (500, ...) uint8; ``"w+"`` makes it."""
    whole = (MOST_NAMES, *shape)
    if mode == "w+":
        with place.open("wb") as file:
            reserve(file.fileno(), math.prod(whole))
    return np.memmap(place, dtype=np.uint8, mode=mode, shape=whole)
