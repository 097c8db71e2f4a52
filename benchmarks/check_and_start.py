"""Seconds and memory of `sightline check` on CIFAR-10's 60,000 JPEG files, and seconds of `sightline --help`.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/check_and_start.py

The table is in docs/benchmarks/check-and-start.md; decoding alone, on one thread, is measured beside it.
"""

import io
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from sightline.imaging.picture_format import PictureFormat

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "check-and-start.md"
SIGHTLINE = str(Path(sys.executable).parent / "sightline")
ARCHIVE = Path(os.environ["SIGHTLINE_DATA"]) / "cifar10-jpeg.zip"
DECODED = 6_000
PHONE_SIZE, INPUT_SIZE = (4000, 3000), 64


def seconds_of(*command: str) -> float:
    """Return the wall time of a command that must end well."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - started


def seconds_of_bare_decoding() -> float:
    """Return what reading and decoding all 60,000 files takes with nothing else, by every tenth of them."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")]
        started = time.perf_counter()
        for name in names[:: len(names) // DECODED]:
            Image.open(io.BytesIO(archive.read(name))).load()
        return (time.perf_counter() - started) * len(names) / DECODED


def phone_picture() -> bytes:
    """Return a 12-megapixel JPEG file with the detail of a photo."""
    noise = np.random.default_rng(0).integers(0, 256, (PHONE_SIZE[1] // 8, PHONE_SIZE[0] // 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize(PHONE_SIZE, Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def plainly(payload: bytes) -> None:
    """Decode a file in full and resize it, as a plain Pillow script does."""
    Image.open(io.BytesIO(payload)).convert("RGB").resize((INPUT_SIZE, INPUT_SIZE), Image.Resampling.BILINEAR)


def milliseconds(action: Callable[[], object]) -> float:
    """Return the median of nine runs."""
    seconds = []
    for _ in range(9):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return 1000 * median(seconds)


def main() -> None:
    """Measure and write the table."""
    empty = median(seconds_of(sys.executable, "-c", "pass") for _ in range(11))
    help_seconds = median(seconds_of(SIGHTLINE, "--help") for _ in range(11))
    bare, checked = [], []
    for _ in range(3):
        bare.append(seconds_of_bare_decoding())
        checked.append(seconds_of(SIGHTLINE, "check", str(ARCHIVE)))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    phone, wanted = phone_picture(), PictureFormat(INPUT_SIZE, INPUT_SIZE)
    full, reduced = milliseconds(lambda: plainly(phone)), milliseconds(lambda: wanted.read(phone, name="phone.jpg"))
    text = f"""# Checking 60,000 pictures, and starting

Written by `benchmarks/check_and_start.py` on {os.cpu_count()} cores; medians of 3 and of 11 runs.

| what | figure |
|---|---|
| `sightline check cifar10-jpeg.zip`, 60,000 JPEG files | {median(checked):.1f} s, at most {peak:.0f} MB |
| reading and decoding alone, a plain Pillow loop on one thread | {median(bare):.1f} s |
| ratio | {median(checked) / median(bare):.2f} |
| a 12-megapixel JPEG to 64x64, in full with Pillow | {full:.0f} ms |
| the same as sightline reads it, at reduced scale | {reduced:.0f} ms, {full / reduced:.1f} times as fast |
| `sightline --help` | {help_seconds:.3f} s |
| of which Python's own start | {empty:.3f} s |
"""
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
