"""Recall and precision on copies planted among real pictures, how the search grows, and its share of `check`.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/near_copies.py

Each planted copy is of another picture: re-encoded, resized, cropped by 3 to 15 % of each side, brighter or of other
contrast, mirrored, turned, with a caption or a border. A pair of a planted copy with its original is right; one with
another picture is wrong, unless that picture is itself a near copy of the original, as is found without any planted
copy. The tables are in docs/benchmarks/near-copies.md.
"""

import io
import os
import resource
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from bench.archives import CIFAR10, HYMENOPTERA, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started
from sightline.core.intervals import wilson_interval
from sightline.core.percent import percent
from sightline.data.checks import check
from sightline.data.copies.matches import matches
from sightline.data.copies.pairs import FLAT, near_copies
from sightline.data.opening import open_catalog
from sightline.data.survey import survey
from sightline.data.survey.identities import SETTLED_SECONDS
from sightline.imaging.photo import open_photo
from sightline.imaging.thumbnail import SIDE, deviations, thumbnail

SEED = 0


class Setting(NamedTuple):
    """Copies of each kind that are planted at most, and the numbers of made-up thumbnails."""

    copies: int
    counts: tuple[int, ...]


FULL, TINY = Setting(1_000, (10_000, 100_000, 1_000_000)), Setting(2, (200,))


def resized(picture, random):
    """Return a picture at half to twice its size."""
    scale = random.choice([random.uniform(0.5, 0.9), random.uniform(1.1, 2)])
    return picture.resize([max(16, round(side * scale)) for side in picture.size], Image.Resampling.BICUBIC)


def cropped(picture, random):
    """Return a picture without 3 to 15 % of each side, in half of the cases at its old size."""
    sides = [round(side * share) for side, share in zip(picture.size, random.uniform(0.85, 0.97, 2), strict=True)]
    left, top = (int(random.integers(0, old - new + 1)) for old, new in zip(picture.size, sides, strict=True))
    part = picture.crop((left, top, left + sides[0], top + sides[1]))
    return part.resize(picture.size, Image.Resampling.BICUBIC) if random.random() < 0.5 else part


def brightened(picture, random):
    """Return a picture that is darker or brighter, with another contrast."""
    brightness = random.choice([random.uniform(0.6, 0.85), random.uniform(1.15, 1.4)])
    return ImageEnhance.Contrast(ImageEnhance.Brightness(picture).enhance(brightness)).enhance(random.uniform(0.7, 1.3))


def captioned(picture, random):
    """Return a picture with a bar of text of 10 to 20 % of its height, over an end of it or beyond."""
    width, height = picture.size
    bar, is_upper, is_beyond = round(height * random.uniform(0.1, 0.2)), random.random() < 0.3, random.random() < 0.5
    colour = tuple(int(value) for value in random.integers(0, 256, 3))
    whole = Image.new("RGB", (width, height + bar * is_beyond), colour)
    whole.paste(picture, (0, bar * (is_upper and is_beyond)))
    top = 0 if is_upper else whole.height - bar
    draw = ImageDraw.Draw(whole)
    draw.rectangle((0, top, width, top + bar - 1), fill=colour)
    words = f"photo {random.integers(10_000)}"
    draw.text((2, top), words, fill=tuple(255 - value for value in colour), font_size=max(6, bar * 0.8))
    return whole


def framed(picture, random):
    """Return a picture with a border of 4 to 12 % of its sides."""
    share = random.uniform(0.04, 0.12)
    border = tuple(max(1, round(side * share)) for side in picture.size)
    return ImageOps.expand(picture, border, fill=tuple(int(value) for value in random.integers(0, 256, 3)))


CHANGES = {
    "re-encoded": lambda picture, _: picture,
    "resized": resized,
    "cropped": cropped,
    "brightness": brightened,
    "mirrored": lambda picture, _: ImageOps.mirror(picture),
    "turned": lambda picture, random: picture.rotate(int(random.choice([90, 180, 270])), expand=True),
    "caption": captioned,
    "border": framed,
}


def planted(catalog, rows, random):
    """Return (n, 32, 32) thumbnails of copies, each made of another picture of a catalog, and their kinds."""
    thumbnails, kinds = [], []
    for place, row in enumerate(rows):
        kind, name = list(CHANGES)[place % len(CHANGES)], catalog.paths[row]
        original = Image.open(io.BytesIO(catalog.source.read(name))).convert("RGB")
        quality = random.integers(40, 76) if kind == "re-encoded" else random.integers(80, 96)
        file = io.BytesIO()
        CHANGES[kind](original, random).save(file, "JPEG", quality=int(quality))
        photo = open_photo(file.getvalue(), name=name, at_least=(SIDE, SIDE))
        thumbnails.append(thumbnail(photo.image))
        kinds.append(kind)
    return np.array(thumbnails), np.array(kinds)


def pairs_of(thumbnails):
    """Return the pairs of near copies as a set of (lower, higher) rows; flat thumbnails are left out."""
    shown = np.flatnonzero(deviations(thumbnails) >= FLAT)
    return {tuple(sorted(pair)) for pair in matches(thumbnails[shown]).among(shown).rows.tolist()}


def neighbours_of(pairs):
    """Return for each row those that it makes a pair with."""
    near = {}
    for one, other in pairs:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    return near


def rows_on_planted(name, setting, *, tiny):
    """Yield the rows of a table on copies planted among the pictures of an archive."""
    random = np.random.default_rng(SEED)
    with archive(name, tiny=tiny) as path:
        seen = survey(open_catalog(path))
        shown = np.flatnonzero(deviations(seen.thumbnails) >= FLAT)
        count = min(setting.copies * len(CHANGES), len(shown))
        originals = random.choice(shown, count, replace=False)
        copies, kinds = planted(seen.catalog, originals.tolist(), random)
    natural = neighbours_of(pairs_of(seen.thumbnails))
    near = neighbours_of(pairs_of(np.concatenate([seen.thumbnails, copies])))
    total = len(seen.thumbnails)
    found, wrong = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for place, original in enumerate(originals.tolist()):
        partners = near.get(total + place, set())
        like_original = natural.get(original, set())
        found[place] = original in partners
        wrong[place] = sum(
            (partner if partner < total else int(originals[partner - total])) not in {original, *like_original}
            for partner in partners
        )
    for kind in (*CHANGES, "all kinds"):
        of_kind = np.flatnonzero((kinds == kind) | (kind == "all kinds"))
        right, all_pairs = int(found[of_kind].sum()), int(found[of_kind].sum() + wrong[of_kind].sum())
        yield [
            name.split("-")[0].removesuffix(".zip"),
            kind,
            f"{len(of_kind):,}",
            share(right, len(of_kind)),
            share(right, all_pairs),
        ]


def share(right, count):
    """Return a share in words, with its 95 % interval."""
    if not count:
        return "none"
    low, high = wilson_interval(right, count)
    return f"{percent(right / count)} ({percent(low)} to {percent(high)})"


def made_up(count):
    """Return (count, 32, 32) uint8 thumbnails of clouds, of which one in a hundred is a noisy copy of another."""
    random = np.random.default_rng(SEED)
    thumbnails = np.empty((count, SIDE, SIDE), np.uint8)
    for start in range(0, count, 10_000):
        some = min(10_000, count - start)
        coarse = random.integers(0, 256, (some, 8, 8)).astype(np.float32)
        rows = np.clip((np.arange(SIDE) + 0.5) / 4 - 0.5, 0, 7)
        low = np.minimum(rows.astype(int), 6)
        weights = np.zeros((SIDE, 8), np.float32)
        weights[np.arange(SIDE), low], weights[np.arange(SIDE), low + 1] = 1 - (rows - low), rows - low
        thumbnails[start : start + some] = weights @ coarse @ weights.T
    copied = random.choice(count, count // 50, replace=False).reshape(2, -1)
    noise = random.integers(-5, 6, (copied.shape[1], SIDE, SIDE))
    thumbnails[copied[0]] = (thumbnails[copied[1]] + noise).clip(0, 255)
    return thumbnails, {tuple(sorted(pair)) for pair in copied.T.tolist()}


def search_cost(count):
    """Return what the search costs among so many thumbnails: seconds, MB at most, and the share of copies found."""
    thumbnails, copied = made_up(count)
    began = time.perf_counter()
    found = {tuple(sorted(pair)) for pair in matches(thumbnails).rows.tolist()}
    taken = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return taken, peak, len(copied & found) / max(len(copied), 1)


def processor_seconds():
    """Return what this process, and those that it has begun and ended, have taken of the processors."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def rows_on_share(*, tiny):
    """Yield the processor seconds of a check of CIFAR-10's pictures without a cache, step by step in one process."""
    with archive(CIFAR10, tiny=tiny) as path:
        marks = [processor_seconds()]
        catalog = open_catalog(path)
        marks.append(processor_seconds())
        seen = survey(catalog)
        marks.append(processor_seconds())
        copies = near_copies(seen)
        marks.append(processor_seconds())
        check(replace(seen, copies=copies))
        marks.append(processor_seconds())
    listed, read, compared, checked = np.diff(marks).tolist()
    yield "listing", f"{listed:.1f} s"
    yield "reading and decoding, with a thumbnail of each", f"{read:.1f} s"
    yield "comparing", f"{compared:.1f} s"
    yield "all other checks", f"{checked:.1f} s"
    yield "comparing, beside all the rest", f"{compared / (listed + read + checked):.2f}"
    yield "comparing, beside reading alone", f"{compared / read:.2f}"


def rows_on_again(*, tiny):
    """Yield the processor seconds of the first and the second whole check, of an archive and of a folder."""
    with archive(CIFAR10, tiny=tiny) as packed, tempfile.TemporaryDirectory() as work:
        with zipfile.ZipFile(packed) as files:
            files.extractall(Path(work) / "folder")
        os.environ["SIGHTLINE_CACHE"] = str(Path(work) / "cache")
        time.sleep(SETTLED_SECONDS)
        for name, place in (("archive", packed), ("folder", Path(work) / "folder")):
            first, second = (cost_of(SIGHTLINE, "check", place, "--quiet") for _ in range(2))
            yield (
                name,
                f"{first.processors:.1f} s",
                f"{second.processors:.1f} s",
                f"{first.processors / second.processors:.1f}",
            )


def main() -> None:
    """Measure and write the tables."""
    tiny, setting, _ = start = started(__doc__, full=FULL, tiny=TINY)
    rows = [row for name in (CIFAR10, HYMENOPTERA) for row in rows_on_planted(name, setting, tiny=tiny)]
    heads = ["pictures", "kind", "planted", "recall", "precision"]
    note = origin(f"seed {SEED}; each planted copy is of another picture, intervals of 95 %")
    parts = {"planted": f"{note}\n\n{table(heads, rows)}"}
    costs = [(count, *start.aside(search_cost, count)) for count in setting.counts]
    rows = [[f"{count:,}", f"{taken:.1f}", f"{peak:,.0f}", percent(found)] for count, taken, peak, found in costs]
    heads = ["thumbnails", "seconds", "MB at most", "copies found"]
    parts["growth"] = f"{origin('one run each, in a process of its own')}\n\n{table(heads, rows)}"
    parts["share"] = f"{origin('one run, processor seconds')}\n\n{table(['what', 'figure'], rows_on_share(tiny=tiny))}"
    heads = ["pictures in", "first check", "second check", "times as fast"]
    parts["again"] = f"{origin('one run, processor seconds')}\n\n{table(heads, rows_on_again(tiny=tiny))}"
    publish("benchmarks/near-copies.md", parts, tiny=tiny)


if __name__ == "__main__":
    main()
