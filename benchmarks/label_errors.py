"""Wrong labels that were planted: how many of them stand first, beside cleanlab on the same probabilities.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/label_errors.py

It takes a tenth of CIFAR-10's training pictures and gives 5 % of them another label: any other one, or that of the most
similar class. Every picture is judged by heads on what a base sees of it, and by the network that `train` takes for
such pictures, learnt in five folds, which remembers how each label was learnt. Precision is the share of planted
labels among as many first ones as were planted; for cleanlab, the probabilities of both together. It writes
docs/benchmarks/label-errors.md.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

import sightline
from bench.archives import CIFAR10, archive
from bench.base_features import seen
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.intervals import wilson_interval
from sightline.data.catalog import TRAIN
from sightline.evaluation.trust.fold_heads import fold_answers
from sightline.evaluation.trust.label_errors import label_errors, label_scores
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.narrator import Silent
from sightline.line.trust.fold_evidence import fold_evidence

SIMILAR = {0: 8, 1: 9, 2: 4, 3: 5, 4: 7, 5: 3, 6: 3, 7: 4, 8: 0, 9: 1}
"""Of each class of CIFAR-10 the one that people take it for most often."""
FOLDS = 5
DRAW = 2
"""Decides which pictures are taken: others than those on which the ranking and the length of trainings were chosen."""
SHARE = 0.05


class Setting(NamedTuple):
    """How many pictures are taken, the side at which the base sees them, and how the network is learnt."""

    count: int
    side: int
    training: dict[str, object]


FULL = Setting(5_000, 224, {"model": "auto"})
TINY = Setting(100, 0, {"model": "linear", "epochs": 1, "size": "8"})


def planted(labels, kind, chance):
    """Return labels of which 5 % are others, and which those are."""
    wrong = np.zeros(len(labels), dtype=bool)
    wrong[chance.choice(len(labels), round(SHARE * len(labels)), replace=False)] = True
    others = (labels + chance.integers(1, 10, len(labels))) % 10
    if kind == "similar":
        others = np.array([SIMILAR[label] for label in labels])
    return np.where(wrong, others, labels), wrong


def precision(scores, wrong):
    """Return the share of planted labels among the first as many, with its interval, as text."""
    first = np.argsort(-scores, kind="stable")[: wrong.sum()]
    hits = int(wrong[first].sum())
    low, high = wilson_interval(hits, len(first))
    return f"{hits / len(first):.1%} ({low:.1%} to {high:.1%})"


def theirs(given, probabilities, method):
    """Return cleanlab's score of each label, larger for a more doubtful one."""
    from cleanlab.rank import get_label_quality_scores

    return -get_label_quality_scores(given, probabilities, method=method)


def rows_of(catalog, features, folds, training):
    """Yield a row of the table for each way to plant labels."""
    for kind in ("random", "similar"):
        given, wrong = planted(catalog.labels, kind, np.random.default_rng(0))
        base = LabelEvidence(np.arange(len(given)), fold_answers(features, given, folds, classes=10))
        network = fold_evidence(replace(catalog, labels=given), training, Silent(), seed=0)
        both = LabelEvidence.joined([base, network], given)
        rows = both.rows
        labels, is_wrong = given[rows], wrong[rows]
        errors = label_errors(both.probabilities, labels, margins=both.margins)
        low, high = errors.interval
        row = [
            kind,
            f"{is_wrong.sum():,}",
            f"{errors.agreement:.1%}",
            precision(label_scores(both.probabilities, labels, margins=both.margins), is_wrong),
            precision(label_scores(base.probabilities[rows], labels), is_wrong),
            precision(label_scores(network.probabilities, given[network.rows]), wrong[network.rows]),
            "" if network.margins is None else precision(-network.margins, wrong[network.rows]),
            precision(theirs(labels, both.probabilities, "self_confidence"), is_wrong),
            precision(theirs(labels, both.probabilities, "normalized_margin"), is_wrong),
            f"{errors.wrong:,.0f} ({low:,.0f} to {high:,.0f})",
        ]
        print(*row, sep=" | ", flush=True)
        yield row


def main() -> None:
    """Plant labels, rank, and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    with archive(CIFAR10, tiny=tiny) as path:
        catalog = sightline.open_catalog(path)
        training = np.flatnonzero(np.array(catalog.parts) == TRAIN)
        chosen = np.sort(np.random.default_rng(DRAW).choice(training, setting.count, replace=False))
        features, rows = seen(catalog, chosen, side=setting.side)
        folds = np.random.default_rng(0).integers(0, FOLDS, len(rows))
        heads = (
            "planted", "labels", "agreement", "sightline: base and network", "base alone", "network alone",
            "network's margins alone", "cleanlab, self-confidence", "cleanlab, normalised margin", "estimated number",
        )  # fmt: skip
        text = table(heads, list(rows_of(catalog.at(rows), features, folds, setting.training)))
    named = ", ".join(f"{name}={value}" for name, value in setting.training.items())
    note = f"{setting.count:,} pictures, {FOLDS} folds, network: {named}, 95 % intervals, draw {DRAW}, seed 0"
    publish("benchmarks/label-errors.md", {"precision": f"{origin(note)}\n\n{text}"}, tiny=tiny)


if __name__ == "__main__":
    main()
