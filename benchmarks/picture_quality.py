"""What each threshold of `data/health/picture_quality.py` names: of sound pictures, and of some that were changed.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/picture_quality.py

One picture in fifty is changed, each kind for itself, so that the others are what it is unlike. The table is in
docs/benchmarks/picture-quality.md.
"""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from bench.archives import CIFAR10, HYMENOPTERA, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.intervals import wilson_interval
from sightline.core.percent import percent
from sightline.data.health.picture_quality import QUALITIES
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.data.survey.look import GLANCE
from sightline.data.survey.record import Columns, Surveyed
from sightline.imaging.thumbnail import SIDE

SEED = 0
SHARE = 50
"""One picture in so many is changed."""


class Setting(NamedTuple):
    """Pictures of each set that are looked at, at most."""

    most: int


FULL, TINY = Setting(10_000), Setting(60)


def screen(picture, random):
    """Return a page with lines of text of a picture's size."""
    shade = int(random.integers(200, 256))
    page, (width, height) = Image.new("RGB", picture.size, (shade, shade, shade)), picture.size
    step = max(4, height // 8)
    for line in range(step, height - step // 2, step):
        end = int(width * random.uniform(0.3, 0.9))
        ImageDraw.Draw(page).line([(0, line), (end, line)], (20, 20, 60), max(1, step // 4))
    return page


def blurred(picture, random):
    """Return a picture whose points are spread over 2 to 4 % of its shorter side."""
    return picture.filter(ImageFilter.GaussianBlur(min(picture.size) * random.uniform(0.02, 0.04)))


CHANGES = {
    "dark-picture": lambda picture, random: ImageEnhance.Brightness(picture).enhance(random.uniform(0.02, 0.1)),
    "bright-picture": lambda picture, _: picture.point(lambda value: 255 - (255 - value) // 20),
    "empty-picture": lambda picture, random: Image.new("RGB", picture.size, (90, int(random.integers(60, 200)), 90)),
    "framed-picture": lambda picture, _: ImageOps.expand(picture, max(3, min(picture.size) // 9), "white"),
    "drawn-picture": screen,
    "blurred-picture": blurred,
    "narrow-picture": lambda picture, _: picture.crop((0, 0, picture.width, max(4, picture.height // 5))),
    "tiny-picture": lambda picture, _: picture.resize([max(3, side // 10) for side in picture.size]),
}
"""What becomes of a picture of each kind."""


def changed(catalog, rows, kind):
    """Return what a look shows of pictures after a change, as columns."""
    random = np.random.default_rng(SEED)
    columns = Columns.empty(np.zeros((len(rows), SIDE, SIDE), np.uint8), None)
    for place, row in enumerate(rows.tolist()):
        file, name = io.BytesIO(), catalog.paths[row]
        picture = Image.open(io.BytesIO(catalog.source.read(name))).convert("RGB")
        CHANGES[kind](picture, random).save(file, "JPEG", quality=90)
        columns.facts[place], columns.thumbnails[place] = GLANCE.glance(file.getvalue(), name=name)
        columns.digests[place] = f"{place:064x}"
    return columns


def rows_on(name, most, *, tiny):
    """Yield a row for each kind: how many sound pictures it names, and how many of those that were changed."""
    with archive(name, tiny=tiny) as path:
        catalog = open_catalog(path)
        catalog = catalog.at(np.linspace(0, len(catalog) - 1, min(most, len(catalog))).astype(np.int64))
        seen = survey(catalog)
        count = len(catalog)
        rows = np.random.default_rng(SEED).choice(count, max(1, count // SHARE), replace=False)
        for quality in QUALITIES:
            sound = int((quality.holds(seen) & seen.usable).sum())
            some = Surveyed.of(catalog.at(rows), None, changed(catalog, rows, quality.code))
            found = int(quality.holds(mixed(seen, rows, some))[rows].sum())
            yield name.split("-")[0].removesuffix(".zip"), quality.code, share(sound, count), share(found, len(rows))


def mixed(seen, rows, some):
    """Return a survey in which some rows show something else."""
    values = dict(vars(seen))
    for name in ("thumbnails", "sizes", "sharpness"):
        values[name] = getattr(seen, name).copy()
        values[name][rows] = getattr(some, name)
    return Surveyed(**{name: value for name, value in values.items() if name in Surveyed.__dataclass_fields__})


def share(count, total):
    """Return a share in words, with its 95 % interval."""
    low, high = wilson_interval(count, total)
    return f"{percent(count / total)} ({percent(low)} to {percent(high)})"


def main() -> None:
    """Measure and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    rows = [row for name in (CIFAR10, HYMENOPTERA) for row in rows_on(name, setting.most, tiny=tiny)]
    heads = ["pictures", "finding", "sound pictures named", "changed pictures named"]
    note = origin(f"seed {SEED}; one picture in {SHARE} is changed, each kind for itself; intervals of 95 %")
    publish("benchmarks/picture-quality.md", {"quality": f"{note}\n\n{table(heads, rows)}"}, tiny=tiny)


if __name__ == "__main__":
    main()
