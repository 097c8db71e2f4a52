"""The program of a reading process; see `sightline.data.survey.process`."""

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from sightline.data.sources import FolderSource, ZipSource
from sightline.data.survey.look import Look
from sightline.data.survey.process import json_line, mapped_pixels, thumbnails_beside
from sightline.data.survey.record import Columns
from sightline.imaging.deep import DeepRange
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.thumbnail import SIDE


def main() -> None:
    """Look at the pictures that the standard input names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows a Ctrl-C comes here, too
    job = json.loads(sys.stdin.readline())
    look, pixels = _look(job), None
    if look.format is not None:
        pixels = mapped_pixels(Path(job["pixels"]), look.format.shape, "r+")
    thumbnails = mapped_pixels(thumbnails_beside(Path(job["pixels"])), (SIDE, SIDE), "r+")
    with suppress(OSError):  # Windows removes no file that is mapped; elsewhere a kill leaves none
        Path(job["pixels"]).unlink(missing_ok=True)
        thumbnails_beside(Path(job["pixels"])).unlink(missing_ok=True)
        Path(job["pixels"]).parent.rmdir()
    for line in sys.stdin:
        answer = json_line(_answer(look, json.loads(line), thumbnails, pixels))
        try:
            sys.stdout.buffer.write(answer)
            sys.stdout.flush()
        except BrokenPipeError:
            os._exit(1)  # who asked was killed; another end would try to write once more, and fail aloud


def _look(job: dict[str, Any]) -> Look:
    place, prefix = Path(job["place"]), job["prefix"]
    source = FolderSource(place) if prefix is None else ZipSource(place, prefix)
    input_format = None
    if job["format"] is not None:
        input_format = PictureFormat(**job["format"] | {"deep": DeepRange.of_json(job["deep"])})
    return Look(source, input_format, None if job["cache_in"] is None else Path(job["cache_in"]))


def _answer(look: Look, names: list[str], thumbnails: Pixels, pixels: Pixels | None) -> dict[str, Any]:
    thumbnails[:] = 0
    if pixels is not None:
        pixels[:] = 0
    columns = Columns.empty(thumbnails[: len(names)], pixels)
    decoded = sum(look.fill(row, columns, name=name) for row, name in enumerate(names))
    return {
        "digests": columns.digests,
        "facts": columns.facts,
        "problems": list(columns.problems.items()),
        "decoded": decoded,
    }


if __name__ == "__main__":
    main()
