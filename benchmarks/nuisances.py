"""Whether a nuisance that separates two classes by construction is named, and honest sets are left alone.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/nuisances.py

Honest are sets as they were published, and pairs of their classes. Each nuisance is then made in pictures of two of the
classes: only those of the second are saved in another way, or changed. The tables are in docs/benchmarks/nuisances.md.
"""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from bench.archives import CIFAR10, HYMENOPTERA, OMNIGLOT, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.percent import percent
from sightline.data.health.nuisances import NUISANCES, tellings
from sightline.data.opening import open_catalog
from sightline.data.survey import survey

PAIRS = ((3, 5), (1, 9), (4, 7), (0, 8), (2, 6))
"""Of CIFAR-10's classes: cat and dog, automobile and truck, deer and horse, airplane and ship, bird and frog."""
ALPHABETS = 3
SEED = 0
MODEL, WRITTEN = 272, 306
"""Tags of EXIF: the camera, and when the file was written."""


class Setting(NamedTuple):
    """Pictures of a class that are looked at in honest sets, and those that a nuisance is made in."""

    honest: int
    made: int


FULL, TINY = Setting(1_000, 150), Setting(12, 12)


def noted(tag, value):
    """Return EXIF data that hold a value."""
    exif = Image.Exif()
    exif[tag] = value
    return exif.tobytes()


def smaller(picture, share):
    """Return a picture with a share of its width and height."""
    return picture.resize([max(8, round(side * share)) for side in picture.size])


CHANGES = {
    "the file's size in bytes": (lambda picture, _: picture, {"quality": 50}),
    "the file's type": (lambda picture, _: picture, {"format": "PNG"}),
    "the colour mode in the file": (lambda picture, _: picture.convert("L"), {}),
    "the picture's size in pixels": (lambda picture, _: smaller(picture, 0.4), {}),
    "the picture's proportions": (lambda picture, _: picture.crop((0, 0, picture.width, picture.height // 3)), {}),
    "the brightness": (lambda picture, _: ImageEnhance.Brightness(picture).enhance(0.25), {}),
    "the border": (lambda picture, _: ImageOps.expand(picture, max(2, picture.width // 12), "white"), {}),
    "the camera": (lambda picture, _: picture, {"exif": noted(MODEL, "another camera")}),
    "the time of the picture": (lambda picture, _: picture, {"exif": noted(WRITTEN, "2024:06:01 12:00:00")}),
}
"""What is done to the pictures of the second class, and how they are saved, by the nuisance that it makes."""


def rows_of(catalog, labels, most):
    """Return the rows of the first pictures of some classes, in the order of the catalog."""
    return np.sort(np.concatenate([np.flatnonzero(catalog.labels == label)[:most] for label in labels]))


def looked_at(catalog, labels, most):
    """Return what a look shows at the first pictures of some classes."""
    return survey(catalog.at(rows_of(catalog, labels, most)))


def honest_sets(most, *, tiny):
    """Yield names of honest sets and what a look at them shows."""
    with archive(CIFAR10, tiny=tiny) as path:
        catalog = open_catalog(path)
        yield "CIFAR-10", looked_at(catalog, range(10), most)
        for pair in PAIRS:
            names = " and ".join(catalog.classes[label] for label in pair)
            yield f"CIFAR-10: {names}", looked_at(catalog, pair, most)
    with archive(HYMENOPTERA, tiny=tiny) as path:
        yield "hymenoptera", survey(open_catalog(path))
    yield "digits", survey(open_catalog("digits"))
    with archive(OMNIGLOT, tiny=tiny) as path, tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as letters:
            letters.extractall(folder)
        alphabets = sorted({picture.parents[1] for picture in Path(folder).rglob("*.png")})
        for alphabet in alphabets[:: len(alphabets) // ALPHABETS][:ALPHABETS]:
            yield f"Omniglot: {alphabet.name}", survey(open_catalog(alphabet))


def honest_rows(most, *, tiny):
    """Yield a row for each honest set: what told its classes best, and what was named."""
    for name, seen in honest_sets(most, tiny=tiny):
        found = tellings(seen)
        named = ", ".join(nuisance for nuisance, telling in found.items() if telling.is_telling)
        if not found:
            yield name, f"{len(seen.digests):,}", "nothing varies", "", "nothing"
            continue
        best, telling = max(found.items(), key=lambda pair: pair[1].accuracy)
        words = f"{percent(telling.accuracy)} ({percent(telling.low)} to {percent(telling.high)})"
        yield name, f"{len(seen.digests):,}", f"{best}: {words}", percent(telling.chance), named or "nothing"


def made(catalog, labels, most, nuisance):
    """Return what a look shows at two classes of which the second was changed."""
    change, saving = CHANGES[nuisance]
    random = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as folder:
        for row in rows_of(catalog, labels, most).tolist():
            place = Path(folder) / catalog.classes[catalog.labels[row]]
            place.mkdir(exist_ok=True)
            picture = Image.open(io.BytesIO(catalog.source.read(catalog.paths[row]))).convert("RGB")
            options = {"format": "JPEG", "quality": int(random.integers(85, 96))}
            if catalog.labels[row] == labels[1]:
                picture, options = change(picture, random), options | saving
            picture.save(place / f"{row}.jpg", **options)
        return survey(open_catalog(folder))


def made_rows(most, *, tiny):
    """Yield a row for each nuisance: in how many of the sets it was made in it was named, and what else was."""
    with archive(CIFAR10, tiny=tiny) as cifar, archive(HYMENOPTERA, tiny=tiny) as photos:
        sets = [(open_catalog(cifar), pair) for pair in PAIRS[:2]] + [(open_catalog(photos), (0, 1))]
        for nuisance in CHANGES:
            found = [tellings(made(catalog, labels, most, nuisance)) for catalog, labels in sets]
            named = sum(nuisance in some and some[nuisance].is_telling for some in found)
            lows = [percent(some[nuisance].low) for some in found if nuisance in some]
            others = {name for some in found for name, telling in some.items() if telling.is_telling} - {nuisance}
            yield nuisance, f"{named} of {len(sets)}", ", ".join(lows), ", ".join(sorted(others)) or "nothing"


def main() -> None:
    """Measure and write the tables."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    honest = [*honest_rows(setting.honest, tiny=tiny)]
    constructed = [*made_rows(setting.made, tiny=tiny)]
    note = origin(f"seed {SEED}; intervals of 95 % over all {len(NUISANCES)} nuisances together")
    heads = ["honest set", "pictures", "what tells its classes best", "chance", "named"]
    parts = {"honest": f"{note}\n\n{table(heads, honest)}"}
    heads = ["made nuisance", "named", "lower ends of its accuracy", "named besides"]
    parts["made"] = f"{note}\n\n{table(heads, constructed)}"
    publish("benchmarks/nuisances.md", parts, tiny=tiny)


if __name__ == "__main__":
    main()
