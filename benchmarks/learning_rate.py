"""Where `--learning-rate auto` ends beside the best of a grid of eight rates, for three optimizers; writes a page.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/learning_rate.py

`basic-cnn` learns a tenth of CIFAR-10's training part by the command line's own function, once for each rate of the
grid and once with the rate that a range test suggests; every model is judged by the whole test part. The best of the
grid is taken by that part, so it is flattered, and what is said of the range test is not. What was trained is kept: a
script that was stopped goes on. It takes about 25 minutes of one core.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.archives import CIFAR10, archive
from bench.kept import Kept
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started

PACKAGES = ("training", "models", "imaging", "line")
"""What a row depends on."""
PAGE = "benchmarks/learning-rate.md"
TENTH = 10
AUTO = "auto"
FACTORS = tuple(10 ** (power / 2) for power in range(-4, 4))
"""Of the optimizer's own rate: the grid."""
NORMAL_95 = 1.96


class Setting(NamedTuple):
    """The optimizers, the grid's factors, seeds, and what every training is told."""

    optimizers: tuple[str, ...]
    factors: tuple[float, ...]
    seeds: tuple[int, ...]
    settings: dict


FULL = Setting(("sgd", "adam", "muon"), FACTORS, (0,), {"model": "basic-cnn", "epochs": 8})
TINY = Setting(("adam",), FACTORS[4:5], (0,), {"model": "linear", "epochs": 1})


class Trained(NamedTuple):
    """The learning rate, and (N,) whether each test picture was named rightly."""

    rate: float
    right: np.ndarray


def tenth_of(path, *, tiny):
    """Return the catalog of every tenth training picture and the whole test part."""
    from sightline.data.opening import open_catalog

    catalog = open_catalog(path)
    training = [row for row, part in enumerate(catalog.parts) if part != "test"][:: 1 if tiny else TENTH]
    test = [row for row, part in enumerate(catalog.parts) if part == "test"]
    return replace(catalog.at(np.array(sorted([*training, *test]))), name="a tenth of CIFAR-10")


def trained(catalog, rate, settings):
    """Return the rate and the answers of one training, as a row of plain values."""
    import sightline
    from sightline.core.errors import TrainingError
    from sightline.line.comparison.predictions import read_predictions
    from sightline.line.narrator import Silent
    from sightline.line.run import Run

    with tempfile.TemporaryDirectory() as folder:
        named = {"learning_rate": rate, "baseline": "none", "preflight": "none", "split_seed": 0, **settings}
        try:
            run = sightline.train(catalog, out=Path(folder) / "run", narrator=Silent(), **named)
        except TrainingError:  # one whose loss explodes names nothing
            return [float(rate), "0" * list(catalog.parts).count("test")]
        answered = read_predictions(Run(run.folder).predictions)
        right = (answered.answers == answered.truth).astype(int)
        return [float(run.report["settings"]["learning_rate"]), "".join(map(str, right))]


def trainings(catalog, setting, optimizer, kept):
    """Yield the trainings of an optimizer, one list of seeds a rate: those of the grid, then the measured one."""
    from sightline.training.optimizers import OPTIMIZERS

    own = OPTIMIZERS[optimizer].learning_rate
    for rate in (*(float(f"{own * factor:.2g}") for factor in setting.factors), AUTO):
        each = []
        for seed in setting.seeds:
            settings = {**setting.settings, "optimizer": optimizer, "seed": seed}
            words = " ".join(f"{name}={value}" for name, value in {"learning_rate": rate, **settings}.items())
            chosen, right = kept.row(words, lambda: trained(catalog, rate, settings))  # noqa: B023 - called at once
            each.append(Trained(chosen, np.array([int(letter) for letter in right])))
            print(f"{words}: {chosen:g}, {each[-1].right.mean():.2%}", flush=True)
        yield each


def row(optimizer, grid, measured):
    """Return a row of the table: what the range test chose, and what the best of the grid is better by."""
    best = max(grid, key=accuracy)
    difference = np.mean([one.right for one in measured], axis=0) - np.mean([one.right for one in best], axis=0)
    error = NORMAL_95 * difference.std() / np.sqrt(len(difference))
    rates = ", ".join(f"{one.rate:g}" for one in measured)
    points = f"{100 * difference.mean():+.2f} ({100 * (difference.mean() - error):+.2f} to "
    return [
        optimizer, rates, share(measured), f"{best[0].rate:g}", share(best),
        f"{points}{100 * (difference.mean() + error):+.2f})",
    ]  # fmt: skip


def accuracy(each):
    """Return the accuracy of some seeds, their mean."""
    return np.mean([one.right.mean() for one in each])


def share(each):
    """Return an accuracy with its interval, in words."""
    from sightline.core.intervals import share_interval

    low, high = share_interval(accuracy(each), len(each[0].right))
    return f"{accuracy(each):.1%} ({low:.1%} to {high:.1%})"


def main() -> None:
    """Train, compare, and write the page."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    kept, rows, courses = Kept(__file__, PACKAGES, tiny=tiny), [], []
    with archive(CIFAR10, tiny=tiny) as path:
        catalog = tenth_of(path, tiny=tiny)
        for optimizer in setting.optimizers:
            *grid, measured = trainings(catalog, setting, optimizer, kept)
            rows.append(row(optimizer, grid, measured))
            courses.append([optimizer, *(f"{each[0].rate:g}: {accuracy(each):.1%}" for each in grid)])
    words = ", ".join(f"{name} {value}" for name, value in setting.settings.items())
    heads = ["optimizer", "measured rate", "its accuracy", "best of the grid", "its accuracy", "difference in points"]
    grids = table(["optimizer", *(f"rate {place + 1}" for place in range(len(setting.factors)))], courses)
    parts = {
        "rates": f"{origin(f'{words}, {len(setting.seeds)} seeds')}\n\n{table(heads, rows)}",
        "grid": f"{origin()}\n\n{grids}",
    }
    publish(PAGE, parts, tiny=tiny)
    kept.forget()


if __name__ == "__main__":
    main()
