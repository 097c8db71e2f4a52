"""Seconds and memory of `check`, `train` (one epoch) and `predict` for 1,000, 10,000 and 100,000 pictures.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/growth.py

The pictures are those of cifar10-jpeg.zip, the larger set with copies that differ in their comment. The cache of
pictures is empty at first. The table is in docs/performance.md; it takes about ten minutes on 2 cores.
"""

import tempfile
import zipfile
from pathlib import Path

from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started

FULL, TINY = (1_000, 10_000, 100_000), (240,)
"""Numbers of pictures; the tiny one has more than the made-up archive, so that some are copies."""


def write_pictures(path, folder, count):
    """Write so many JPEG files in ten classes; those beyond the archive's get a comment, so that none is a copy."""
    with zipfile.ZipFile(path) as opened:
        names = sorted(name for name in opened.namelist() if name.endswith(".jpg"))
        names = names[:: max(1, len(names) // count)]
        for number in range(count):
            name = names[number % len(names)]
            payload = opened.read(name)
            if number >= len(names):
                payload = with_comment(payload, str(number).encode())
            file = folder / name.split("/")[-2] / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(payload)


def with_comment(payload, comment):
    """Return a JPEG file with a comment after its first marker."""
    return payload[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + payload[2:]


def costs(path, count):
    """Return the cost of each verb on so many pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures, run = folder / "pictures", folder / "run"
        write_pictures(path, pictures, count)
        verbs = (
            ("check", pictures),
            ("train", pictures, "--out", run, "--model", "basic-cnn", "--epochs", 1, "--baseline", "none"),
            ("predict", run, pictures, "--format", "csv"),
        )
        return [cost_of(SIGHTLINE, *words, SIGHTLINE_CACHE=f"{folder}/cache") for words in verbs]


def main() -> None:
    """Measure and write the section."""
    tiny, counts, _ = started(__doc__, full=FULL, tiny=TINY)
    rows = []
    with archive(CIFAR10, tiny=tiny) as path:
        for count in counts:
            cells = [(f"{cost.seconds:,.1f}", f"{cost.megabytes:,.0f}") for cost in costs(path, count)]
            rows.append([f"{count:,}", *(cell for pair in cells for cell in pair)])
    note = "32-pixel JPEG files in a folder, whole commands, an empty cache of pictures before `check`"
    heads = ["pictures", "check, s", "MB", "train, s", "MB", "predict, s", "MB"]
    publish("performance.md", {"growth": f"{origin(note)}\n\n{table(heads, rows)}"}, tiny=tiny)


if __name__ == "__main__":
    main()
