"""``sightline.predict``."""

import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TypeGuard, cast, overload

import numpy as np
import numpy.typing as npt
from PIL.Image import Image

from sightline.app.api.inputs import Place, classifier_of
from sightline.core.errors import DataError, PictureError
from sightline.inference.classifier import Classifier
from sightline.inference.prediction import Prediction
from sightline.line.pictures import picture_paths

Picture = Place | bytes | Image | npt.NDArray[np.uint8]
"""A file's path, a file's bytes, a Pillow image, or (H, W) or (H, W, C) uint8 with 1 or 3 channels."""


ONE_PICTURE = (2, 3)
"""Dimensions of an array that is one picture: (H, W) and (H, W, C)."""


@overload
def predict(model: Classifier | Place, pictures: Picture) -> Prediction: ...  # type: ignore[overload-overlap]


@overload
def predict(model: Classifier | Place, pictures: Iterable[Picture]) -> list[Prediction]: ...


def predict(model: Classifier | Place, pictures: Picture | Iterable[Picture]) -> Prediction | list[Prediction]:
    """Name one picture, or many.

    Of millions of pictures, ``load(model).predict_many(paths)`` gives the predictions as they come.

    Args:
        model: A classifier, a ``model.sightline`` file or a run's folder.
        pictures: One picture: a file's path, its bytes, a Pillow image, or (H, W) or (H, W, C) uint8; or many of
            them, such as a list or a (N, H, W, C) array. In a list a folder stands for all pictures below it.

    Returns:
        One prediction for one picture. For many, a list in their order, in which a picture that can't be read has
        its error.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new.
        PictureError: The only picture can't be read.
        DataError: A folder holds no picture, or stands in the place of a picture.

    Example::

        prediction = sightline.predict("run", "new.png")
        prediction.label, prediction.confidence
        labels = [one.label for one in sightline.predict("run", ["flowers/rose", "new.png"])]
    """
    if _is_one(pictures):
        _require_no_folder(pictures)
        return classifier_of(model).predict(cast("bytes", pictures))
    classifier = classifier_of(model, threads=1)  # a batch a core
    return list(_predictions(classifier, cast("Iterable[Picture]", pictures)))


def _is_one(pictures: Picture | Iterable[Picture]) -> TypeGuard[Picture]:
    if isinstance(pictures, np.ndarray):
        return pictures.ndim in ONE_PICTURE
    return isinstance(pictures, str | os.PathLike | bytes | Image)


def _is_path(picture: Picture) -> TypeGuard[Place]:
    return isinstance(picture, str | os.PathLike)


def _require_no_folder(picture: Picture) -> None:
    if _is_path(picture) and os.path.isdir(picture):  # noqa: PTH112 - Path raises over a name that is too long
        place = os.fspath(picture)
        raise DataError(
            f"{place} is a folder, not a picture",
            hint=f"give a list, in which a folder stands for its pictures: [{place!r}]",
        )


def _predictions(classifier: Classifier, pictures: Iterable[Picture]) -> Iterator[Prediction]:
    """Yield a prediction for each picture; files one after another are read while others are computed."""
    for are_paths, some in groupby(pictures, key=_is_path):
        if are_paths:
            yield from classifier.predict_many(picture_paths(cast("Iterator[Place]", some)))
        else:
            yield from (_prediction(classifier, picture) for picture in some)


def _prediction(classifier: Classifier, picture: Picture) -> Prediction:
    try:
        return classifier.predict(cast("bytes", picture))
    except PictureError as error:
        return Prediction("the picture", {}, error=error.problem)
