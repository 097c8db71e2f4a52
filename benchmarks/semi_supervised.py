"""CIFAR-10 with few labels: what the pictures without labels bring.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/semi_supervised.py

Of the 50,000 training pictures 40, 250 or 4,000 have a label, as many of each class; the others are rows of the table
without one. The labels are all there is: the validation part, by which the best epoch and the strength of a head are
chosen, is taken out of them. The 10,000 test pictures are answered once by each finished model, and nothing is chosen
by them; recipe and budget were chosen with other draws of labels, on validation pictures.

`network` learns from nothing: quick-cnn with 32, 64 and 128 maps, a fixed number of steps of 64 labelled and 192
unlabelled pictures. The labelled pictures alone get as many steps of 64, with the same network, rate, moving average
and augmentation; it is the training that the guard compares with. `base` fits a head to what the frozen
efficientnet-lite0 sees of pictures enlarged to 112 pixels, once to the labelled ones alone and once with labels spread
to the others.

Both models of a line name the same test pictures: the interval is of the difference of their accuracies, paired, as in
every comparison of sightline. It says nothing of another draw of labels, of which there is one a line here.

It writes docs/benchmarks/semi-supervised.md.
"""

import csv
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sightline
from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.percent import percent
from sightline.evaluation.significance.paired import compare
from sightline.line.narrator import Silent

PUBLISHED = {40: (22, 92), 250: (44, 95), 4000: (84.5, 96)}
"""Accuracies in percent of Wide ResNet-28-2: labelled alone, and FixMatch, as the two papers have them."""


class Setting(NamedTuple):
    """Labels of each line, epochs over the unlabelled pictures, what the network is, and the base's side."""

    labels: tuple[int, ...]
    epochs: int
    widths: tuple[int, int, int]
    side: int
    ways: tuple[str, ...]
    draw: int = 0


FULL = Setting((40, 250, 4000), 8, (32, 64, 128), 112, ("network", "base"))
TINY = Setting((40,), 1, (8, 8, 8), 32, ("network",))


def unpacked(path, folder):
    """Write the pictures of the archive, and return the rows of each class in training and of the test part."""
    with zipfile.ZipFile(path) as members:
        members.extractall(folder)
    [root] = [each for each in folder.iterdir() if each.is_dir()]
    names = sorted(each.relative_to(folder).as_posix() for each in root.rglob("*.jpg"))
    return [name for name in names if "/train/" in name], [name for name in names if "/test/" in name]


def labelled(names, count, draw):
    """Return as many names of each class, drawn."""
    chance = np.random.default_rng(draw)
    classes = sorted({class_of(name) for name in names})
    mine = {label: [name for name in names if class_of(name) == label] for label in classes}
    return {name for each in mine.values() for name in chance.choice(each, count // len(classes), replace=False)}


def class_of(name):
    """Return the class of a picture by its path."""
    return name.split("/")[-2]


def write_table(folder, training, test, known):
    """Write which pictures have a label, and which are for the test."""
    with (folder / "pictures.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "label", "split"))
        rows.writerows((name, class_of(name) if name in known else "", "train") for name in training)
        rows.writerows((name, class_of(name), "test") for name in test)
    return folder / "pictures.csv"


def of_network(data, out, setting):
    """Return the answers of a network without and with the unlabelled pictures, (N,) each, the truth, and the guard."""
    import torch

    from sightline.data.survey import survey
    from sightline.inference.bundle import read_bundle
    from sightline.inference.network import network_of
    from sightline.line.run import Run
    from sightline.training.checkpoints import Checkpoints

    options = {"recipe": "fast", "model": "quick-cnn", "widths": setting.widths, "epochs": setting.epochs}
    run = sightline.train(
        data, out=out, unlabelled="rows", size=32, views="picture", baseline="none", narrator=Silent(),
        seed=setting.draw, **options,
    )  # fmt: skip
    bundle, catalog = read_bundle(run.model), sightline.open_catalog(data).only("test")
    pixels = torch.from_numpy(survey(catalog, run.classifier().format).pixels)
    answers = []
    for place in (Run(out).checkpoints / "labelled" / "checkpoints", Run(out).checkpoints):
        network = network_of(bundle)
        Checkpoints(place).load_best(network)
        with torch.inference_mode():
            answers.append(torch.cat([network.eval()(some).argmax(dim=1) for some in pixels.split(500)]).numpy())
    return *answers, catalog.labels, run.report["unlabelled"]


def of_base(data, _out, setting):
    """Return the same of a head on the frozen base."""
    import torch

    from sightline.data.survey import survey
    from sightline.imaging.deep import FULL
    from sightline.line.features.extractor import DEFAULT_BASE, extractor_of
    from sightline.line.features.seen import Seen
    from sightline.line.features.store import store_of
    from sightline.line.input.checked_split import checked_split
    from sightline.line.methods.transfer.curve import Examples, fit_head
    from sightline.line.methods.transfer.head import head_plan
    from sightline.line.methods.transfer.unlabelled_head import fitted_with
    from sightline.line.resolution import resolved
    from sightline.line.settings.transfer import TransferSettings

    settings = resolved({"recipe": "photos", "unlabelled": "rows", "seed": setting.draw})
    base = extractor_of(TransferSettings(base=DEFAULT_BASE)).reading((setting.side, setting.side), None, FULL)
    surveyed = survey(sightline.open_catalog(data), base.format)
    division, _ = checked_split(surveyed, settings, test_fraction=0.15)
    training, validation, test, without = (
        division.rows(part) for part in ("train", "validation", "test", "unlabelled")
    )
    features = store_of(base).features(surveyed, np.arange(len(surveyed.catalog)), narrator=Silent())
    seen = Seen(np.arange(len(features)), features, surveyed.catalog.labels, len(surveyed.catalog.classes))
    plan, none = head_plan(settings), Examples.none(seen.width)
    alone = fit_head(plan, seen, training, validation, seed=setting.draw)
    beside, section = fitted_with(
        plan, seen, features[without], (training, validation), alone=alone, more=none, seed=setting.draw,
        narrator=Silent(),
    )  # fmt: skip
    answers = []
    for head in (alone, beside):
        with torch.inference_mode():
            scores = head.classifier.scores(head.standardise(torch.from_numpy(features[test])))
        answers.append(scores.argmax(dim=1).numpy())
    return *answers, surveyed.catalog.labels[test], {"ships": section.ships}


WAYS = {"network": of_network, "base": of_base}


def line(way, count, found):
    """Return the line of the table: accuracies, the difference with its interval, the guard, and what was published."""
    without, beside, truth, guard = found
    compared = compare(truth, beside, without)
    low, high = (100 * end for end in compared.interval)
    supervised, fixmatch = PUBLISHED[count]
    return [
        way,
        f"{count:,}",
        percent(compared.second_accuracy),
        percent(compared.first_accuracy),
        f"{100 * compared.difference:+.1f} ({low:+.1f} to {high:+.1f})",
        "with them" if guard["ships"] else "labelled alone",
        f"{supervised} %, {fixmatch} %" if way == "network" else "",
    ]


HEADS = [
    "way", "labels", "labelled alone", "with the others", "difference in points, 95 %", "ships", "published",
]  # fmt: skip


def main() -> None:
    """Train every way with every number of labels, and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    rows = []
    with archive(CIFAR10, tiny=tiny) as path, tempfile.TemporaryDirectory() as folder:
        training, test = unpacked(path, Path(folder))
        for way in setting.ways:
            for count in setting.labels:
                known = labelled(training, count, setting.draw)
                data = write_table(Path(folder), training, test, known)
                with tempfile.TemporaryDirectory() as out:
                    rows.append(line(way, count, WAYS[way](data, Path(out) / "run", setting)))
                print(rows[-1], flush=True)
    publish("benchmarks/semi-supervised.md", {"figures": f"{origin()}\n\n{table(HEADS, rows)}"}, tiny=tiny)


if __name__ == "__main__":
    main()
