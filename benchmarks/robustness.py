"""Ants and bees: what noise, blur, bad light, compression and turning cost a model.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/robustness.py

It trains on the given training part with the settings of the script, and asks about the photos of the validation part
as they are and damaged in fifteen ways and five strengths. It writes docs/benchmarks/robustness.md.
"""

import tempfile
from pathlib import Path
from typing import NamedTuple

import sightline
from bench.archives import HYMENOPTERA, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.data.catalog import VALIDATION
from sightline.line.narrator import Silent

SEED = 0


class Setting(NamedTuple):
    """The settings of the training."""

    training: dict[str, object]


FULL = Setting({"recipe": "photos", "unfreeze": "none"})
TINY = Setting({"model": "basic-cnn", "epochs": 1, "size": "32", "baseline": "none"})


def cells(score):
    """Return a row of the table."""
    low, high = score.intervals[-1]
    retained = "" if score.retained is None else f"{score.retained:.1%}"
    ends = f"{score.accuracies[-1]:.1%} ({low:.1%} to {high:.1%})"
    return [score.name, score.family, f"{score.accuracies[0]:.1%}", ends, f"{score.mean:.1%}", retained]


def main() -> None:
    """Train, damage and write the table."""
    tiny, setting = started(__doc__, full=FULL, tiny=TINY)[:2]
    with archive(HYMENOPTERA, tiny=tiny) as path, tempfile.TemporaryDirectory() as folder:
        run = sightline.train(path, out=Path(folder) / "run", seed=SEED, narrator=Silent(), **setting.training)
        catalog = sightline.open_catalog(path)
        part = VALIDATION if VALIDATION in catalog.given_parts else "all"
        scores = sightline.evaluate(run.folder, catalog, part=part, corruptions=True, narrator=Silent()).robustness
    low, high = scores.mean_interval or (0.0, 1.0)
    note = (
        f"{scores.count} of {scores.available} photos of the validation part, {run.report['model']} ("
        f"{', '.join(f'{key}={value}' for key, value in setting.training.items())}); as they are "
        f"{scores.clean:.1%} ({scores.clean_interval[0]:.1%} to {scores.clean_interval[1]:.1%}), damaged "
        f"{scores.mean:.1%} ({low:.1%} to {high:.1%}) in the mean; 95 % intervals, seed {scores.seed}"
    )
    heads = ["damage", "family", "strength 1", "strength 5", "mean", "retained"]
    text = f"{origin(note)}\n\n{table(heads, [cells(score) for score in scores.corruptions])}"
    publish("benchmarks/robustness.md", {"corruptions": text}, tiny=tiny)


if __name__ == "__main__":
    main()
