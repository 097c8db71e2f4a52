"""Labels of the training part that look wrong, by what the model showed of them while it learnt."""

import numpy as np

from sightline.evaluation.trust.label_errors import LabelErrors, label_errors
from sightline.line.methods.contract import Learnt
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.prepared import Prepared
from sightline.line.trust.suspects import Suspects

NOTHING_SHOWN = (
    "this kind of model is fitted at once and shows nothing of single pictures; `sightline suspects DATA` judges them"
)


def training_suspects(learnt: Learnt, prepared: Prepared) -> Suspects:
    """Return the labels that the model learnt from and that look wrong, or why nothing is said of them."""
    catalog, evidence = prepared.catalog, learnt.label_evidence(prepared)
    if evidence is None:
        none = LabelEvidence(np.zeros(0, np.int64), np.zeros((0, len(catalog.classes))))
        return Suspects(catalog, none, LabelErrors(0, (), 0.0, (0.0, 0.0), 0.0, NOTHING_SHOWN))
    labels = catalog.labels[evidence.rows]
    return Suspects(catalog, evidence, label_errors(evidence.probabilities, labels, margins=evidence.margins))
