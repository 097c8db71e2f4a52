"""Labels of the training part that look wrong, by what the model showed of them while it learnt."""

import numpy as np

from sightline.core.percent import percent
from sightline.evaluation.trust.label_errors import LEAST_AGREEMENT, LabelErrors
from sightline.line.methods.contract import Learnt
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.prepared import Prepared
from sightline.line.trust.suspects import Suspects, suspects_of

NOTHING_SHOWN = (
    "this kind of model is fitted at once and shows nothing of single pictures; `sightline suspects DATA` judges them"
)


def training_suspects(learnt: Learnt, prepared: Prepared, *, accuracy: float) -> Suspects:
    """Return the labels that the model learnt from and that look wrong, or why nothing is said of them.

    Args:
        accuracy: On the test part, 0 to 1; a network that knows its pictures by heart agrees with wrong labels too.
    """
    evidence = learnt.label_evidence(prepared)
    if evidence is None:
        return _silent(prepared, NOTHING_SHOWN)
    if accuracy < LEAST_AGREEMENT:
        return _silent(prepared, f"the model agrees with only {percent(accuracy)} of the labels of the test part")
    return suspects_of(prepared.catalog, evidence)


def _silent(prepared: Prepared, reason: str) -> Suspects:
    none = LabelEvidence(np.zeros(0, np.int64), np.zeros((0, len(prepared.catalog.classes))))
    return Suspects(prepared.catalog, none, LabelErrors(0, (), 0.0, (0.0, 0.0), 0.0, reason))
