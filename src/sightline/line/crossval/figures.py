"""From the runs of all folds to what the report says of them."""

from typing import Any

import numpy as np

from sightline.evaluation.report.cross_validation import CrossValidation, FoldFigures
from sightline.evaluation.scores import score
from sightline.evaluation.significance.corrected_test import FoldComparison, compare_folds
from sightline.evaluation.significance.pooled import pooled_share
from sightline.line.crossval.folder import CrossValidationFolder
from sightline.line.crossval.out_of_fold import OutOfFold


def figures_of(answers: OutOfFold, place: CrossValidationFolder) -> CrossValidation:
    """Return the figures of a cross-validation, of which every fold's run is finished."""
    folds, catalog = answers.folds, answers.surveyed.catalog
    reports = [(fold, place.run_of(fold).finished_report()) for fold in folds]
    counts = np.bincount(answers.truth, minlength=len(catalog.classes))
    baseline, against = _against_baseline([report for _, report in reports], tested_share=1 / (folds.count - 1))
    return CrossValidation(
        folds=folds.count,
        repeats=len(folds.places),
        accuracy=pooled_share(answers.right, answers.units),
        scores=score(
            answers.truth, answers.probabilities[0], classes=catalog.classes, baseline_class=int(counts.argmax())
        ),
        figures=tuple(
            FoldFigures(
                fold.repeat, fold.number, report["test"]["count"], report["test"]["accuracy"], report["seconds"]
            )
            for fold, report in reports
        ),
        baseline=baseline,
        against=against,
    )


def _against_baseline(reports: list[dict[str, Any]], *, tested_share: float) -> tuple[str, FoldComparison | None]:
    """Return the baseline's name and how the model compares with it; ``""`` and None unless every fold has one."""
    compared = [report["comparison"] for report in reports]
    if not all(compared):
        return "", None
    differences = [entry["network_accuracy"] - entry["baseline_accuracy"] for entry in compared]
    return compared[0]["name"], compare_folds(differences, tested_share=tested_share)
