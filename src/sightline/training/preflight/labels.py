"""Labels that the network has scores for."""

import torch

from sightline.core.findings import Finding, Severity
from sightline.training.preflight.setup import Measured, Setup, scores_of, warning

SAMPLES = 8


def labels(setup: Setup) -> Measured:
    """Count the classes and hold them against the network's scores."""
    truths = setup.labels
    with setup.copied() as network:
        scores = scores_of(network.eval(), setup.batch(SAMPLES).inputs)
    if truths is None or scores is None or not setup.is_classification:
        return Measured("the samples have no classes")
    classes = scores.shape[1]
    low, high = int(truths.min()), int(truths.max())
    line = f"labels from {low} to {high}, and {classes} scores a sample"
    return Measured(line, {"low": low, "high": high, "scores": classes}, tuple(_findings(truths, classes)))


def _findings(truths: torch.Tensor, classes: int) -> list[Finding]:
    low, high = int(truths.min()), int(truths.max())
    if low < 0 or high >= classes:
        return [
            Finding(
                "label-without-score",
                Severity.ERROR,
                f"labels run from {low} to {high}, and the network has {classes} scores, for 0 to {classes - 1}",
                "count labels from 0, or give the last layer a score for each class",
            )
        ]
    if low == high:
        return [
            warning(
                "one-class-alone",
                f"all {len(truths):,} labels are {low}: there is nothing to tell apart",
                "give samples of every class, or look for where the labels are lost",
            )
        ]
    counts = torch.bincount(truths, minlength=classes)
    if classes > 2 and counts[0] == 0 and bool((counts[1:] > 0).all()):  # noqa: PLR2004 - of two, one may be missing
        return [
            warning(
                "labels-from-one",
                f"labels run from {low} to {high}: no sample is of class 0, and every other of the {classes} classes "
                "has some",
                "count labels from 0",
            )
        ]
    return []
