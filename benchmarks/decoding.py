"""Pictures a second that a survey reads, beside loops of bare Pillow, and what a second survey of the same takes.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/decoding.py

One thread and two threads are processes that may run on one core and on two. Within a process the ways take short
turns, so that whatever else the machine does hits all of them; the table in docs/benchmarks/decoding.md has the
medians, and the medians of the ratios within a turn. Pillow's loops read from memory and check nothing; a survey reads
the files or the archive, and takes digests, looks for damage, turns pictures upright and keeps their facts.
"""

import io
import os
import platform
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, features

from bench.archives import CIFAR10, HYMENOPTERA, archive, cloud
from bench.origin import cores, origin
from bench.pages import publish, table
from bench.pictures import square
from bench.settings import started
from bench.turns import in_turns, medians, wall_and_cpu


class Kind(NamedTuple):
    """Pictures of one size: the side that they are read to, their number, and their archive, if they have one."""

    side: int
    count: int
    archive: str | None


class Setting(NamedTuple):
    """Kinds of pictures, turns of the rates, the photos and the surveys, and the size of a phone's photo."""

    kinds: dict[str, Kind]
    turns: tuple[int, int, int]
    photo: tuple[int, int]


FULL = Setting(
    {
        "32 x 32": Kind(32, 1_000, CIFAR10),
        "500 x 375": Kind(64, 40, HYMENOPTERA),
        "4000 x 3000": Kind(64, 4, None),
    },
    (31, 9, 5),
    (4000, 3000),
)
TINY = Setting({"32 x 32": Kind(32, 40, CIFAR10), "400 x 300": Kind(64, 4, None)}, (1, 1, 1), (400, 300))
PHOTOS = {
    "quality 75": {"quality": 75},
    "quality 90": {"quality": 90},
    "quality 90, colour at full size": {"quality": 90, "subsampling": 0},
    "quality 90, progressive": {"quality": 90, "progressive": True},
}


@contextmanager
def catalog_of(kind, photo, *, tiny):
    """Yield a catalog of one kind of pictures."""
    from sightline.data.opening import open_catalog

    with ExitStack() as stack:
        if kind.archive:
            yield thinned(open_catalog(stack.enter_context(archive(kind.archive, tiny=tiny))), kind.count)
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for label, name in enumerate("ab"):
            (folder / name).mkdir()
            for number in range(kind.count // 2):
                (folder / name / f"{number}.jpg").write_bytes(cloud([label, number], photo, quality=85))
        yield open_catalog(folder)


def thinned(catalog, count):
    """Return this many pictures, evenly over the catalog."""
    every = slice(None, None, len(catalog) // count)
    columns = {name: getattr(catalog, name)[every] for name in ("paths", "labels", "groups", "parts")}
    return replace(catalog, **columns)


def rates(kind, setting, allowed, tiny):
    """Return the cells of pictures a second of each way, in a process that may run on the allowed cores."""
    from sightline.data.survey import survey

    os.sched_setaffinity(0, allowed)
    with catalog_of(kind, setting.photo, tiny=tiny) as catalog, ThreadPoolExecutor(len(allowed)) as threads:
        payloads = [catalog.source.read(name) for name in catalog.paths]
        shares = [payloads[start :: len(allowed)] for start in range(len(allowed))]

        def on_all_threads(one):
            return lambda: list(threads.map(lambda share: [one(payload) for payload in share] and None, shares))

        ways = {
            "bare": on_all_threads(lambda payload: Image.open(io.BytesIO(payload)).convert("RGB")),
            "resized": on_all_threads(lambda payload: resized(payload, kind.side)),
            "survey": lambda: survey(catalog, square(kind.side)),
        }
        timed = {name: lambda way=way: wall_and_cpu(way) for name, way in ways.items()}
        turns = np.array(list(in_turns(timed, setting.turns[0]).values()))  # (ways, turns, 2)
    return rate_cells(turns, len(catalog))


def rate_cells(turns, count):
    """Return the table's cells from the seconds of each way, (ways, turns, 2), wall and CPU, of so many pictures."""
    wall, cpu = np.median(turns, axis=1).T
    wall_ratio, cpu_ratio = np.median(turns[0] / turns[2], axis=0)
    return [
        *(f"{count / seconds:,.0f}" for seconds in wall),
        f"{wall_ratio:.2f}",
        f"{cpu_ratio:.2f}; {1e6 * cpu[2] / count:,.0f} µs a picture",
    ]


def resized(payload, side):
    """Decode a file in full and resize it, as a plain Pillow script does."""
    return Image.open(io.BytesIO(payload)).convert("RGB").resize((side, side), Image.Resampling.BILINEAR)


def rate_part(start):
    """Return the table of pictures a second, on one core and on all."""
    setting, rows = start.setting, []
    for name, kind in setting.kinds.items():
        for count in (1, cores()):
            allowed = sorted(os.sched_getaffinity(0))[:count]
            cells = start.aside(rates, kind, setting, allowed, start.tiny)
            rows.append([f"{name} to {kind.side} x {kind.side}", count, *cells])
    heads = ["pictures", "threads", "bare decoder", "and resized", "survey", "of the bare decoder's rate",
             "in CPU time"]  # fmt: skip
    return f"{origin(f'{libraries()}; medians of {setting.turns[0]} turns')}\n\n{table(heads, rows)}"


def photo_part(setting):
    """Return the table of a phone's photos, in CPU milliseconds."""
    rows = []
    for name, options in PHOTOS.items():
        payload = cloud(0, setting.photo, **options)
        full, bare, ours = photo_milliseconds(payload, setting.turns[1])
        cells = (f"{value:.0f} ms" for value in (full, bare, ours))
        rows.append([name, f"{len(payload) / 1e6:.1f}", *cells, f"{full / ours:.1f}"])
    heads = ["file", "MB", "in full, resized", "reduced decoding alone", "sightline", "times"]
    return f"{origin(f'{libraries()}; medians of {setting.turns[1]} turns')}\n\n{table(heads, rows)}"


def photo_milliseconds(payload, turns):
    """Return the CPU milliseconds of Pillow in full, of libjpeg's reduced decoding alone, and of sightline."""
    wanted = square(64)

    def reduced():
        image = Image.open(io.BytesIO(payload))
        image.draft(None, (128, 128))
        image.load()

    ways = {
        "full": lambda: resized(payload, 64),
        "bare": reduced,
        "ours": lambda: wanted.read(payload, name="photo.jpg"),
    }
    timed = {name: lambda way=way: 1000 * wall_and_cpu(way)[1] for name, way in ways.items()}
    return medians(list(zip(*in_turns(timed, turns).values(), strict=True)))


def survey_part(start):
    """Return the table of surveys of a whole archive: without a cache, filling it, and finding it."""
    from sightline.data.opening import open_catalog
    from sightline.data.survey import survey

    turns = start.setting.turns[2]
    with archive(CIFAR10, tiny=start.tiny) as path, tempfile.TemporaryDirectory() as caches:
        catalog, folders = open_catalog(path), [Path(caches, str(turn)) for turn in range(turns)]
        filled, found = iter(folders), iter(folders)
        seconds = in_turns(
            {
                "without a cache": lambda: wall_and_cpu(lambda: survey(catalog, square(32))),
                "the first, which writes the cache": lambda: wall_and_cpu(
                    lambda: survey(catalog, square(32), cache_in=next(filled))
                ),
                "the second": lambda: wall_and_cpu(lambda: survey(catalog, square(32), cache_in=next(found))),
            },
            turns,
        )
    rows = [[name, *(f"{value:.2f}" for value in medians(values))] for name, values in seconds.items()]
    note = f"{libraries()}; {len(catalog):,} files, medians of {turns} turns"
    return f"{origin(note)}\n\n{table(['survey', 'seconds', 'CPU seconds'], rows)}"


def libraries():
    """Return the versions that decoding depends on."""
    return (
        f"Python {platform.python_version()}, Pillow {features.version('pil')}, "
        f"libjpeg-turbo {features.version('libjpeg_turbo')}"
    )


def main() -> None:
    """Measure and write the tables."""
    start = started(__doc__, full=FULL, tiny=TINY)
    parts = {"surveys": survey_part(start), "rates": rate_part(start), "photos": photo_part(start.setting)}
    publish("benchmarks/decoding.md", parts, tiny=start.tiny)


if __name__ == "__main__":
    main()
