"""Seconds and memory of `sightline check` on CIFAR-10's 60,000 JPEG files, and seconds of `sightline --help`.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/check_and_start.py

The table is in docs/benchmarks/check-and-start.md; decoding alone, on one thread, is measured beside it.
"""

import io
import sys
import zipfile
from typing import NamedTuple

from PIL import Image

from bench.archives import CIFAR10, archive, cloud
from bench.origin import origin
from bench.pages import publish, table
from bench.pictures import square
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started
from bench.turns import in_turns, seconds_of, spread

INPUT_SIDE = 64


class Setting(NamedTuple):
    """Turns of the long and of the short measurements, files that are decoded alone, and the size of the photo."""

    long: int
    short: int
    decoded: int
    photo: tuple[int, int]


FULL, TINY = Setting(3, 11, 6_000, (4000, 3000)), Setting(1, 1, 20, (400, 300))


def bare_decoding(path, count):
    """Return the seconds of reading and decoding all files with nothing else, from those of some of them."""
    with zipfile.ZipFile(path) as opened:
        names = [name for name in opened.namelist() if name.endswith(".jpg")]
        chosen = names[:: len(names) // count]
        taken = seconds_of(lambda: [Image.open(io.BytesIO(opened.read(name))).load() for name in chosen])
    return taken * len(names) / len(chosen)


def plainly(payload):
    """Decode a file in full and resize it, as a plain Pillow script does."""
    Image.open(io.BytesIO(payload)).convert("RGB").resize((INPUT_SIDE, INPUT_SIDE), Image.Resampling.BILINEAR)


def rows_on_checking(path, setting):
    """Yield the rows on the whole archive."""
    ways = {"bare": lambda: bare_decoding(path, setting.decoded), "checked": lambda: cost_of(SIGHTLINE, "check", path)}
    turns = in_turns(ways, setting.long)
    bare, checked = spread(turns["bare"]).median, spread([cost.seconds for cost in turns["checked"]]).median
    peak = max(cost.megabytes for cost in turns["checked"])
    yield "`sightline check cifar10-jpeg.zip`, 60,000 JPEG files", f"{checked:.1f} s, at most {peak:.0f} MB"
    yield "reading and decoding alone, a plain Pillow loop on one thread", f"{bare:.1f} s"
    yield "ratio", f"{checked / bare:.2f}"


def rows_on_a_photo(setting):
    """Yield the rows on one photo of a phone."""
    photo, wanted = cloud(0, setting.photo, quality=90), square(INPUT_SIDE)
    ways = {"full": lambda: plainly(photo), "reduced": lambda: wanted.read(photo, name="photo.jpg")}
    timed = {name: lambda way=way: 1000 * seconds_of(way) for name, way in ways.items()}
    full, reduced = (spread(values).median for values in in_turns(timed, setting.short).values())
    yield f"a 12-megapixel JPEG to {INPUT_SIDE}x{INPUT_SIDE}, in full with Pillow", f"{full:.0f} ms"
    yield "the same as sightline reads it, at reduced scale", f"{reduced:.0f} ms, {full / reduced:.1f} times as fast"


def rows_on_starting(setting):
    """Yield the rows on the start of the command line."""
    ways = {"help": (SIGHTLINE, "--help"), "empty": (sys.executable, "-c", "pass")}
    timed = {name: lambda words=words: cost_of(*words).processors for name, words in ways.items()}
    helped, empty = (spread(values).median for values in in_turns(timed, setting.short).values())
    yield "`sightline --help`, seconds of the processors", f"{helped:.3f} s"
    yield "of which Python's own start", f"{empty:.3f} s"


def main() -> None:
    """Measure and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    with archive(CIFAR10, tiny=tiny) as path:
        rows = [*rows_on_checking(path, setting), *rows_on_a_photo(setting), *rows_on_starting(setting)]
    text = f"{origin(f'medians of {setting.long} and of {setting.short} runs')}\n\n{table(['what', 'figure'], rows)}"
    publish("benchmarks/check-and-start.md", {"figures": text}, tiny=tiny)


if __name__ == "__main__":
    main()
