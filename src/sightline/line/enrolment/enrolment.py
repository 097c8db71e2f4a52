"""A class more, or a class less, in a model file: the old file or the new one, and nothing between."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.choose import require_extra
from sightline.core.errors import BundleError, DataError, RunError
from sightline.core.lock import locked
from sightline.core.storage import require_writable
from sightline.core.text import listed
from sightline.data.catalog import Catalog
from sightline.data.unread import UnreadPictures
from sightline.evaluation.trust.enrolled_fit import Expectation
from sightline.inference.bundle import UPGRADE, Bundle, bundle_file, read_bundle, write_bundle
from sightline.inference.classifier import Classifier
from sightline.inference.examples import NAME, read_examples
from sightline.inference.pictures import Picture
from sightline.inference.support.anchors import Anchors
from sightline.inference.support.roster import Roster
from sightline.inference.support.support_set import require_few
from sightline.inference.tasks import classifier_of, load_classifier, task_of
from sightline.line.enrolment.class_name import require_class_name
from sightline.line.enrolment.cost import Cost, cost_of
from sightline.line.enrolment.new_pictures import Named, look_alikes, read_new, require_unknown, support_of
from sightline.line.narrator import Narrator

UNPROMISED = (
    "from now on its answers have no prediction sets, and none is refused: the network has learnt to see by its own "
    "classes, so these can't show what to expect of new ones; --check DATA measures it"
)
PATIENCE_SECONDS = 60.0
"""So long one process waits for others that enroll into the same file."""


@dataclass(frozen=True)
class Enrolment:
    """What was changed in a model file.

    Args:
        file: Where the changed model is.
        name: The class that was enrolled or forgotten.
        pictures: How many pictures that class is known by now; 0 of one that was forgotten.
        classes: All that the model knows now.
        cost: What the change costs the classes that were there before; None without labelled pictures.
        expected: What enrolled classes bring and cost, where learnt ones can stand for them; else None.
        digest: SHA-256 of the changed file, hexadecimal.
    """

    file: Path
    name: str
    pictures: int
    classes: tuple[str, ...]
    cost: Cost | None
    expected: Expectation | None
    digest: str

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline enroll --json`` prints: plain values."""
        return {
            "file": str(self.file),
            "name": self.name,
            "pictures": self.pictures,
            "classes": list(self.classes),
            "cost": None if self.cost is None else self.cost.as_json(),
            "expected": None if self.expected is None else self.expected.as_json(),
            "digest": self.digest,
        }


def enroll(
    place: Path,
    name: str,
    pictures: Iterable[Picture | Named],
    *,
    out: Path | None,
    keep_pictures: bool,
    check: Catalog | None,
    narrator: Narrator,
) -> Enrolment:
    """Add a class to a model by some pictures, or pictures to a class that was enrolled.

    Args:
        place: A ``model.sightline`` file or a run's folder.
        name: What the class is called.
        pictures: Each a path, a file's bytes, a Pillow image or an array; a folder stands for those below it.
        out: Where the changed model goes; None replaces the file.
        keep_pictures: Whether the file keeps a small copy of each picture.
        check: Labelled pictures to measure on, before and after.
        narrator: Is told what is left out, and shows how many pictures have been read.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new, or no class can be enrolled in it.
        DataError: A picture or the name can't be used; all that is wrong with the pictures is said at once.
        RunError: The file can't be written, or another process keeps it for long.
    """
    with _changing(place, out) as (file, target):
        before = load_classifier(file)
        roster = roster_of(before)
        require_class_name(name, before.classes)
        _require_not_learnt(name, before, roster)
        unread = UnreadPictures()
        new = read_new(pictures, before, keep_pictures=keep_pictures, unread=unread)
        if unread:
            narrator.say(f"{unread.symptom}, such as {unread.first}; {unread.advice}")
        require_unknown(new, before, roster)
        count = len(roster.support) + len(new)
        require_few(count, count * before.features)
        support = support_of(new, before)
        for words in look_alikes(support, roster, name):
            narrator.say(words)
        changed = roster.with_pictures(name, support)
        bundle = _changed(before, changed, partial(anchors_beside, file, before))
        return _written(bundle, target, before, name=name, roster=changed, check=check, narrator=narrator)


def forget(place: Path, name: str, *, out: Path | None, check: Catalog | None, narrator: Narrator) -> Enrolment:
    """Take an enrolled class out of a model; arguments and errors are those of `enroll`.

    Where it was the only one that was enrolled into a classifier, the file of its training is back, bit for bit.

    Raises:
        BundleError: The model can't be used, or the class is the last one.
        DataError: No such class was enrolled.
        RunError: The file can't be written.
    """
    with _changing(place, out) as (file, target):
        before = load_classifier(file)
        roster = roster_of(before)
        _require_enrolled(name, before, roster)
        changed = roster.without(name)
        bundle = _changed(before, changed, partial(anchors_beside, file, before))
        return _written(bundle, target, before, name=name, roster=changed, check=check, narrator=narrator)


def roster_of(classifier: Classifier) -> Roster:
    """Return the classes that were enrolled in a model.

    Raises:
        BundleError: None can be.
    """
    if not classifier.features:
        raise BundleError(
            "no class can be enrolled in this model: its graph does not say what its last layer reads",
            hint="train it again with this version of sightline",
        )
    return classifier.rule.roster or Roster.empty(classifier.features)


def anchors_beside(file: Path, classifier: Classifier) -> Anchors:
    """Return what a classifier makes of pictures that it has learnt, from the examples in its run's folder.

    Raises:
        BundleError: There are none, or they belong to another model.
        MissingExtraError: The package that reads them is not installed.
    """
    path = file.parent / NAME
    if not path.exists():
        raise BundleError(
            f"nothing is known of the classes that {file.name} has learnt: there is no {NAME} beside it",
            hint="enroll into the model in its run's folder, where training keeps some pictures; then pass it on",
        )
    require_extra("safetensors", extra="train", purpose="reading the pictures that a run keeps")
    examples = read_examples(path, classifier)
    labels = np.array([classifier.classes.index(label) for label in examples.labels], np.int64)
    order = np.argsort(labels, kind="stable")
    return Anchors(examples.features[order].astype(np.float16), labels[order])


@contextmanager
def _changing(place: Path, out: Path | None) -> Iterator[tuple[Path, Path]]:
    """Keep others from changing a model file, and yield it and where the changed one goes.

    The lock's file stays: to remove it would let two others in that wait for it.
    """
    file = bundle_file(place).resolve()
    target = file if out is None else out
    if out is not None and out.exists():
        raise RunError(f"{out} exists", hint="choose another --out; without it, the model file itself is replaced")
    require_writable(target)
    if not file.exists():
        read_bundle(file)  # says what is there instead
    with locked(file.with_name(f".{file.name}.lock"), file, patience_seconds=PATIENCE_SECONDS):
        yield file, target


def _changed(before: Classifier, roster: Roster, anchors: Callable[[], Anchors]) -> Bundle:
    enrolled = task_of(before.manifest).enrolled
    if enrolled is None:
        raise BundleError(f"no class can be enrolled in a model of the task {before.manifest['task']!r}", hint=UPGRADE)
    return enrolled(before.bundle, roster, anchors)


def _written(
    bundle: Bundle,
    target: Path,
    before: Classifier,
    *,
    name: str,
    roster: Roster,
    check: Catalog | None,
    narrator: Narrator,
) -> Enrolment:
    """Ask the changed model, which must hold together before it is written, and write it."""
    after = classifier_of(bundle)
    if before.judgement is not None and after.judgement is None:
        narrator.say(UNPROMISED)
    cost = None if check is None else cost_of(before, after, check, roster, narrator)
    write_bundle(target, bundle)
    digest = read_bundle(target).digest
    return Enrolment(target, name, roster.counts.get(name, 0), after.classes, cost, after.rule.expected, digest)


def _require_not_learnt(name: str, classifier: Classifier, roster: Roster) -> None:
    if name in classifier.classes and name not in roster.classes:
        raise DataError(
            f"the model has learnt the class {name!r}; it was not enrolled, so no picture can be added to it",
            hint="train it again with more pictures of that class, or choose another name",
        )


def _require_enrolled(name: str, classifier: Classifier, roster: Roster) -> None:
    if name in classifier.classes and name not in roster.classes:
        raise DataError(
            f"the model has learnt the class {name!r} in its training; only what was enrolled can be forgotten",
            hint="train it again without that class",
        )
    if name not in roster.classes:
        enrolled = listed([*map(repr, roster.classes)]) or "none"
        raise DataError(f"no class {name!r} was enrolled", hint=f"those that were: {enrolled}")
