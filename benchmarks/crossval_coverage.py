"""How often the interval of a cross-validation holds the true accuracy, beside two naive ones.

    .venv/bin/python benchmarks/crossval_coverage.py

Made-up pictures of two classes, whose true accuracies are known from 10,000 more of them, go through the folds of the
house and cheap classifiers. The true accuracy is the mean of those of all folds' models. Naive is the mean of the
folds with the normal interval of their spread, as if folds were independent, and Wilson's interval of all answers, as
if each repeat brought new pictures. The table is in docs/benchmarks/crossval-coverage.md; it takes some minutes.
"""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.tree import DecisionTreeClassifier

from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.intervals import wilson_interval
from sightline.data.folds import stratified
from sightline.evaluation.significance.pooled import pooled_share

NORMAL = 1.96
WAYS = ("pooled", "folds as if independent", "answers as if all were new")
MODELS = {
    "nearest mean": NearestCentroid,
    "logistic regression": lambda: LogisticRegression(max_iter=200),
    "5 neighbours": lambda: KNeighborsClassifier(algorithm="brute"),
    "a tree": lambda: DecisionTreeClassifier(max_depth=4, random_state=0),
}


class Case(NamedTuple):
    """A kind of data and a plan: pictures, in groups of so many, their numbers, folds and repeats."""

    model: str
    pictures: int
    group: int
    numbers: int
    folds: int
    repeats: int


class Setting(NamedTuple):
    """The cases, how often each is simulated, and how many pictures tell the true accuracy."""

    cases: tuple[Case, ...]
    simulations: int
    told_by: int


FULL = Setting(
    (
        Case("nearest mean", 100, 1, 10, 5, 1),
        Case("nearest mean", 200, 1, 20, 5, 10),
        Case("nearest mean", 400, 4, 10, 5, 3),
        Case("logistic regression", 200, 1, 10, 10, 1),
        Case("5 neighbours", 200, 1, 5, 5, 3),
        Case("a tree", 200, 1, 5, 5, 3),
    ),
    200,
    10_000,
)
TINY = Setting((Case("nearest mean", 40, 2, 3, 2, 2),), 3, 200)


def pictures(chance, count, case):
    """Return numbers (count, F), classes and groups: pictures of a group share class and a part of their looks."""
    groups = np.arange(count) // case.group
    labels = np.arange(groups[-1] + 1) % 2
    shared = chance.normal(size=(len(labels), case.numbers)) * (0.7 if case.group > 1 else 0.0)
    numbers = chance.normal(size=(count, case.numbers)) + shared[groups]
    numbers[:, 0] += np.where(labels[groups], 0.7, -0.7)
    return numbers, labels[groups], groups


def simulated(case, seed, told_by):
    """Return for each way whether its interval holds the true accuracy, and how wide it is."""
    chance = np.random.default_rng([seed, case.pictures, case.repeats])
    numbers, labels, groups = pictures(chance, case.pictures, case)
    fresh, fresh_labels, _ = pictures(chance, told_by, case)
    bound = [np.flatnonzero(groups == group).tolist() for group in range(groups[-1] + 1)]
    right, of_folds, true = np.zeros((case.repeats, case.pictures), dtype=bool), [], []
    for repeat in range(case.repeats):
        places = stratified(labels, bound, count=case.folds, seed=int(chance.integers(2**31)))
        for fold in range(1, case.folds + 1):
            model = MODELS[case.model]().fit(numbers[places != fold], labels[places != fold])
            right[repeat, places == fold] = model.predict(numbers[places == fold]) == labels[places == fold]
            of_folds.append(right[repeat, places == fold].mean())
            true.append((model.predict(fresh) == fresh_labels).mean())
    reach = NORMAL * np.std(of_folds, ddof=1) / len(of_folds) ** 0.5
    intervals = (
        pooled_share(right, groups).interval,
        (np.mean(of_folds) - reach, np.mean(of_folds) + reach),
        wilson_interval(int(right.sum()), right.size),
    )
    truth = float(np.mean(true))
    return [(low <= truth <= high, high - low) for low, high in intervals]


def row(case, setting):
    """Return one line of the table: how many of the simulations each interval was right in, and how wide it was."""
    found = np.array([simulated(case, seed, setting.told_by) for seed in range(setting.simulations)])  # (S, ways, 2)
    plan = f"{case.folds} folds" + (f", {case.repeats} times" if case.repeats > 1 else "")
    data = f"{case.pictures} pictures" + (f" in groups of {case.group}" if case.group > 1 else "")
    cells = [f"{held:.1%} ({100 * width:.1f})" for held, width in found.mean(axis=0)]
    return [f"{case.model}, {data} of {case.numbers} numbers, {plan}", *cells], found[:, :, 0]


def main() -> None:
    """Simulate every case and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    rows, every = zip(*(row(case, setting) for case in setting.cases), strict=True)
    held = np.concatenate(every)  # (cases * simulations, ways)
    intervals = [wilson_interval(int(column.sum()), len(column)) for column in held.T]
    together = [
        f"{column.mean():.1%} ({low:.1%} to {high:.1%})" for column, (low, high) in zip(held.T, intervals, strict=True)
    ]
    lines = [*rows, ["all simulations together (95 % interval)", *together]]
    note = f"{setting.simulations} simulations a line; in brackets the mean width in points"
    publish(
        "benchmarks/crossval-coverage.md",
        {"coverage": f"{origin(note)}\n\n{table(['simulated', *WAYS], lines)}"},
        tiny=tiny,
    )


if __name__ == "__main__":
    main()
