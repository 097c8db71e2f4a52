"""How a model will tell pictures of none of its classes: chosen by classes that are held out in turn."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sightline.core.seeding import derived_seed
from sightline.data.catalog import TRAIN, Rows
from sightline.data.folds import fold_places
from sightline.evaluation.trust.calibration_set import OUT_OF_FOLD
from sightline.evaluation.trust.drift import FEWEST, DriftReference
from sightline.evaluation.trust.novelty import Impression
from sightline.evaluation.trust.unknowns import RATE, Turn, choose_novelty, unknown_rule
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.arrays.drift_reference import drift_arrays
from sightline.inference.arrays.unknown_detector import ENTRY, Spread, UnknownDetector
from sightline.inference.bundle import Bundle
from sightline.inference.classifier import Classifier
from sightline.inference.export.proof import evenly
from sightline.inference.graph import Features
from sightline.line.examples import some_of_each_class
from sightline.line.methods.contract import Learnt
from sightline.line.methods.held_out import HeldOut
from sightline.line.prepared import Prepared

MOST_NUMBERS = 2**20
"""Features of all pictures that are kept: 2 MiB as float16, so that wide ones are kept of fewer pictures."""
MOST_KEPT = 2_000
MOST_JUDGED = 2_000
MOST_COMPARED = 500
"""Known pictures that new ones are compared with, to tell whether they have drifted."""
TURNS = 5


class _Known(NamedTuple):
    """What a model makes of pictures that it knows: of some that it has learnt from, and of some that judge it."""

    rows: Rows
    features: Features
    judged: HeldOut
    everything: Impression


def with_unknowns(
    bundle: Bundle, classifier: Classifier, learnt: Learnt, prepared: Prepared, held_out: HeldOut, *, seed: int
) -> Bundle:
    """Return a bundle that tells pictures of none of its classes; as it is where the model has no features of them.

    Args:
        classifier: The one of this bundle.
        held_out: What the model says of pictures that it has not learnt from.
        seed: Decides which pictures are kept.
    """
    if not classifier.features:
        return bundle
    factor = classifier.required_judgement().calibration.factor
    spread = learnt.spread()
    read = learnt.most_read(prepared.preprocess.format.shape)
    most = max(1, min(MOST_KEPT, MOST_NUMBERS // classifier.features, read))
    places = evenly(np.arange(len(held_out.rows)), min(MOST_JUDGED, read))
    judged = HeldOut(held_out.rows[places], factor * held_out.logits[places], held_out.origin)
    learnt_from = judged.rows if judged.origin == OUT_OF_FOLD else prepared.split.rows(TRAIN)
    labels = prepared.catalog.labels
    kept = some_of_each_class(learnt_from, labels, most, seed=seed)
    of_kept, of_judged = (learnt.features(classifier, prepared.pixels, rows) for rows in (kept, judged.rows))
    known = _Known(kept, _undone(of_kept, spread), judged, Impression(judged.logits, _undone(of_judged, spread)))
    turns = tuple(_turns(prepared, known, seed=seed))
    choice = choose_novelty(turns, len(prepared.catalog.classes))
    rule = unknown_rule(turns, choice.method, known.features, labels[kept])
    entry = {"method": choice.method, "rate": RATE, "count": len(rule.known), "areas": choice.means}
    drift = _drift_arrays(of_kept, of_judged[~np.isin(judged.rows, kept)])
    return bundle.with_more({**UnknownDetector(rule, spread).arrays(), **drift}, {ENTRY: entry})


def _drift_arrays(found_by: Features, known: Features) -> Arrays:
    """Return what new pictures are compared with; nothing where too few are known.

    Args:
        found_by: (m, F) of pictures that the axes are found by; half of them are known ones where there are no others.
        known: (n, F) of other pictures, that the model has not learnt from.
    """
    if len(known) < FEWEST:
        found_by, known = found_by[::2], found_by[1::2]
    if len(known) < FEWEST:
        return {}
    return drift_arrays(DriftReference.fitted(found_by, known[evenly(np.arange(len(known)), MOST_COMPARED)]))


def _turns(prepared: Prepared, known: _Known, *, seed: int) -> Iterator[Turn]:
    """Yield turns in which no picture is judged by itself: of folds, where the judged pictures were learnt from too."""
    labels, judged = prepared.catalog.labels, known.judged
    if judged.origin != OUT_OF_FOLD:
        yield Turn(known.features, labels[known.rows], known.everything, labels[judged.rows])
        return
    folds = fold_places(prepared.surveyed, judged.rows, count=TURNS, seed=derived_seed(seed, "unknowns"))
    for fold in range(1, TURNS + 1):
        others, own = folds[known.rows] != fold, folds[judged.rows] == fold
        if others.any() and own.any():
            rows = known.rows[others]
            yield Turn(known.features[others], labels[rows], known.everything.at(own), labels[judged.rows[own]])


def _undone(features: Features, spread: Spread | None) -> Features:
    return features if spread is None else spread.undone(features)
