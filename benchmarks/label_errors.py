"""Wrong labels that were planted: how many of them stand first, beside cleanlab on the same probabilities.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/label_errors.py [RANKING.csv]

It takes a tenth of CIFAR-10's training pictures and gives 5 % of them another label: any other one, or that of the most
similar class. Every picture is judged by a head that has not learnt from it, on what a base sees of it at 128 pixels.
Precision is the share of planted labels among as many first ones as were planted. With a name, all 60,000 pictures are
judged as they are, and the 10,000 of the test part are written there, ranked
(`path,given,likelier,score`), to be scored from outside. It writes docs/benchmarks/label-errors.md.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

import sightline
from bench.archives import CIFAR10, archive
from bench.base_features import seen
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.core.storage import csv_text, write_whole
from sightline.data.catalog import TEST, TRAIN
from sightline.evaluation.scores import wilson_interval
from sightline.evaluation.trust.fold_heads import fold_answers
from sightline.evaluation.trust.label_errors import label_errors, label_scores

SIMILAR = {0: 8, 1: 9, 2: 4, 3: 5, 4: 7, 5: 3, 6: 3, 7: 4, 8: 0, 9: 1}
"""Of each class of CIFAR-10 the one that people take it for most often."""
FOLDS = 5
SHARE = 0.05


class Setting(NamedTuple):
    """How many pictures are taken, and the side at which the base sees them."""

    count: int
    side: int


FULL, TINY = Setting(5_000, 128), Setting(100, 0)


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


def rows_of(features, labels, folds):
    """Yield a row of the table for each way to plant labels."""
    for kind in ("random", "similar"):
        given, wrong = planted(labels, kind, np.random.default_rng(0))
        answers = fold_answers(features, given, folds, classes=10)
        errors = label_errors(answers.probabilities, given, margins=answers.margins)
        low, high = errors.interval
        yield [
            kind,
            f"{wrong.sum():,}",
            f"{errors.agreement:.1%}",
            precision(label_scores(answers.probabilities, given, margins=answers.margins), wrong),
            precision(label_scores(answers.probabilities, given), wrong),
            precision(-answers.margins, wrong),
            precision(theirs(given, answers.probabilities, "self_confidence"), wrong),
            precision(theirs(given, answers.probabilities, "normalized_margin"), wrong),
            f"{errors.wrong:,.0f} ({low:,.0f} to {high:,.0f})",
        ]


def write_ranking(catalog, side, path):
    """Judge every picture as it is, and write those of the test part, the most doubtful label first."""
    features, rows = seen(catalog, np.arange(len(catalog)), side=side)
    labels, folds = catalog.labels[rows], np.random.default_rng(0).integers(0, FOLDS, len(rows))
    answers = fold_answers(features, labels, folds, classes=len(catalog.classes))
    scores = label_scores(answers.probabilities, labels, margins=answers.margins)
    others = answers.probabilities.copy()
    others[np.arange(len(rows)), labels] = -1
    order = [place for place in np.argsort(-scores, kind="stable") if catalog.parts[rows[place]] == TEST]
    named = (
        (
            catalog.paths[rows[one]],
            catalog.classes[labels[one]],
            catalog.classes[others[one].argmax()],
            f"{scores[one]:.6f}",
        )
        for one in order
    )
    write_whole(path, csv_text(("path", "given", "likelier", "score"), named))
    print(f"{len(order):,} test pictures ranked: {path}", flush=True)


def main() -> None:
    """Plant labels, rank, and write the table; with a name, rank the test part as well."""
    tiny, setting, [ranking] = started(__doc__, full=FULL, tiny=TINY, words=("ranking",))
    with archive(CIFAR10, tiny=tiny) as path:
        catalog = sightline.open_catalog(path)
        training = np.flatnonzero(np.array(catalog.parts) == TRAIN)
        chosen = np.sort(np.random.default_rng(0).choice(training, setting.count, replace=False))
        features, rows = seen(catalog, chosen, side=setting.side)
        folds = np.random.default_rng(0).integers(0, FOLDS, len(rows))
        heads = (
            "planted", "labels", "agreement", "sightline", "probabilities alone", "margins alone",
            "cleanlab, self-confidence", "cleanlab, normalised margin", "estimated number",
        )  # fmt: skip
        text = table(heads, list(rows_of(features, catalog.labels[rows], folds)))
        if ranking:
            write_ranking(catalog, setting.side, Path(ranking))
    note = f"{setting.count:,} pictures, {FOLDS} folds, 95 % intervals (Wilson), seed 0"
    publish("benchmarks/label-errors.md", {"precision": f"{origin(note)}\n\n{text}"}, tiny=tiny)


if __name__ == "__main__":
    main()
