"""A scikit-learn classifier over arrays of pictures, or of paths."""

import inspect
import tempfile
import warnings
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sightline.core.choose import choose
from sightline.core.errors import DataError
from sightline.data.catalog import Sample, catalog_of
from sightline.data.sources import ArraySource, FolderSource, Source
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier
from sightline.line.narrator import Silent
from sightline.line.settings.tables import SETTINGS
from sightline.line.train import train_without_test

BRIGHTEST = 255


def _documented(classifier: "type[ImageClassifier]") -> "type[ImageClassifier]":
    """Give the class the signature and the list of arguments that its settings say."""
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=SETTINGS[name].default) for name in PARAMETERS
    ]
    classifier.__init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    listed = "\n".join(f"        {name}: {SETTINGS[name].rule.meaning}" for name in PARAMETERS)
    classifier.__doc__ = (classifier.__doc__ or "").replace("        settings: Every setting of a training.", listed)
    return classifier


PARAMETERS = tuple(name for name in SETTINGS if name not in ("data", "folders", "accept", "test_fraction"))
"""The estimator's parameters, each with its setting."""


@_documented
class ImageClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Any network of sightline as a scikit-learn classifier.

    It holds a part of the pictures back to choose the best epoch by, and works
    unchanged in ``cross_val_score``, ``GridSearchCV``, ``VotingClassifier`` and ``clone``. What is
    fitted can be copied and sent to other processes (pickle, joblib); a file for others is written by
    ``sightline train`` instead, for a pickle runs what is in it. Its parameters are the settings of
    ``sightline train``, under the same names and with the same defaults.

    Args:
        settings: Every setting of a training.

    Attributes:
        classes_: (C,) the labels, sorted.
        classifier_: The `Classifier` behind it.

    Raises:
        SettingsError: There is no such setting.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> digits = load_digits()
        >>> linear = ImageClassifier(model="linear", epochs=5).fit(digits.images / 16, digits.target)
        >>> bool(linear.score(digits.images / 16, digits.target) > 0.9)
        True
    """

    def __init__(self, **settings: Any) -> None:
        for name in settings:
            choose(name, dict.fromkeys(PARAMETERS), kind="setting")
        for name in PARAMETERS:
            setattr(self, name, settings.get(name, SETTINGS[name].default))

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """Return the names of the parameters; scikit-learn finds none in ``**settings``."""
        return sorted(PARAMETERS)

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Train on labelled pictures.

        Args:
            X: (N, H, W) or (N, H, W, C) pictures, uint8, whole numbers in 0..255 or floats in 0..1;
                or (N,) paths of picture files.
            y: (N,) labels of any kind that sorts.

        Raises:
            DataError: Pictures or labels can't be used; the message names all reasons.
            SettingsError: A setting is impossible.
        """
        pictures, labels = _array(X), np.asarray(y)
        check_classification_targets(labels)
        labels = column_or_1d(labels, warn=True)  # as scikit-learn's own classifiers do
        if len(pictures) != len(labels):
            raise DataError(
                f"there are {len(pictures)} pictures and {len(labels)} labels",
                hint="give one label a picture",
            )
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        source, names = _source(pictures)
        catalog = catalog_of(
            [Sample(path=name, label=f"{number:09d}") for name, number in zip(names, numbers, strict=True)],
            name="the pictures in X",
            source=source,
        )
        settings = self.get_params(deep=False)
        with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
            self.classifier_, findings = train_without_test(
                catalog, out=Path(folder), narrator=Silent(), accept=("same-picture-two-classes",), **settings
            )
        for finding in findings:
            if finding.code == "unreadable-picture":
                warnings.warn(f"{finding.symptom}: {'; '.join(finding.evidence)}", stacklevel=2)
        return self

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the probability of each class, (N, C), in the order of `classes_`.

        Raises:
            PictureError: A picture can't be read.
        """
        check_is_fitted(self)
        classifier: Classifier = self.classifier_
        source, names = _source(_array(X))
        if not names:
            return np.empty((0, len(self.classes_)), dtype=np.float32)
        pixels = np.stack([classifier.format.read(source.read(name), name=name) for name in names])
        return classifier.probabilities(pixels)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the likeliest label of each picture, (N,)."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[likeliest]
        return labels

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether `fit` has been called."""
        return hasattr(self, "classifier_")


def _array(pictures: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return pictures as one array.

    Raises:
        DataError: They have different shapes, or there is no row of them.
    """
    try:
        array = np.asarray(pictures)
    except ValueError as error:
        raise DataError(
            f"the pictures in X have different shapes: {error}",
            hint="resize them to one shape, or give the paths of their files",
        ) from error
    if array.ndim == 0:
        raise DataError(f"X is {pictures!r}", hint="give pictures as (N, H, W) or (N, H, W, C), or paths as (N,)")
    return array


def _source(pictures: npt.NDArray[Any]) -> tuple[Source, list[str]]:
    """Return where the pictures are, and their names there."""
    if pictures.dtype.kind in "UO" and pictures.ndim == 1:
        return FolderSource(Path()), [str(path) for path in pictures]
    pixels = _bytes(pictures)
    return ArraySource(pixels), [f"X/{number:09d}" for number in range(len(pixels))]


def _bytes(pictures: npt.NDArray[Any]) -> Pixels:
    """Return pictures as uint8.

    Raises:
        DataError: The shape or the values are no pictures'.
    """
    if pictures.ndim not in (3, 4) or pictures.dtype.kind not in "uifb":
        raise DataError(
            f"X has the shape {pictures.shape} and holds {pictures.dtype}",
            hint="give pictures as (N, H, W) or (N, H, W, C), or paths as (N,)",
        )
    if pictures.dtype == np.uint8:
        return pictures
    low, high = (pictures.min(), pictures.max()) if pictures.size else (0, 0)
    whole = pictures.dtype.kind in "uib"
    if not (low >= 0 and high <= (BRIGHTEST if whole else 1)):  # also false for NaN
        raise DataError(
            f"X holds values from {low} to {high} as {pictures.dtype}",
            hint="expected whole numbers in 0..255 or floats in 0..1",
        )
    scaled: Pixels = np.rint(pictures * (1 if whole else BRIGHTEST)).astype(np.uint8)
    return scaled
