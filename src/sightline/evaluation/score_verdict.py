"""Whether a model is worth using at all, in plain words."""

from sightline.core.percent import percent
from sightline.evaluation.scores import Scores
from sightline.evaluation.verdict import Verdict
from sightline.evaluation.words import brief

LONGEST_NAME = 40
"""Of a class, in characters."""


def judge_scores(scores: Scores) -> Verdict | None:
    """Say so if a model names no more pictures rightly than always answering the largest class would.

    Where it finds every class clearly better than a guess does, large classes hide that, and the words say so.

    Args:
        scores: Of pictures of any number of classes; of one class alone they say nothing here.

    Returns:
        A verdict of kind ``"useless"`` or ``"below-largest-class"``, or None where there is no such warning.
    """
    present = sum(1 for entry in scores.per_class if entry.support)
    if present < 2 or scores.accuracy > scores.baseline_accuracy:  # noqa: PLR2004, one class can't be told apart
        return None
    name = brief(scores.baseline_class, LONGEST_NAME)
    largest = (
        f"it is right on {percent(scores.accuracy)}, and always answering “{name}”, the largest class in training, "
        f"would be right on {percent(scores.baseline_accuracy)}"
    )
    guess, interval = 1 / present, scores.balanced_accuracy_interval
    if scores.balanced_accuracy > guess and (interval is None or interval[0] > guess):
        words = (
            f"Use it only where every class counts the same, however small: {largest}; "
            f"but its balanced accuracy is {percent(scores.balanced_accuracy)}, where a guess has {percent(guess)}."
        )
        return Verdict("below-largest-class", None, words)
    return Verdict("useless", None, f"Don't use it: {largest}.")
