"""Labels judged by heads on what a base sees: every picture by one that has not learnt from it."""

from sightline.core.seeding import derived_seed
from sightline.data.folds import fold_places
from sightline.data.survey.record import Surveyed
from sightline.evaluation.trust.fold_heads import fold_answers
from sightline.line.features.seen import Seen
from sightline.line.methods.label_evidence import LabelEvidence

FOLDS = 5


def answers_of_folds(surveyed: Surveyed, seen: Seen, *, seed: int) -> LabelEvidence:
    """Return what heads that are quick to fit say of pictures of other folds; copies and groups are in one fold.

    Args:
        seen: What a base has seen of n pictures.
        seed: Decides which pictures are in which fold.
    """
    places = fold_places(surveyed, seen.rows, count=FOLDS, seed=derived_seed(seed, "suspects"))
    labels = seen.labels[seen.rows]
    return LabelEvidence(seen.rows, fold_answers(seen.features, labels, places[seen.rows], classes=seen.classes))
