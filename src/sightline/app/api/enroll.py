"""``sightline.enroll``, ``sightline.forget`` and ``sightline.classes``."""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

from sightline.app.api.inputs import Place, catalog_of, classifier_of, is_one
from sightline.data.catalog import Catalog
from sightline.inference.classifier import Classifier
from sightline.inference.pictures import Picture
from sightline.line.enrolment import enrolment
from sightline.line.enrolment.enrolment import Enrolment
from sightline.line.narrator import Narrator


def enroll(
    model: Place,
    name: str,
    pictures: Picture | Iterable[Picture],
    *,
    out: Place | None = None,
    check: Catalog | Place | None = None,
    keep_pictures: bool = False,
    narrator: Narrator | None = None,
) -> Enrolment:
    """Add a class to a model by some pictures, without training; or pictures to a class that was enrolled.

    Args:
        model: A ``model.sightline`` file or a run's folder. A classifier must lie in its run's folder when its first
            class is enrolled: training keeps there what the classes it has learnt look like to it.
        name: What the class is called.
        pictures: One or many, each a path, a file's bytes, a Pillow image or (H, W) or (H, W, C) uint8; a folder
            stands for all pictures below it.
        out: Where the changed model goes; None replaces the file.
        check: Labelled pictures, of the old classes and the new one, to measure on before and after.
        keep_pictures: Whether the file keeps a small copy of each picture, to be shown.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        Which file was written, and what the new class costs the old ones on the pictures of `check`.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new, or no class can be enrolled in it.
        DataError: A picture or the name can't be used; nothing was enrolled.
        RunError: The file can't be written.

    Example::

        sightline.enroll("run", "iris", ["iris.png"], out="iris.sightline")
        sightline.predict("iris.sightline", "new.png").label
    """
    return enrolment.enroll(
        Path(model),
        name,
        [pictures] if is_one(pictures) else cast("Iterable[Picture]", pictures),
        out=None if out is None else Path(out),
        keep_pictures=keep_pictures,
        check=None if check is None else catalog_of(check),
        narrator=narrator or _terminal(),
    )


def forget(
    model: Place,
    name: str,
    *,
    out: Place | None = None,
    check: Catalog | Place | None = None,
    narrator: Narrator | None = None,
) -> Enrolment:
    """Take an enrolled class out of a model; arguments are those of `enroll`.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new, or the class is its last one.
        DataError: No such class was enrolled.
        RunError: The file can't be written.

    Example::

        sightline.enroll("run", "iris", "iris.png", out="with-iris.sightline")
        sightline.forget("with-iris.sightline", "iris")
    """
    return enrolment.forget(
        Path(model),
        name,
        out=None if out is None else Path(out),
        check=None if check is None else catalog_of(check),
        narrator=narrator or _terminal(),
    )


def classes(model: Classifier | Place) -> dict[str, int]:
    """Return the classes that a model knows, each with how many pictures it was enrolled by; 0 of one it has learnt.

    Args:
        model: A classifier, a ``model.sightline`` file or a run's folder.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new.

    Example::

        sightline.classes("run")
    """
    classifier = classifier_of(model)
    roster = classifier.rule.roster
    return dict.fromkeys(classifier.classes, 0) | ({} if roster is None else roster.counts)


def _terminal() -> Narrator:
    from sightline.app.terminal import Terminal

    return Terminal()
