"""How many shots of one scene `check --base` finds, by its threshold: two crops of a photo stand for two shots.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/similar.py

Each photo of hymenoptera is cut out twice, three quarters of both sides at random places, brighter or darker. A crop is
put beside the other photos, and the other crop is looked for among them. The table is in docs/benchmarks/similar.md.
"""

import io
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageEnhance

from bench.archives import HYMENOPTERA, archive
from bench.base_features import seen
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.intervals import wilson_interval
from sightline.core.percent import percent
from sightline.data.copies.similar import LEAST, embeddings_of, nearness_of
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.line.features.extractor import DEFAULT_BASE, extractor_of
from sightline.line.features.store import store_of
from sightline.line.narrator import Silent
from sightline.line.settings.transfer import TransferSettings

SEED, SHARE = 0, 0.75
LIMITS = (0.2, 0.25, 0.3, 0.35, 0.4)


class Setting(NamedTuple):
    """Photos that are cut."""

    most: int


FULL, TINY = Setting(400), Setting(8)


def cut(picture, random):
    """Return a part of a picture, brighter or darker."""
    sides = [int(side * SHARE) for side in picture.size]
    left, top = (int(random.integers(0, old - new + 1)) for old, new in zip(picture.size, sides, strict=True))
    part = picture.crop((left, top, left + sides[0], top + sides[1]))
    return ImageEnhance.Brightness(part).enhance(random.uniform(0.8, 1.25))


def features_of(catalog, *, tiny):
    """Return what `check --base auto` sees in the pictures of a catalog, (n, F); in a tiny setting their pixels."""
    rows = np.arange(len(catalog))
    if tiny:
        return seen(catalog, rows, side=0)[0]
    base = extractor_of(TransferSettings(base=DEFAULT_BASE))
    return store_of(base).features(survey(catalog, base.format), rows, narrator=Silent())


def main() -> None:
    """Measure and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    random = np.random.default_rng(SEED)
    with archive(HYMENOPTERA, tiny=tiny) as path, tempfile.TemporaryDirectory() as folder:
        catalog = open_catalog(path)
        for row in range(min(setting.most, len(catalog))):
            picture = Image.open(io.BytesIO(catalog.source.read(catalog.paths[row]))).convert("RGB")
            for shot in ("first", "second"):
                (Path(folder) / shot).mkdir(exist_ok=True)
                cut(picture, random).save(Path(folder) / shot / f"{row:04d}.jpg", quality=85)
        photos = features_of(catalog, tiny=tiny)
        first, second = np.split(features_of(open_catalog(folder), tiny=tiny), 2)
    whole = embeddings_of(np.concatenate([photos, first, second]))
    photos, first, second = np.split(whole, [len(photos), len(photos) + len(first)])
    near = nearness_of(photos)
    usual = [_usual(shot, photos) for shot in (first, second)]
    shots = (first * second).sum(axis=1) - sum(usual) / 2
    others = np.triu(photos @ photos.T - (near[:, None] + near) / 2, 1)
    rows = [_row(limit, shots, others) for limit in LIMITS]
    heads = ["similarity from", "two crops of one photo", "pairs of the photos themselves, of all"]
    note = origin(f"seed {SEED}; intervals of 95 %; `check` lists from {LEAST} on")
    publish("benchmarks/similar.md", {"similar": f"{note}\n\n{table(heads, rows)}"}, tiny=tiny)


def _usual(shots, photos):
    """Return the mean cosine of each shot to its neighbourhood among all photos but its own."""
    cosines = shots @ photos.T
    cosines[np.arange(len(shots)), np.arange(len(shots))] = -1
    return np.sort(cosines, axis=1)[:, -max(1, len(photos) // 20) :].mean(axis=1)


def _row(limit, shots, others):
    found, count = int((shots >= limit).sum()), len(others) * (len(others) - 1) // 2
    low, high = wilson_interval(found, len(shots))
    named = f"{percent(found / len(shots))} ({percent(low)} to {percent(high)})"
    return [limit, named, f"{int((others >= limit).sum()):,} of {count:,}"]


if __name__ == "__main__":
    main()
