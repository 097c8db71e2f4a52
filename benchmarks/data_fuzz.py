"""What becomes of pictures, archives and tables that somebody changed: read, or refused in words.

    .venv/bin/python benchmarks/data_fuzz.py [KIND...]

Good files of every kind are changed in bytes, numbers and length, or a stretch of them is repeated up to two thousand
times; then they are read as a data set's are. Nothing but a `SightlineError` may come of it, whose words fit into a few
lines. A process that crashes, or needs more than 30 s for one file, is a failure. So is one that needs more than twice
the memory that the good files took, and 16 bytes for each pixel that the changed file says it has. The table is in
docs/benchmarks/data-fuzz.md.
"""

import io
import itertools
import signal
import struct
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
from PIL import Image

from bench.mutations import cut, forget_peak, peak, renumbered, repeated, scattered
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started

FULL, TINY = (50_000, 20_000, 5_000), (16, 8, 16)
"""Changed files of each kind of picture, of archives and of tables each, and how many a process takes."""
SECONDS, MOST_WORDS = 30, 6_000
BYTES_A_PIXEL = 16
OUTCOMES = ("read", "refused")
WAYS = (scattered, renumbered, cut, repeated)
PICTURES = ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "AVIF", "BMP", "PPM")
OTHERS = ("ZIP", "CSV")
TABLE = "path,label,group,split\na/0.png,ant,g1,train\na/1.png,ant,g1,train\nb/0.png,bee,,test\nb/1.png,,,\n"


def noise(seed, mode="RGB"):
    """Return a small picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 28, 3), dtype=np.uint8)
    if mode == "I;16":
        return Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257)
    return Image.fromarray(pixels).convert(mode)


def encoded(kind, mode="RGB", **options):
    """Return a file of a small picture."""
    stream = io.BytesIO()
    noise(0, mode).save(stream, kind, **options)
    return stream.getvalue()


def sorts_of(kind):
    """Return the sorts of pictures that Pillow writes of a kind: mode and options."""
    exif, icc = Image.Exif(), {"icc_profile": bytes(200)}
    exif[0x0112], exif[0x010F] = 6, "a camera"
    many = {"save_all": True, "append_images": [noise(1), noise(2)]}
    packings = ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")
    grey = {"mode": "L"}
    return {
        "JPEG": [{}, {"progressive": True}, {"exif": exif, **icc}, grey, {"mode": "CMYK"}],
        "PNG": [{"exif": exif, **icc}, many, *({"mode": mode} for mode in ("L", "P", "RGBA", "LA", "1", "I;16"))],
        "GIF": [{}, grey, {**many, "comment": b"made here"}],
        "TIFF": [{}, many, {"mode": "I;16"}, {"exif": exif}, *({"compression": packing} for packing in packings)],
        "WEBP": [{}, {"lossless": True}, many, {"exif": exif, "mode": "RGBA"}],
        "AVIF": [{}, {"mode": "RGBA", "exif": exif}],
        "BMP": [{}, {"mode": "P"}, {"mode": "1"}],
        "PPM": [{}, grey, {"mode": "1"}],
    }[kind]


def by_hand(kind):
    """Return good pictures of a kind that Pillow does not write by itself."""
    if kind == "JPEG":
        return [encoded("MPO", save_all=True, append_images=[noise(1)])]
    if kind == "BMP":
        return [runs()]
    plain = b"P3 4 2 255\n" + b" ".join(b"%d" % number for number in range(24))
    deep = b"P5 # made here\n4 3 4095\n" + np.arange(12, dtype=">u2").tobytes()
    return [plain, deep] if kind == "PPM" else []


def runs():
    """Return a BMP of runs."""
    data = b"".join(b"\x08\x01\x00\x00" for _ in range(7)) + b"\x04\x01\x00\x02\x04\x00\x00\x01"
    head = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 8, 1, len(data), 0, 0, 256, 0) + bytes(1024)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(data), 0, 0, 14 + len(head)) + head + data


def good_archives():
    """Return archives of class folders and of a table, stored and deflated."""
    files = {f"{label}/{number}.png": encoded("PNG", "L") for label in "ab" for number in range(2)}
    files_of_table = files | {"labels.csv": TABLE.encode()}
    return [packed(content, method) for content in (files, files_of_table) for method in (0, 8)]


def packed(files, method):
    """Return an archive of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def good(kind):
    """Return good files of a kind."""
    if kind == "ZIP":
        return good_archives()
    return (
        [TABLE.encode(), TABLE.replace(",", ";").encode()]
        if kind == "CSV"
        else [*(encoded(kind, **sort) for sort in sorts_of(kind)), *by_hand(kind)]
    )


def pixels_said(kind, content):
    """Return how many pixels a picture says that it has."""
    from sightline.imaging.budget import KINDS, MAX_PIXELS

    if kind == "AVIF":
        place = content.find(b"ispe")
        width, height = struct.unpack(">II", content[place + 8 : place + 16].ljust(8, b"\0")) if place > 0 else (0, 0)
    else:
        reader = next((reader for reader in KINDS if content.startswith(reader.starts)), None)
        width, height = reader.size(content) if reader else (0, 0)
    return min(width * height, MAX_PIXELS)


def read(kind, content, folder):
    """Read a file as a data set's is."""
    from sightline.data.opening import open_catalog
    from sightline.data.survey import survey
    from sightline.imaging.picture_format import PictureFormat

    if kind in PICTURES:
        PictureFormat(16, 16).look(content, name="a/0.png")
        return
    path = Path(folder) / f"set.{kind.lower()}"
    path.write_bytes(content)
    catalog = open_catalog(path)
    problems = survey(catalog, PictureFormat(8, 8)).problems
    words = [*problems.values(), *(finding.symptom for finding in catalog.findings)]
    if (longest := max(map(len, words), default=0)) > MOST_WORDS:
        raise ValueError(f"words of {longest:,} signs")


def outcome(kind, content, folder):
    """Return what becomes of a file."""
    from sightline.core.errors import SightlineError

    try:
        read(kind, content, folder)
    except SightlineError as error:
        is_told = error.problem and error.hint and len(str(error)) <= MOST_WORDS
        return OUTCOMES[1] if is_told else f"an error of {len(str(error)):,} signs"
    return OUTCOMES[0]


def outcomes(kind, first, count):
    """Return how often each way of changing a file came to what, the failures, and the megabytes before and at most."""
    warnings.simplefilter("ignore")
    sources = good(kind)
    found, failures, most = Counter(), [], 0
    with tempfile.TemporaryDirectory() as folder:
        for label, number in itertools.product("ab", range(2)):
            (Path(folder) / label).mkdir(exist_ok=True)
            (Path(folder) / label / f"{number}.png").write_bytes(encoded("PNG", "L"))
        for source in sources:
            read(kind, source, folder)
        before = peak()
        for number in range(first, first + count):
            way, source = WAYS[number % len(WAYS)], sources[number // len(WAYS) % len(sources)]
            content = way(source, np.random.default_rng(number))
            forget_peak()
            signal.alarm(SECONDS)
            try:
                became = outcome(kind, content, folder)
            except Exception as error:  # noqa: BLE001 - what is looked for
                became = f"a traceback: {type(error).__name__}: {str(error)[:80]}"
            signal.alarm(0)
            allowed = 2 * before + (pixels_said(kind, content) * BYTES_A_PIXEL + 4 * len(content)) / 2**20
            if peak() > allowed:
                became = f"{peak():.0f} MB, more than {allowed:.0f}"
            most = max(most, peak())
            found[became] += 1
            failures += [(number, became)] * (became not in OUTCOMES)
    return found, failures, before, most


def counted(start, kind, total, each):
    """Return a row of the table, and the failures."""
    found, failures, megabytes = Counter(), [], [(0, 0)]
    for first in range(0, total, each):
        count = min(each, total - first)
        try:
            one, wrong, before, most = start.aside(outcomes, kind, first, count)
        except BrokenProcessPool:
            failures.append((first, f"a process of {count} files crashed, or one took more than {SECONDS} s"))
            continue
        found.update(one)
        failures += wrong
        megabytes.append((before, most))
    figures = [f"{max(figure):.0f}" for figure in zip(*megabytes, strict=True)]
    row = [kind, f"{sum(found.values()):,}", *(found[one] for one in OUTCOMES), *figures, len(failures)]
    return row, [(kind, *failure) for failure in failures]


def main() -> None:
    """Change, read and write the page."""
    start = started(__doc__, full=FULL, tiny=TINY, words=["kinds..."])
    pictures, others, each = start.setting
    failures, heads = [], ["kind", "changed files", *OUTCOMES, "MB of the good", "MB at most", "failures"]
    for part, kinds, total in (("pictures", PICTURES, pictures), ("archives and tables", OTHERS, others)):
        rows = []
        for kind in (kind for kind in kinds if kind in start.words or not start.words):
            row, wrong = counted(start, kind, total, each)
            rows.append(row)
            failures += wrong
            print(*row, flush=True)
        if rows:
            publish("benchmarks/data-fuzz.md", {part: f"{origin()}\n\n{table(heads, rows)}"}, tiny=start.tiny)
    for kind, number, became in failures[:40]:
        print(f"{kind} {number}: {became}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
