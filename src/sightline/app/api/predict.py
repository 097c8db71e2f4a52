"""``sightline.predict``."""

import os
import warnings
from collections.abc import Iterable, Iterator
from typing import cast, overload

from sightline.app.api.inputs import Place, classifier_of, is_one
from sightline.core.errors import DataError
from sightline.data.unread import UnreadPictures
from sightline.inference.classifier import Classifier
from sightline.inference.pictures import Picture
from sightline.inference.prediction import Prediction
from sightline.line.pictures import picture_paths


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
    if is_one(pictures):
        _require_no_folder(pictures)
        return classifier_of(model).predict(pictures)
    classifier = classifier_of(model, threads=1)  # a batch a core
    return list(classifier.predict_many(_without_folders(cast("Iterable[Picture]", pictures))))


def _require_no_folder(picture: Picture) -> None:
    if isinstance(picture, str | os.PathLike) and os.path.isdir(picture):  # noqa: PTH112 - Path raises over long names
        place = os.fspath(picture)
        raise DataError(
            f"{place} is a folder, not a picture",
            hint=f"give a list, in which a folder stands for its pictures: [{place!r}]",
        )


def _without_folders(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Yield the pictures, those below a folder in its place; warn of what looks like one there and is not read."""
    unread = UnreadPictures()
    for picture in pictures:
        if isinstance(picture, str | os.PathLike):
            yield from picture_paths([picture], unread=unread)
        else:
            yield picture
    if unread:
        warnings.warn(f"{unread.symptom}, such as {unread.first}; {unread.advice}", stacklevel=2)
