"""How a model will tell pictures of none of its classes: chosen by classes that are held out in turn."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from sightline.core.seeding import derived_seed
from sightline.data.catalog import TRAIN, Rows
from sightline.data.folds import stratified
from sightline.data.splits import units
from sightline.evaluation.trust.calibration_set import OUT_OF_FOLD
from sightline.evaluation.trust.novelty import Impression
from sightline.evaluation.trust.unknowns import RATE, Turn, choose_novelty, unknown_rule
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
TURNS = 5


class _Pictures(NamedTuple):
    """Pictures by their rows: what is read of them, and what is said."""

    features: Callable[[Rows], Features]
    labels: Rows


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
    pictures = _Pictures(
        lambda rows: _undone(learnt.features(classifier, prepared.pixels, rows), spread), prepared.catalog.labels
    )
    read = learnt.most_read(prepared.preprocess.format.shape)
    most = max(1, min(MOST_KEPT, MOST_NUMBERS // classifier.features, read))
    places = evenly(np.arange(len(held_out.rows)), min(MOST_JUDGED, read))
    judged = HeldOut(held_out.rows[places], factor * held_out.logits[places], held_out.origin)
    learnt_from = judged.rows if judged.origin == OUT_OF_FOLD else prepared.split.rows(TRAIN)
    kept = some_of_each_class(learnt_from, pictures.labels, most, seed=seed)
    turns = tuple(_turns(prepared, pictures, judged, kept, seed=seed))
    choice = choose_novelty(turns, len(prepared.catalog.classes))
    rule = unknown_rule(turns, choice.method, pictures.features(kept), pictures.labels[kept])
    entry = {"method": choice.method, "rate": RATE, "count": len(rule.known), "areas": choice.means}
    return bundle.with_more(UnknownDetector(rule, spread).arrays(), {ENTRY: entry})


def _turns(prepared: Prepared, pictures: _Pictures, judged: HeldOut, kept: Rows, *, seed: int) -> Iterator[Turn]:
    """Yield turns in which no picture is judged by itself: of folds, where the judged pictures were learnt from too."""
    labels = pictures.labels
    everything = Impression(judged.logits, pictures.features(judged.rows))
    if judged.origin != OUT_OF_FOLD:
        yield Turn(pictures.features(kept), labels[kept], everything, labels[judged.rows])
        return
    bound = units(prepared.surveyed, judged.rows.tolist())
    folds = stratified(labels, bound, count=TURNS, seed=derived_seed(seed, "unknowns"))
    for fold in range(1, TURNS + 1):
        others, own = kept[folds[kept] != fold], folds[judged.rows] == fold
        if len(others) and own.any():
            yield Turn(pictures.features(others), labels[others], everything.at(own), labels[judged.rows[own]])


def _undone(features: Features, spread: Spread | None) -> Features:
    return features if spread is None else spread.undone(features)
