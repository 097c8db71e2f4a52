"""What enrolled classes cost those that were there before: both models asked about the same labelled pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sightline.core.errors import DataError
from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import percent
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import Catalog
from sightline.data.survey import survey
from sightline.evaluation.significance.paired import paired_interval
from sightline.evaluation.words import interval_words
from sightline.inference.classifier import Classifier
from sightline.inference.support.roster import Roster
from sightline.line.answers import class_places
from sightline.line.narrator import Narrator


@dataclass(frozen=True)
class Share:
    """How many pictures were named rightly.

    Args:
        right: So many of `count`.
        count: How many were asked about.
    """

    right: int
    count: int

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval."""
        return wilson_interval(self.right, self.count)

    def __str__(self) -> str:
        """Return the share with its interval and the number of pictures, in words."""
        if not self.count:
            return "no pictures"
        return f"{percent(self.right / self.count)} ({interval_words(self.interval)}) of {self.count:,} pictures"

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        share = self.right / self.count if self.count else None
        return {"accuracy": share, "interval": list(self.interval), "count": self.count}


@dataclass(frozen=True)
class Cost:
    """What a change of the classes costs on labelled pictures that neither model was enrolled by.

    Args:
        before: Pictures of the classes that both know, by the old model.
        after: The same pictures, by the new one.
        difference: Of the two shares, new minus old, at 95 %.
        new: Pictures of classes that the new model alone knows, by it.
    """

    before: Share
    after: Share
    difference: Interval
    new: Share

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "difference_interval": list(self.difference),
            "new": self.new.as_json(),
        }


def cost_of(before: Classifier, after: Classifier, data: Catalog, roster: Roster, narrator: Narrator) -> Cost:
    """Ask a model before and after a change about the same pictures; those that it was enrolled by are left out.

    Args:
        data: Labelled, of classes that either knows.
        roster: What is enrolled in the new one.
        narrator: Shows how many pictures have been read.

    Raises:
        DataError: The data has classes that neither knows, or no picture that can be read.
    """
    known = tuple(dict.fromkeys((*after.classes, *before.classes)))
    places = class_places(data, known)
    with narrator.counting("reading pictures", len(data)) as advance:
        seen = survey(data, before.format, cache_in=pixel_folder(), advance=advance)
    enrolled = {digest.tobytes().hex() for digest in roster.support.digests}
    rows = [row for row in seen.required_rows().tolist() if seen.digests[row] not in enrolled]
    if seen.pixels is None or not rows:
        raise DataError(f"{data.name} holds no picture to measure on", hint="give labelled pictures of other kinds too")
    truth, pixels = np.array(known)[places[data.labels[rows]]], seen.pixels[rows]
    was_right, is_right = (np.array(model.classes)[model.probabilities(pixels).argmax(axis=1)] == truth
                           for model in (before, after))  # fmt: skip
    is_new = ~np.isin(truth, before.classes)
    is_old = ~is_new & np.isin(truth, after.classes)
    gained, lost = int((is_right & ~was_right)[is_old].sum()), int((was_right & ~is_right)[is_old].sum())
    return Cost(
        before=Share(int(was_right[is_old].sum()), int(is_old.sum())),
        after=Share(int(is_right[is_old].sum()), int(is_old.sum())),
        difference=paired_interval(gained, lost, int(is_old.sum())) if is_old.any() else (-1.0, 1.0),
        new=Share(int(is_right[is_new].sum()), int(is_new.sum())),
    )
