"""Ants and bees: whether maps find what a model goes by, and whether a network with shuffled weights has other maps.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/explanation.py

It trains on the given training part with the settings of the script, explains the first photos of the validation part,
class by class, in every way, and compares the areas under the deletion and insertion curves with those of random maps,
photo by photo. Intervals are of the mean over photos, by the bootstrap. It writes docs/benchmarks/explanation.md.
"""

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sightline
from bench.archives import HYMENOPTERA, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.data.catalog import VALIDATION
from sightline.inference.explanation.agreement import rank_agreement
from sightline.inference.explanation.explainers import EXPLAINERS
from sightline.inference.explanation.integrated_gradients import completeness_gap
from sightline.inference.explanation.perturbation import perturbation_curves, random_curves
from sightline.inference.explanation.torch_model import TorchModel
from sightline.line.explanation.scores import mean_interval
from sightline.line.narrator import Silent

SEED = 0


class Setting(NamedTuple):
    """Photos of each class, and the settings of the training."""

    each: int
    training: dict[str, object]


FULL = Setting(8, {"recipe": "photos", "unfreeze": "none"})
TINY = Setting(1, {"model": "basic-cnn", "epochs": 1, "size": "32", "baseline": "none"})


def photos(catalog, classifier, each):
    """Yield the pixels of the first photos of each class of the validation part."""
    part = catalog.only(VALIDATION) if VALIDATION in catalog.given_parts else catalog
    for label in range(len(part.classes)):
        for row in np.flatnonzero(part.labels == label)[:each]:
            name = part.paths[row]
            yield classifier.format.read(part.source.read(name), name=name)


def measured(classifier, pictures):
    """Return, for each way, a row of numbers for each picture: areas, those of random maps, agreement and gap."""
    inside = TorchModel.of(classifier)
    shuffled = inside.shuffled(SEED)
    rows = {way: [] for way in EXPLAINERS}
    for pixels in pictures:
        for way, entry in EXPLAINERS.items():
            explain = entry.load()
            heat = explain(inside if entry.looks_inside else classifier, pixels, None)
            curves = perturbation_curves(classifier, pixels, heat)
            random = random_curves(classifier, pixels, heat, seed=SEED)
            agreement = rank_agreement(heat, explain(shuffled, pixels, heat.label))
            gap = abs(completeness_gap(inside, pixels, heat)) if way == "integrated-gradients" else np.nan
            areas = (curves.deletion_area, random.deletion_area, curves.insertion_area, random.insertion_area)
            rows[way].append((*areas, agreement, gap))
        print(len(rows["occlusion"]), "photos", flush=True)
    return {way: np.array(some) for way, some in rows.items()}


def cells(way, numbers):
    """Return a row of the table."""
    deletion, chance, insertion, by_chance, agreement, gap = numbers.T
    shown = [way]
    for own, random, better in ((deletion, chance, chance - deletion), (insertion, by_chance, insertion - by_chance)):
        low, high = mean_interval(better, seed=SEED)
        shown += [f"{own.mean():.3f}", f"{random.mean():.3f}", f"{better.mean():+.3f} ({low:+.3f} to {high:+.3f})"]
    low, high = mean_interval(agreement, seed=SEED)
    return [
        *shown,
        f"{agreement.mean():.2f} ({low:.2f} to {high:.2f})",
        "" if np.isnan(gap).any() else f"{gap.mean():.2f}",
    ]


def main() -> None:
    """Train, explain and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    with archive(HYMENOPTERA, tiny=tiny) as path, tempfile.TemporaryDirectory() as folder:
        run = sightline.train(path, out=Path(folder) / "run", seed=SEED, narrator=Silent(), **setting.training)
        classifier = run.classifier()
        numbers = measured(classifier, list(photos(sightline.open_catalog(path), classifier, setting.each)))
    curves = ("deletion", "random", "better by", "insertion", "random", "better by")
    heads = ["way", *curves, "like shuffled weights", "gap, nats"]
    note = (
        f"{len(numbers['occlusion'])} photos of the validation part, {run.report['model']} ("
        f"{', '.join(f'{key}={value}' for key, value in setting.training.items())}), test accuracy "
        f"{run.report['test']['accuracy']:.1%}; areas, 95 % intervals of means over photos, seed {SEED}"
    )
    text = f"{origin(note)}\n\n{table(heads, [cells(way, some) for way, some in numbers.items()])}"
    publish("benchmarks/explanation.md", {"ways": text}, tiny=tiny)


if __name__ == "__main__":
    main()
