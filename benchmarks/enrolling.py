"""Enrolling photos: what one picture of a class, and five, bring, and what they cost the classes that were learnt.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/enrolling.py [MODEL ...]

Two models begin with the same base: a classifier of eight classes of CIFAR-10, and a model of the task similarity that
has learnt six of these, with the other two to choose the epoch by. The last two classes of CIFAR-10 are enrolled in
both, from one picture each and from five; then ants and bees, photos of another set, in place of these. Old and new
classes are asked about on pictures that nobody learnt from or enrolled, before and after, with several draws of what is
enrolled; the other two new classes are strangers then. The models are ``classifier`` and ``compares``; both, where none
is named. It writes docs/benchmarks/enrolling.md.
"""

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sightline
from bench.archives import CIFAR10, HYMENOPTERA, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.intervals import wilson_interval
from sightline.inference.tasks import load
from sightline.line.narrator import Silent

NEW, CHOOSING = 2, 2
"""Classes of CIFAR-10 that are enrolled, and of the others those that choose the epoch of the model that compares."""


class Setting(NamedTuple):
    """How much is done.

    Args:
        learnt: Pictures of each class that are learnt from.
        asked: Pictures of each class that are asked about.
        shots: How many pictures are enrolled.
        draws: How often, of other pictures.
        classifier: Settings of the classifier.
        comparing: Settings of the model that compares.
    """

    learnt: int
    asked: int
    shots: tuple[int, ...]
    draws: int
    classifier: dict[str, object]
    comparing: dict[str, object]


FULL = Setting(
    learnt=150,
    asked=40,
    shots=(1, 5),
    draws=3,
    classifier={"base": "efficientnet-lite0", "unfreeze": "none", "baseline": "none"},
    comparing={"task": "similarity", "base": "efficientnet-lite0", "epochs": 60, "classes_a_step": 6},
)
TINY = Setting(
    learnt=10,
    asked=2,
    shots=(1,),
    draws=1,
    classifier={"model": "linear", "epochs": 1, "baseline": "none"},
    comparing={"task": "similarity", "epochs": 1, "size": "16", "model": "conv4", "classes_a_step": 4},
)


class Photos(NamedTuple):
    """Pictures of some classes, in folders.

    Args:
        learnt: Class to the files that may be learnt from, or enrolled.
        asked: Class to the files that are asked about.
    """

    learnt: dict[str, list[Path]]
    asked: dict[str, list[Path]]


def main() -> None:
    """Train the models, enroll, ask and write their tables."""
    tiny, setting, models = started(__doc__, full=FULL, tiny=TINY, words=("models...",))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        small = photos_of(CIFAR10, ("train", "test"), folder, setting, tiny=tiny)
        large = photos_of(HYMENOPTERA, ("train", "val"), folder, setting, tiny=tiny)
        names = sorted(small.learnt)
        old = names[:-NEW]
        makers = {"classifier": (classifier, old), "compares": (comparing, old[:-CHOOSING])}
        tables = {}
        for model in models or makers:
            maker, known = makers[model]
            tables[model] = table_of(maker(folder, small, old, setting), known, small, large, setting)
    publish("benchmarks/enrolling.md", tables, tiny=tiny)


def table_of(model, known, small, large, setting):
    """Return the table of what enrolling brings a model and costs it."""
    rows = []
    old_pictures = {name: small.asked[name] for name in known}
    sets = {"CIFAR-10": (small, sorted(small.learnt)[-NEW:]), "ants and bees": (large, sorted(large.learnt))}
    for (what, (photos, added)), (others, unknown) in zip(sets.items(), reversed(sets.values()), strict=True):
        strangers = {name: others.asked[name] for name in unknown}
        for shots in setting.shots:
            figures = enrolled(model, old_pictures, photos, added, strangers, shots=shots, setting=setting)
            rows.append([len(known), f"{len(added)} of {what}", shots, *figures])
            print(rows[-1], flush=True)
    heads = [
        *(
            "old classes",
            "new ones",
            "pictures of each",
            "old before",
            "old after",
            "new after",
            "expected, above half",
        ),
        *("old in their set", "new in their set", "old refused", "new refused", "strangers refused"),
    ]
    note = f"{setting.asked} pictures of each class asked about, {setting.draws} draws; 95 % intervals of one draw"
    return f"{origin(note)}\n\n{table(heads, rows)}"


def photos_of(name, parts, folder, setting, *, tiny):
    """Unpack some pictures of each class of an archive, and return them by class."""
    wanted = dict(zip(parts, (setting.learnt, setting.asked), strict=True))
    found = {part: {} for part in parts}
    with archive(name, tiny=tiny) as path, zipfile.ZipFile(path) as members:
        for member in sorted(members.namelist()):
            *_, part, label, file = ("", "", *member.split("/"))
            if (
                part in wanted
                and file.lower().endswith(".jpg")
                and len(found[part].setdefault(label, [])) < wanted[part]
            ):
                found[part][label].append(Path(members.extract(member, folder / name)))
    return Photos(found[parts[0]], found[parts[1]])


def classifier(folder, photos, old, setting):
    """Train a classifier of the old classes, and return its run's folder."""
    data = folder / "classifier-data"
    for label in old:
        copied(photos.learnt[label], data / label)
    return sightline.train(data, out=folder / "classifier", narrator=Silent(), **setting.classifier).folder


def comparing(folder, photos, old, setting):
    """Train a model that compares on the old classes but the last, which choose its epoch; return its run's folder."""
    data = folder / "comparing-data"
    for label in photos.learnt:
        part = "train" if label in old[:-CHOOSING] else "validation" if label in old else "test"
        copied(photos.learnt[label], data / part / label)
    return sightline.train(data, out=folder / "comparing", narrator=Silent(), **setting.comparing).folder


def copied(files, folder):
    """Copy files into a folder of their own."""
    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        shutil.copy(file, folder / f"{number}{file.suffix}")


def enrolled(model, old_pictures, photos, added, strangers, *, shots, setting):
    """Return what becomes of old and new pictures before and after enrolling, over all draws, and what was expected."""
    before = answers_of(model, old_pictures)
    old, new, expected, refused = [], [], [], []
    for draw in range(setting.draws):
        chance = np.random.default_rng(draw)
        with tempfile.TemporaryDirectory() as place:
            changed = Path(shutil.copytree(model, Path(place) / "run"))
            for name in added:
                chosen = chance.permutation(len(photos.learnt[name]))[:shots]
                done = sightline.enroll(changed, name, [photos.learnt[name][one] for one in chosen], narrator=Silent())
            expected.append(done.expected)
            old.append(answers_of(changed, old_pictures))
            new.append(answers_of(changed, {name: photos.asked[name] for name in added}))
            refused.append(answers_of(changed, strangers))
    return [
        cell([before.right]),
        *(cell([each.right for each in kind]) for kind in (old, new)),
        "" if expected[0] is None else f"{np.mean([one.named for one in expected]):.1%}",
        *(held_cell(kind) for kind in (old, new)),
        *(cell([each.refused for each in kind]) for kind in (old, new, refused)),
    ]


class Answers(NamedTuple):
    """What became of some pictures.

    Args:
        right: (n,) whether each is named rightly.
        held: (n,) whether its class is in its prediction set; None where there are no sets.
        refused: (n,) whether it is taken for none of the classes.
    """

    right: np.ndarray
    held: np.ndarray | None
    refused: np.ndarray


def answers_of(model, pictures):
    """Ask a model about pictures by class."""
    loaded = load(model)
    asked = [(name, path) for name, paths in pictures.items() for path in paths]
    answers = [*zip((name for name, _ in asked), loaded.predict_many(path for _, path in asked), strict=True)]
    return Answers(
        np.array([answer.label == name for name, answer in answers]),
        None if loaded.judgement is None else np.array([name in answer.set for name, answer in answers]),
        np.array([bool(answer.refusal) for _, answer in answers]),
    )


def held_cell(draws):
    """Return how many pictures have their class in their set, where there are sets."""
    return "" if draws[0].held is None else cell([each.held for each in draws])


def cell(draws):
    """Return the mean share of right answers over draws, with the interval that one draw's pictures allow."""
    share, count = float(np.mean(draws)), len(draws[0])
    low, high = wilson_interval(share * count, count)
    return f"{share:.1%} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    main()
