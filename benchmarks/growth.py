"""Seconds and memory of `check`, `train` (one epoch) and `predict` for 1,000, 10,000 and 100,000 pictures.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/growth.py

The pictures are those of cifar10-jpeg.zip, the larger set with copies that differ in their comment. The cache of
pictures is empty at first. The table is in docs/performance.md; it takes about ten minutes on 2 cores.
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from sections import machine, write_section

COUNTS = (1_000, 10_000, 100_000)


def write_pictures(archive, folder, count):
    """Write so many JPEG files in ten classes; those beyond the archive's get a comment, so that none is a copy."""
    with zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if name.endswith(".jpg"))
        names = names[:: max(1, len(names) // count)]
        for number in range(count):
            name = names[number % len(names)]
            payload = opened.read(name)
            if number >= len(names):
                comment = str(number).encode()
                payload = payload[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + payload[2:]
            file = folder / name.split("/")[-2] / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(payload)


def cost(*words, folder):
    """Return the seconds and the peak memory in megabytes of a command."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    sightline = str(Path(sys.executable).parent / "sightline")
    started = time.perf_counter()
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, sightline, *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SIGHTLINE_CACHE": f"{folder}/cache"},
    )
    return time.perf_counter() - started, int(answer.stdout.splitlines()[-1]) / 1024


def main() -> None:
    """Measure and write the section."""
    archive = Path(os.environ["SIGHTLINE_DATA"]) / "cifar10-jpeg.zip"
    lines = []
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_pictures(archive, folder / "pictures", count)
            verbs = {
                "check": ("check", folder / "pictures"),
                "train": ("train", folder / "pictures", "--out", folder / "run", "--model", "basic-cnn", "--epochs", 1,
                          "--baseline", "none"),
                "predict": ("predict", folder / "run", folder / "pictures", "--format", "csv"),
            }  # fmt: skip
            figures = [cost(*words, folder=folder) for words in verbs.values()]
        cells = " | ".join(f"{seconds:,.1f} | {megabytes:,.0f}" for seconds, megabytes in figures)
        lines.append(f"| {count:,} | {cells} |")
        print(lines[-1], flush=True)
    rows = "\n".join(lines)
    write_section(
        "Growth",
        f"""Written by `benchmarks/growth.py` on {machine()}: 32-pixel JPEG files in a folder, whole commands, an empty
cache of pictures before `check`; `train` is one epoch of `basic-cnn` with everything before and after it.

| pictures | check, s | MB | train, s | MB | predict, s | MB |
|---|---|---|---|---|---|---|
{rows}
""",
    )


if __name__ == "__main__":
    main()
