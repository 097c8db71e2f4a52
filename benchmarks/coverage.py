"""Promises about new pictures: how often prediction sets hold the truth, and how far confidence lies from accuracy.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/coverage.py

A head is fitted to what a base sees in 10,000 training pictures of CIFAR-10. In each of 20 draws, 5,000 others
calibrate it, and the 10,000 test pictures tell what its promises are worth. It writes docs/benchmarks/coverage.md.
"""

from typing import NamedTuple

import numpy as np

import sightline
from bench.archives import CIFAR10, archive
from bench.base_features import seen
from bench.heads import head_logits
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from sightline.data.catalog import TEST, TRAIN
from sightline.evaluation.prediction_sets import SETS, set_rule
from sightline.evaluation.temperature import fitted_temperature, softmax
from sightline.evaluation.trust.calibration_error import debiased_calibration_error, expected_calibration_error

LEVELS = (0.8, 0.9, 0.95)


class Setting(NamedTuple):
    """How many pictures are learnt from and calibrate, of how many and how often, and the side that the base sees."""

    learnt: int
    calibrating: int
    pool: int
    draws: int
    side: int


FULL, TINY = Setting(10_000, 5_000, 20_000, 20, 128), Setting(80, 60, 80, 2, 0)


def held(sets, labels):
    """Return the share of pictures whose true class is in the set."""
    return sets[np.arange(len(labels)), labels].mean()


def measured(calibrating, test, draws, count):
    """Return for each draw, method and level how often sets hold the truth, bare and never empty, and the errors."""
    (logits, labels), (test_logits, truth) = calibrating, test
    covered, errors = {}, []
    for draw in range(draws):
        rows = np.random.default_rng(draw).choice(len(labels), count, replace=False)
        factor = fitted_temperature(logits[rows], labels[rows])
        known, asked = softmax(factor * logits[rows]), softmax(factor * test_logits)
        errors.append((expected_calibration_error(asked, truth), debiased_calibration_error(asked, truth).value))
        for method in SETS:
            for level in LEVELS:
                rule = set_rule(known, labels[rows], level=level, method=method)
                sets = rule.sets(asked)
                row = held(rule.fitting(asked), truth), held(sets, truth), sets.sum(axis=1).mean()
                covered.setdefault((method, level), []).append(row)
    return covered, np.array(errors)


def cells(method, level, draws):
    """Return a row of the table."""
    bare, shown, sizes = np.array(draws).T
    within = (np.abs(bare - level) <= 0.01).sum()
    spread = f"{bare.mean():.2%} ({bare.min():.2%} to {bare.max():.2%})"
    return [method, f"{level:.0%}", spread, f"{within} of {len(bare)}", f"{shown.mean():.2%}", f"{sizes.mean():.2f}"]


def main() -> None:
    """Fit a head, calibrate it in every draw, and write the tables."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    with archive(CIFAR10, tiny=tiny) as path:
        catalog = sightline.open_catalog(path)
        parts = np.array(catalog.parts)
        training = np.random.default_rng(0).permutation(np.flatnonzero(parts == TRAIN))
        known, others = training[: setting.learnt], training[setting.learnt :][: setting.pool]
        test = np.flatnonzero(parts == TEST)
        features, rows = seen(catalog, np.concatenate([known, others, test]), side=setting.side)
    labels, first, last = catalog.labels[rows], len(known), len(known) + len(others)
    logits = head_logits(features[:first], labels[:first], features[first:], len(catalog.classes))
    calibrating = logits[: last - first], labels[first:last]
    asked = logits[last - first :], labels[last:]
    covered, errors = measured(calibrating, asked, setting.draws, setting.calibrating)
    accuracy = (asked[0].argmax(axis=1) == asked[1]).mean()
    heads = ("method", "wished", "held, bare sets", "within 1 point", "held, never empty", "classes a set")
    sets = table(heads, [cells(*key, draws) for key, draws in covered.items()])
    plain, debiased = (f"{values.mean():.4f} ({values.min():.4f} to {values.max():.4f})" for values in errors.T)
    note = f"{setting.draws} draws of {setting.calibrating:,}, {len(asked[1]):,} test pictures, accuracy {accuracy:.1%}"
    error = table(("expected calibration error", "root mean square, debiased"), [[plain, debiased]])
    publish("benchmarks/coverage.md", {"coverage": f"{origin(note)}\n\n{sets}\n\n{error}"}, tiny=tiny)


if __name__ == "__main__":
    main()
