"""sightline turns a folder of labelled pictures into a classifier that its user can trust, and shows why.

In three steps::

    catalog = sightline.open_catalog("flowers")
    run = sightline.train(catalog, model="basic-cnn", out="run")
    sightline.load("run/model.sightline").predict("new.jpg")

Importing this package imports neither torch nor NumPy; each name fetches what it needs when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sightline.core.runtimes import stay_quiet, wait_briefly

if TYPE_CHECKING:
    from sightline.app.api import train
    from sightline.app.estimator import ImageClassifier
    from sightline.app.serving.service import serve
    from sightline.core.errors import SightlineError
    from sightline.data.opening import open_catalog
    from sightline.inference.classifier import load

wait_briefly()
stay_quiet()

__version__ = "0.1.0"

__all__ = ["ImageClassifier", "SightlineError", "load", "open_catalog", "serve", "train"]

_HOMES = {
    "ImageClassifier": "sightline.app.estimator",
    "SightlineError": "sightline.core.errors",
    "load": "sightline.inference.classifier",
    "open_catalog": "sightline.data.opening",
    "serve": "sightline.app.serving.service",
    "train": "sightline.app.api",
}

_TRAINING = ("ImageClassifier", "train")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sightline' has no attribute {name!r}")
    if name in _TRAINING:
        from sightline.core.choose import require_extra

        require_extra("torch", "sklearn", extra="train", purpose=f"sightline.{name}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
