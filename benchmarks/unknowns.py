"""Pictures of none of the classes: how well each way to say how strange a picture is tells them from known ones.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/unknowns.py

Models of a few classes of CIFAR-10 are heads on what a base sees, fitted to 200 pictures a class. A threshold that
keeps 95 % of known pictures is taken from 100 others a class. Unknown are, near: the classes of CIFAR-10 that the model
does not know; far: digits, ants and bees, letters of Omniglot, noise. It writes docs/benchmarks/unknowns.md.
"""

import os
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sightline
from bench.archives import CIFAR10, archive
from bench.base_features import TINY_SIDE, of_pixels, seen
from bench.heads import head_logits
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.intervals import NORMAL_QUANTILE, wilson_interval
from sightline.data.catalog import TEST, TRAIN
from sightline.evaluation.trust.novelty import NOVELTIES, Impression
from sightline.evaluation.trust.unknowns import (
    RATE,
    Turn,
    area_interval,
    area_under_curve,
    choose_novelty,
    shares_in_area,
    unknown_rule,
)  # fmt: skip

MODELS = {"airplane, ship": (0, 8), "bird, deer": (2, 4), "cat, dog": (3, 5), "five classes": (0, 1, 2, 3, 4)}


class Setting(NamedTuple):
    """How many pictures a class are learnt from and judged, how many are unknown, and the side that the base sees."""

    learnt: int
    judged: int
    unknown: int
    side: int


FULL, TINY = Setting(200, 100, 150, 128), Setting(8, 6, 10, 0)


def drawn(catalog, most):
    """Return rows of so many pictures of each class and part, ascending."""
    chance, parts = np.random.default_rng(0), np.array(catalog.parts)
    groups = [(parts == part) & (catalog.labels == label) for part in (TRAIN, TEST) for label in range(10)]
    return np.sort(np.concatenate([chance.permutation(np.flatnonzero(group))[:most] for group in groups]))


def far_sets(setting, *, tiny):
    """Return what is seen in pictures of something else altogether, by the name of the set."""
    places = {"digits": "digits"}
    if not tiny:
        folder = Path(os.environ["SIGHTLINE_DATA"])
        places |= {"ants and bees": folder / "hymenoptera.zip", "Omniglot": folder / "omniglot-background.zip"}
    found = {}
    for name, place in places.items():
        catalog = sightline.open_catalog(place)
        rows = np.random.default_rng(0).choice(len(catalog), min(setting.unknown, len(catalog)), replace=False)
        found[name] = seen(catalog, np.sort(rows), side=setting.side)[0]
    side = setting.side or TINY_SIDE
    noise = np.random.default_rng(0).integers(0, 256, (min(100, setting.unknown), side, side, 3), dtype=np.uint8)
    return found | {"noise": of_pixels(noise, side=setting.side)}


class Known(NamedTuple):
    """What is seen in the pictures of a model: those that are learnt from, judge, and test, and of other classes."""

    learnt: np.ndarray
    labels: np.ndarray
    judged: np.ndarray
    truth: np.ndarray
    test: np.ndarray
    near: np.ndarray


def known_of(features, labels, parts, classes, setting):
    """Return the pictures of a model that knows some classes."""
    chance = np.random.default_rng(0)
    drawn = [chance.permutation(np.flatnonzero((labels == label) & (parts == TRAIN))) for label in classes]
    learnt = np.concatenate([rows[: setting.learnt] for rows in drawn])
    judged = np.concatenate([rows[setting.learnt : setting.learnt + setting.judged] for rows in drawn])
    is_known, is_test = np.isin(labels, classes), parts == TEST
    codes = np.searchsorted(classes, labels)
    return Known(
        features[learnt], codes[learnt], features[judged], codes[judged],
        features[is_known & is_test], features[~is_known & is_test],
    )  # fmt: skip


class Measured(NamedTuple):
    """How one way tells one kind of unknown pictures, and how that compares with the largest probability."""

    method: str
    kind: str
    area: str
    accepted: np.ndarray
    refused: float
    gain: tuple[float, float, float]


def measured(known, far):
    """Return the way that is chosen, and what every way comes to on every kind of unknown pictures."""
    classes = len(np.unique(known.labels))

    def impression(features):
        return Impression(head_logits(known.learnt, known.labels, features, classes), features)

    turn = Turn(known.learnt, known.labels, impression(known.judged), known.truth)
    chosen = choose_novelty([turn], classes).method
    kinds = {"near: other classes": impression(known.near)} | {f"far: {one}": impression(far[one]) for one in far}
    test = impression(known.test)
    plain = NOVELTIES["softmax"].fitted(known.learnt, known.labels).strangeness
    found = []
    for method in NOVELTIES:
        rule = unknown_rule([turn], method, known.learnt, known.labels)
        refused = rule.typicality(test) <= RATE
        for kind, unknown in kinds.items():
            strange = rule.novelty.strangeness(test), rule.novelty.strangeness(unknown)
            area = with_ends(area_under_curve(*strange), area_interval(*strange))
            gain = difference(strange, (plain(test), plain(unknown)))
            found.append(Measured(method, kind, area, rule.typicality(unknown) > RATE, refused.mean(), gain))
    return chosen, found


def rows_of(name, chosen, found):
    """Yield a row of the table for each way and kind of unknown picture."""
    for one in found:
        way = f"**{one.method}**" if one.method == chosen else one.method
        accepted = with_ends(one.accepted.mean(), wilson_interval(int(one.accepted.sum()), len(one.accepted)))
        gain = "" if one.method == "softmax" else in_words(one.gain)
        yield [name, one.kind, way, one.area, accepted, f"{one.refused:.1%}", gain]


def row_of_model(name, chosen, found):
    """Return what the way that is chosen comes to: far ones together, and where it gains least; near ones."""
    own = [one for one in found if one.method == chosen]
    far = [one for one in own if one.kind.startswith("far")]
    near = next(one for one in own if one.kind.startswith("near"))
    refused = ~np.concatenate([one.accepted for one in far])
    least = min(far, key=lambda one: one.gain[1])
    return [
        name,
        chosen,
        f"{own[0].refused:.1%}",
        with_ends(refused.mean(), wilson_interval(int(refused.sum()), len(refused))),
        f"{in_words(least.gain)} on {least.kind.removeprefix('far: ')}",
        in_words(near.gain),
    ]


def with_ends(share, ends):
    """Return a share with its interval, as text."""
    return f"{share:.3f} ({ends[0]:.3f} to {ends[1]:.3f})"


def in_words(gain):
    """Return a difference with its interval, as text."""
    return "{:+.3f} ({:+.3f} to {:+.3f})".format(*gain)


def difference(one, other):
    """Return how much larger the area of one way is than that of another on the same pictures, and its interval."""
    pairs = list(zip(shares_in_area(*one), shares_in_area(*other), strict=True))
    mean = float((pairs[0][0] - pairs[0][1]).mean())
    reach = NORMAL_QUANTILE * sqrt(sum((ours - theirs).var(ddof=1) / len(ours) for ours, theirs in pairs))
    return mean, mean - reach, mean + reach


def main() -> None:
    """Ask every model about unknown pictures, and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    with archive(CIFAR10, tiny=tiny) as path:
        catalog = sightline.open_catalog(path)
        features, rows = seen(catalog, drawn(catalog, setting.learnt + setting.judged), side=setting.side)
    far = far_sets(setting, tiny=tiny)
    labels, parts = catalog.labels[rows], np.array(catalog.parts)[rows]
    lines, models = [], []
    for name, classes in MODELS.items():
        chosen, found = measured(known_of(features, labels, parts, classes, setting), far)
        lines += rows_of(name, chosen, found)
        models.append(row_of_model(name, chosen, found))
    note = f"{setting.learnt} pictures a class, threshold at {1 - RATE:.0%} of known pictures, 95 % intervals, seed 0"
    heads = ("model", "unknown", "way", "area under the curve", "accepted", "known refused", "area above softmax")
    short = (
        "model",
        "way",
        "known refused",
        "far refused",
        "far, least area above softmax",
        "near, area above softmax",
    )
    texts = {"models": table(short, models), "unknowns": table(heads, lines)}
    publish("benchmarks/unknowns.md", {key: f"{origin(note)}\n\n{text}" for key, text in texts.items()}, tiny=tiny)


if __name__ == "__main__":
    main()
