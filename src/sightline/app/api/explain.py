"""``sightline.explain``."""

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.app.api.inputs import Place, classifier_of
from sightline.core.choose import require_extra
from sightline.core.errors import RunError
from sightline.core.storage import require_nameable
from sightline.data.unread import UnreadPictures
from sightline.inference.classifier import Classifier
from sightline.line.narrator import Narrator
from sightline.line.pictures import picture_paths

if TYPE_CHECKING:
    from sightline.line.explanation.explanation import Explanation


def explain(
    model: Classifier | Place,
    pictures: Place | Iterable[Place],
    *,
    label: str | None = None,
    ways: Sequence[str] = (),
    seed: int = 0,
    out: Place | None = None,
    narrator: Narrator | None = None,
) -> "Explanation":
    """Say why a model's answers to some pictures are what they are.

    Args:
        model: A classifier, a ``model.sightline`` file or a run's folder; of a folder, the training pictures that are
            most like each picture are shown too.
        pictures: A picture's file, or several; a folder stands for all pictures below it, 64 altogether at most.
        label: The class that is explained; each picture's likeliest if not given.
        ways: ``"occlusion"``, ``"grad-cam"``, ``"integrated-gradients"``; all that are at hand if empty.
        seed: Of the shuffled weights and of the random maps that the maps are compared with.
        out: Where to write the explanation as one HTML page; None writes nothing.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        Each picture with its maps, what they are worth, and the training pictures that are most like it.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new.
        SettingsError: There is no such class or way, a way is not at hand, or there are too many pictures.
        PictureError: None of the pictures can be read.
        DataError: A folder holds no picture.
        RunError: `out` can't be written, or is no page of this verb.
        MissingExtraError: A way needs torch, or the page a package that is not installed.

    Example::

        explanation = sightline.explain("run", "new.png", out="why.html")
        explanation.pictures[0].maps[0].heat.grid
    """
    from sightline.app.terminal import Terminal
    from sightline.line.explanation.examples import examples_beside
    from sightline.line.explanation.explaining import MOST_PICTURES, explain

    if out is not None:
        require_extra("matplotlib", "jinja2", extra="train", purpose="the page of an explanation")
        require_nameable(out, RunError)
    classifier = classifier_of(model)
    places = [pictures] if isinstance(pictures, str | os.PathLike) else pictures
    names = [os.fspath(name) for name in islice(picture_paths(places, unread=UnreadPictures()), MOST_PICTURES + 1)]
    explanation = explain(
        classifier,
        names,
        label=label,
        ways=ways,
        examples=examples_beside(model, classifier),
        seed=seed,
        narrator=narrator or Terminal(),
    )
    if out is not None:
        explanation.write(Path(out))
    return explanation
