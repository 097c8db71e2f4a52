"""Which pictures a model has as good as seen: near copies of theirs are among those that it learnt or was chosen by."""

from collections.abc import Collection

import numpy as np

from sightline.core.intervals import wilson_interval
from sightline.data.cache_folder import looks_folder
from sightline.data.catalog import TRAIN, VALIDATION, Catalog
from sightline.data.splits import Split
from sightline.data.survey.glance import glance
from sightline.data.survey.record import Surveyed
from sightline.evaluation.report.data.near_copies import WithoutCopies
from sightline.inference.picture_digests import PictureDigests
from sightline.line.answers import Answers
from sightline.line.health.copies import with_copies
from sightline.line.narrator import Narrator


def without_copies(answers: Answers, surveyed: Surveyed, division: Split) -> tuple[WithoutCopies, ...]:
    """Return the figure without such pictures; nothing where there are none.

    Args:
        answers: To the pictures of the test part.
        surveyed: All pictures, and the near copies among them.
        division: Who was for what.
    """
    contents = surveyed.contents
    known = {contents[row] for part in (TRAIN, VALIDATION) for row in division.rows(part).tolist()}
    return _restated(answers, [contents[row] for row in answers.rows.tolist()], known)


def without_known_copies(
    answers: Answers, surveyed: Surveyed, catalog: Catalog, digests: PictureDigests | None, narrator: Narrator
) -> tuple[WithoutCopies, ...]:
    """Return the figure without pictures that are near copies of some in the same data set that the model has seen.

    Pictures that it has seen themselves are left out, too; where there are these alone, nothing is restated.

    Args:
        answers: To some pictures of the catalog, told by their names.
        surveyed: What a look at the part that was asked about showed.
        catalog: The whole data set, with the parts that were not asked about.
        digests: What the model's file says of its pictures; nothing is restated where it says nothing.
        narrator: Shows how many of the other parts have been looked at.
    """
    if digests is None:
        return ()
    seen = surveyed if len(surveyed.catalog) == len(catalog) else _glanced(catalog, narrator)
    part_of = dict(zip(catalog.paths, digests.part_of(seen.digests), strict=True))
    if not any(part_of.values()):
        return ()
    content_of = dict(zip(catalog.paths, with_copies(seen, narrator).contents, strict=True))
    known = {content_of[path] for path, part in part_of.items() if part}
    asked = [answers.catalog.paths[row] for row in answers.rows.tolist()]
    if not any(content_of[path] in known and not part_of[path] for path in asked):
        return ()
    return _restated(answers, [content_of[path] for path in asked], known)


def _glanced(catalog: Catalog, narrator: Narrator) -> Surveyed:
    with narrator.counting("looking for near copies", len(catalog)) as advance:
        return glance(catalog, cache_in=looks_folder(), advance=advance)


def _restated(answers: Answers, contents: list[str], known: Collection[str]) -> tuple[WithoutCopies, ...]:
    """Return the figure without the pictures whose content is known, of n contents in the order of the answers."""
    is_new = np.array([content not in known for content in contents], dtype=np.bool_)
    if is_new.all():
        return ()
    count, named = int(is_new.sum()), int(answers.right[is_new].sum())
    return (
        WithoutCopies(
            copies=int((~is_new).sum()),
            count=count,
            accuracy=named / count if count else None,
            accuracy_interval=wilson_interval(named, count) if count else None,
            accuracy_of_all=float(answers.right.mean()),
        ),
    )
