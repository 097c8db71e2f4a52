"""What the verbs take: a data set or where it is, a model or where it is."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeGuard

from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.data.opening import open_catalog

if TYPE_CHECKING:
    from sightline.inference.classifier import Classifier
    from sightline.inference.pictures import Picture

ONE_PICTURE = (2, 3)
"""Dimensions of an array that is one picture: (H, W) and (H, W, C)."""

Place = str | os.PathLike[str]
"""A path."""


def catalog_of(data: Catalog | Place, *, download: bool = False, folders: Folders = "auto") -> Catalog:
    """Return a catalog as it is, and open any other data set; see `open_catalog`.

    Raises:
        DataError: There is nothing there that could be a data set.
    """
    return data if isinstance(data, Catalog) else open_catalog(data, download=download, folders=folders)


def is_one(pictures: "Picture | Iterable[Picture]") -> "TypeGuard[Picture]":
    """Return whether this is one picture, and not many of them."""
    import numpy as np
    from PIL.Image import Image

    if isinstance(pictures, np.ndarray):
        return pictures.ndim in ONE_PICTURE
    return isinstance(pictures, str | os.PathLike | bytes | Image)


def classifier_of(model: "Classifier | Place", *, threads: int | None = None) -> "Classifier":
    """Return a classifier as it is, and load any other model.

    Args:
        model: A classifier, a ``model.sightline`` file or a run's folder.
        threads: How many compute a batch together, 1 or more; None takes one a core.

    Raises:
        BundleError: The file is missing, damaged, foreign or too new.
    """
    from sightline.inference.classifier import Classifier
    from sightline.inference.tasks import load_classifier

    return model if isinstance(model, Classifier) else load_classifier(model, threads=threads)
