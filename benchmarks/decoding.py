"""Pictures a second that a survey reads, beside loops of bare Pillow, and what a second survey of the same takes.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/decoding.py

One thread and two threads are processes that may run on one core and on two. Within a process the ways take short
turns, so that whatever else the machine does hits all of them; the table in docs/benchmarks/decoding.md has the
medians, and the medians of the ratios within a turn. Pillow's loops read from memory and check nothing; a survey reads
the files or the archive, and takes digests, looks for damage, turns pictures upright and keeps their facts.
"""

import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, features

from sightline.data.catalog import Catalog
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.imaging.picture_format import PictureFormat

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "decoding.md"
DATA = Path(os.environ["SIGHTLINE_DATA"])
TURNS, SECOND_SURVEYS = 31, 5
TINY, MIDDLE, PHONES = "32 x 32", "500 x 375", "4000 x 3000"
COUNTS = {TINY: 1_000, MIDDLE: 40, PHONES: 4}
SIDES = {TINY: 32, MIDDLE: 64, PHONES: 64}
PHONE_KINDS = {
    "quality 75": {"quality": 75},
    "quality 90": {"quality": 90},
    "quality 90, colour at full size": {"quality": 90, "subsampling": 0},
    "quality 90, progressive": {"quality": 90, "progressive": True},
}


def phone_picture(seed: int, **options) -> bytes:
    """Return a 12-megapixel JPEG file with the detail of a photo."""
    noise = np.random.default_rng(seed).integers(0, 256, (375, 500, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((4000, 3000), Image.Resampling.BICUBIC).save(file, "JPEG", **options)
    return file.getvalue()


def catalog_of_kind(kind: str, folder: Path) -> Catalog:
    """Return the pictures of one size."""
    if kind == TINY:
        return thinned(open_catalog(DATA / "cifar10-jpeg.zip"), COUNTS[kind])
    if kind == MIDDLE:
        return thinned(open_catalog(DATA / "hymenoptera.zip"), COUNTS[kind])
    for name in "ab":
        (folder / name).mkdir()
        for number in range(COUNTS[kind] // 2):
            (folder / name / f"{number}.jpg").write_bytes(phone_picture(ord(name) + number, quality=85))
    return open_catalog(folder)


def thinned(catalog: Catalog, count: int) -> Catalog:
    """Return this many pictures, evenly over the catalog."""
    rows = range(0, len(catalog), len(catalog) // count)
    return replace(
        catalog,
        paths=catalog.paths[:: rows.step],
        labels=catalog.labels[:: rows.step],
        groups=catalog.groups[:: rows.step],
        parts=catalog.parts[:: rows.step],
    )


def figures(kind: str) -> dict[str, float]:
    """Return pictures a second and CPU microseconds a picture of each way, on as many threads as there are cores."""
    cores, side = len(os.sched_getaffinity(0)), SIDES[kind]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(cores) as threads:
        catalog = catalog_of_kind(kind, Path(folder))
        payloads = [catalog.source.read(name) for name in catalog.paths]
        shares = [payloads[start::cores] for start in range(cores)]

        def loop(one: Callable[[bytes], object]) -> Callable[[], object]:
            """Return a loop over all pictures, on all threads."""
            return lambda: list(threads.map(lambda share: [one(payload) for payload in share] and None, shares))

        ways = (
            loop(lambda payload: Image.open(io.BytesIO(payload)).convert("RGB")),
            loop(lambda payload: resized(payload, side)),
            lambda: survey(catalog, PictureFormat(side, side)),
        )
        turns = np.array([[wall_and_cpu(way) for way in ways] for _ in range(TURNS)])  # (turns, ways, 2)
    wall, cpu = np.median(turns, axis=0).T
    return {
        "bare": len(catalog) / wall[0],
        "resized": len(catalog) / wall[1],
        "survey": len(catalog) / wall[2],
        "ratio": float(np.median(turns[:, 0, 0] / turns[:, 2, 0])),
        "cpu_ratio": float(np.median(turns[:, 0, 1] / turns[:, 2, 1])),
        "cpu": 1e6 * cpu[2] / len(catalog),
    }


def wall_and_cpu(action: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of an action by the clock on the wall, and those of all threads on the cores."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - cpu


def resized(payload: bytes, side: int) -> Image.Image:
    """Decode a file in full and resize it, as a plain Pillow script does."""
    return Image.open(io.BytesIO(payload)).convert("RGB").resize((side, side), Image.Resampling.BILINEAR)


def figures_on(cores: int, kind: str) -> dict[str, float]:
    """Return `figures` of a process that may run on this many cores."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    told = subprocess.run(  # noqa: S603
        [sys.executable, __file__, kind, *map(str, allowed)], check=True, capture_output=True, text=True
    )
    return json.loads(told.stdout)


def phone_milliseconds(options: dict[str, object]) -> tuple[float, float, float, float]:
    """Return megabytes, and CPU milliseconds: Pillow in full, libjpeg's reduced decoding alone, sightline."""
    payload, wanted = phone_picture(0, **options), PictureFormat(64, 64)

    def reduced() -> None:
        image = Image.open(io.BytesIO(payload))
        image.draft(None, (128, 128))
        image.load()

    ways = (lambda: resized(payload, 64), reduced, lambda: wanted.read(payload, name="phone.jpg"))
    taken = [[1000 * wall_and_cpu(way)[1] for way in ways] for _ in range(9)]
    return len(payload) / 1e6, *(median(column) for column in zip(*taken, strict=True))


def second_surveys() -> list[np.ndarray]:
    """Return wall and CPU seconds of surveys of 60,000 files: without a cache, filling it, and finding it."""
    catalog, wanted = open_catalog(DATA / "cifar10-jpeg.zip"), PictureFormat(32, 32)
    without, filling, found = [], [], []
    for _ in range(SECOND_SURVEYS):
        with tempfile.TemporaryDirectory() as folder:
            without.append(wall_and_cpu(lambda: survey(catalog, wanted)))
            for column in (filling, found):
                column.append(wall_and_cpu(lambda: survey(catalog, wanted, cache_in=Path(folder))))
    return [np.median(column, axis=0) for column in (without, filling, found)]


def rate_table() -> str:
    """Return the table of pictures a second."""
    lines = [
        "| pictures | threads | bare decoder | and resized | survey | of the bare decoder's rate | in CPU time |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, side in SIDES.items():
        for cores in (1, 2):
            found = figures_on(cores, kind)
            lines.append(
                f"| {kind} to {side} x {side} | {cores} | {found['bare']:,.0f} | {found['resized']:,.0f} "
                f"| {found['survey']:,.0f} | {found['ratio']:.2f} "
                f"| {found['cpu_ratio']:.2f}; {found['cpu']:,.0f} µs a picture |"
            )
    return "\n".join(lines)


def phone_table() -> str:
    """Return the table of 12-megapixel files."""
    lines = [
        "| file | MB | in full, resized | reduced decoding alone | sightline | times |",
        "|---|---|---|---|---|---|",
    ]
    for name, options in PHONE_KINDS.items():
        megabytes, full, bare, ours = phone_milliseconds(options)
        lines.append(
            f"| {name} | {megabytes:.1f} | {full:.0f} ms | {bare:.0f} ms | {ours:.0f} ms | {full / ours:.1f} |"
        )
    return "\n".join(lines)


def machine() -> str:
    """Return what this was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return (
        f"{len(os.sched_getaffinity(0))} cores of {names[0] if names else platform.machine()}, Python "
        f"{platform.python_version()}, Pillow {features.version('pil')}, "
        f"libjpeg-turbo {features.version('libjpeg_turbo')}"
    )


def main() -> None:
    """Measure and write the tables."""
    load = os.getloadavg()[0]
    without, filling, found = second_surveys()
    text = f"""# Decoding

Written by `benchmarks/decoding.py` on {machine()}; medians of {TURNS} turns.
When it began, {load:.1f} threads of other programs wanted to run.

Pictures a second. The bare decoder opens, loads and converts files that lie in memory; a survey also reads them (from
the archive or the folder), takes their SHA-256, looks for damage and orientation, fits them to the size and
keeps pixels and facts.

{rate_table()}

One 12-megapixel file to 64 x 64, in CPU time. Of libjpeg's reduced decoding nearly all is undoing the Huffman codes,
which no reduction spares; so what is gained falls with the bytes in the file, and a progressive file gains least.

{phone_table()}

A survey of 60,000 files of 32 x 32 in an archive, on all cores; the second one reads every file and takes its
digest, and finds the pixels in the cache:

| survey | seconds | CPU seconds |
|---|---|---|
| without a cache | {without[0]:.2f} | {without[1]:.2f} |
| the first, which writes the cache | {filling[0]:.2f} | {filling[1]:.2f} |
| the second | {found[0]:.2f} | {found[1]:.2f} |
"""
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, {int(core) for core in sys.argv[2:]})
        print(json.dumps(figures(sys.argv[1])))
    else:
        main()
