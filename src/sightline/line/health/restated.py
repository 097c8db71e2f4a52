"""Which test pictures a model has as good as seen: near copies of theirs lie in the training or validation part."""

import numpy as np

from sightline.data.catalog import TRAIN, VALIDATION
from sightline.data.splits import Split
from sightline.data.survey.record import Surveyed
from sightline.evaluation.report.near_copies import WithoutCopies
from sightline.evaluation.scores import wilson_interval
from sightline.line.answers import Answers


def without_copies(answers: Answers, surveyed: Surveyed, division: Split) -> tuple[WithoutCopies, ...]:
    """Return the figure without such pictures; nothing where there are none.

    Args:
        answers: To the pictures of the test part.
        surveyed: All pictures, and the near copies among them.
        division: Who was for what.
    """
    contents = surveyed.contents
    known = {contents[row] for part in (TRAIN, VALIDATION) for row in division.rows(part).tolist()}
    is_new = np.array([contents[row] not in known for row in answers.rows.tolist()], dtype=np.bool_)
    if is_new.all():
        return ()
    right = answers.probabilities.argmax(axis=1) == answers.truth
    count, named = int(is_new.sum()), int(right[is_new].sum())
    return (
        WithoutCopies(
            copies=int((~is_new).sum()),
            count=count,
            accuracy=named / count if count else None,
            accuracy_interval=wilson_interval(named, count) if count else None,
            accuracy_of_all=float(right.mean()),
        ),
    )
