"""The members of an ensemble: models that read pictures alike and know the same classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError, DataError, RunError, SettingsError
from sightline.core.text import listed
from sightline.data.catalog import TRAIN, VALIDATION, Rows
from sightline.data.survey.record import Surveyed
from sightline.inference.bundle import bundle_file
from sightline.inference.classifier import Classifier
from sightline.inference.manifest import EXTENDED, SIMILARITY
from sightline.inference.picture_digests import PictureDigests
from sightline.inference.tasks import load_classifier
from sightline.line.run import Run
from sightline.line.settings.toml import read_settings

FEWEST = 2
NOT_JOINED = {
    SIMILARITY: "tells same from different: its graph gives no probabilities that could be joined",
    EXTENDED: "knows classes that were enrolled, and its graph gives no probabilities of these that could be joined",
}
"""Why a model of a task can't be a member, as a sentence goes on after its name."""
WEIGHTS = "weights"
"""The way to make one model of a single run: the mean of its last weights."""


@dataclass(frozen=True, eq=False)
class Member:
    """One model.

    Args:
        name: What its user calls it.
        digests: The pictures that it has seen.
    """

    name: str
    file: Path
    classifier: Classifier
    digests: PictureDigests

    @property
    def megabytes(self) -> float:
        """Of its file."""
        return self.file.stat().st_size / 1e6

    @property
    def model(self) -> str:
        """What `sightline models` calls it."""
        return str(self.classifier.manifest["model"]["name"])


@dataclass(frozen=True, eq=False)
class Divided:
    """Which pictures the members can be judged by.

    Args:
        validation: (v,) rows that every member was chosen by and none has learnt from.
        test: (n,) rows that no member has seen.
        seen: Part to rows: what a member has learnt from, and what the others were chosen by.
    """

    validation: Rows
    test: Rows
    seen: dict[str, Rows]


def members_of(places: Sequence[Path]) -> tuple[Member, ...]:
    """Load the members, and see that they can be one model.

    Raises:
        BundleError: One can't be read, does not say what it has learnt from, reads pictures otherwise, or knows other
            classes than the first; it says which.
    """
    members = tuple(_member(place) for place in places)
    for other in members[1:]:
        _require_alike(members[0], other)
    return members


def require_several(places: Sequence[Path], way: str) -> None:
    """Raise unless there are two members or more, none of them twice; or one alone, for the mean of its weights.

    Args:
        way: How they are to become one.

    Raises:
        SettingsError: There are too few or too many, or one is named twice.
    """
    if way == WEIGHTS and len(places) != 1:
        raise SettingsError(
            f"{len(places)} members for a mean of weights",
            hint="name one run: the weights of several do not add up to a network; --by mean joins their answers",
        )
    if way != WEIGHTS and len(places) < FEWEST:
        raise SettingsError(
            f"{len(places)} member: an ensemble has two or more",
            hint="take the mean of this run's last weights, which costs nothing: --by weights; or name more runs, such "
            "as those of other seeds or of the folds of a cross-validation",
        )
    twice = [str(place) for place in dict.fromkeys(places) if places.count(place) > 1]
    if twice:
        raise SettingsError(f"{twice[0]} is named twice", hint="name each member once; --by greedy may take one twice")


def data_of(places: Sequence[Path]) -> str:
    """Return the data set that all members were trained on, as their runs call it.

    Raises:
        RunError: They were trained on different ones, or a member is no run.
    """
    names: dict[str, Path] = {}
    for place in places:
        settings: dict[str, Any] = read_settings(Run(place).settings) if Run(place).settings.exists() else {}
        if not settings.get("data"):
            raise RunError(f"{place} does not say what it was trained on", hint="name the pictures: --data DATA")
        names.setdefault(str(settings["data"]), place)
    if len(names) > 1:
        each = ", ".join(f"{place} on {name}" for name, place in names.items())
        raise RunError(
            f"the members were trained on other data: {each}", hint="name the pictures to judge them by: --data DATA"
        )
    return next(iter(names))


def divide(members: Sequence[Member], surveyed: Surveyed) -> Divided:
    """Return which pictures the members can be judged by, as their files say what they have seen.

    Raises:
        DataError: No picture is new to all of them.
    """
    rows = surveyed.required_rows()
    digests = [surveyed.digests[row] for row in rows]
    parts = np.array([member.digests.part_of(digests) for member in members], dtype=object)  # (M, n)
    learnt: npt.NDArray[np.bool_] = (parts == TRAIN).any(axis=0)
    chosen: npt.NDArray[np.bool_] = (parts == VALIDATION).any(axis=0) & ~learnt
    test = rows[(parts == "").all(axis=0)]
    if not len(test):
        raise DataError(
            f"{surveyed.catalog.name} holds no picture that is new to all members",
            hint="give models that were trained with the same parts, or new pictures with --data",
        )
    return Divided(rows[(parts == VALIDATION).all(axis=0)], test, {TRAIN: rows[learnt], VALIDATION: rows[chosen]})


def _member(place: Path) -> Member:
    file = bundle_file(place)
    classifier = load_classifier(file, threads=1)
    if classifier.manifest["task"] in NOT_JOINED:
        raise BundleError(
            f"{file} {NOT_JOINED[classifier.manifest['task']]}", hint="join classifiers as they were trained"
        )
    digests = PictureDigests.of_bundle(classifier.bundle)
    if digests is None:
        raise BundleError(
            f"{file} does not say which pictures it has learnt from, so nothing could judge the ensemble honestly",
            hint="train it again with this version of sightline",
        )
    return Member(str(place), file, classifier, digests)


def _require_alike(first: Member, other: Member) -> None:
    one, two = first.classifier, other.classifier
    if one.classes != two.classes:
        apart = sorted(map(repr, set(one.classes) ^ set(two.classes))) or ["their order"]
        raise BundleError(
            f"{first.name} and {other.name} know other classes: {listed(apart)}",
            hint="join models that were trained on the same classes",
        )
    if one.format != two.format:
        formats = (dict(each.format.describe()) for each in (one, two))
        before, after = formats
        apart = [f"{name} is {before[name]} and {after[name]}" for name in before if before[name] != after.get(name)]
        raise BundleError(
            f"{first.name} and {other.name} read pictures differently: {listed(apart)}",
            hint="one graph reads a picture once: train the members with the same --set size=, colours= and resize=",
        )
