"""sightline turns a folder of labelled pictures into a classifier that its user can trust, and shows why.

In four steps::

    sightline.check("flowers").errors
    run = sightline.train("flowers", out="new-run", model="basic-cnn", epochs=5)
    sightline.evaluate("new-run", "flowers").scores.accuracy
    sightline.predict("new-run", "new.png").label

Every verb of the command line is a function here, with the same words and the same results; none of them prints.
Importing this package imports neither torch nor NumPy; each name fetches what it needs when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sightline.core.runtimes import disable_telemetry, shorten_spinning
from sightline.core.version import __version__ as __version__

if TYPE_CHECKING:
    from sightline.app.api.augment import augment
    from sightline.app.api.check import check
    from sightline.app.api.compare import compare
    from sightline.app.api.crossval import crossval
    from sightline.app.api.enroll import classes, enroll, forget
    from sightline.app.api.ensemble import ensemble
    from sightline.app.api.evaluate import evaluate
    from sightline.app.api.explain import explain
    from sightline.app.api.export import export
    from sightline.app.api.inspect import inspect
    from sightline.app.api.predict import predict
    from sightline.app.api.preflight import preflight
    from sightline.app.api.runs import runs
    from sightline.app.api.search import search
    from sightline.app.api.show import show
    from sightline.app.api.summary import summary
    from sightline.app.api.train import train
    from sightline.app.api.verify import verify
    from sightline.app.estimator import ImageClassifier
    from sightline.app.serving.service import serve
    from sightline.core.errors import SightlineError
    from sightline.data.opening import open_catalog
    from sightline.inference.tasks import load

shorten_spinning()
disable_telemetry()

__all__ = [
    "ImageClassifier",
    "SightlineError",
    "augment",
    "check",
    "classes",
    "compare",
    "crossval",
    "enroll",
    "ensemble",
    "evaluate",
    "explain",
    "export",
    "forget",
    "inspect",
    "load",
    "open_catalog",
    "predict",
    "preflight",
    "runs",
    "search",
    "serve",
    "show",
    "summary",
    "suspects",
    "train",
    "verify",
]

_HOMES = {
    "ImageClassifier": "sightline.app.estimator",
    "SightlineError": "sightline.core.errors",
    "augment": "sightline.app.api.augment",
    "check": "sightline.app.api.check",
    "classes": "sightline.app.api.enroll",
    "enroll": "sightline.app.api.enroll",
    "compare": "sightline.app.api.compare",
    "crossval": "sightline.app.api.crossval",
    "ensemble": "sightline.app.api.ensemble",
    "evaluate": "sightline.app.api.evaluate",
    "explain": "sightline.app.api.explain",
    "export": "sightline.app.api.export",
    "forget": "sightline.app.api.enroll",
    "inspect": "sightline.app.api.inspect",
    "load": "sightline.inference.tasks",
    "open_catalog": "sightline.data.opening",
    "predict": "sightline.app.api.predict",
    "preflight": "sightline.app.api.preflight",
    "runs": "sightline.app.api.runs",
    "search": "sightline.app.api.search",
    "serve": "sightline.app.serving.service",
    "show": "sightline.app.api.show",
    "summary": "sightline.app.api.summary",
    "suspects": "sightline.app.api.suspects",
    "train": "sightline.app.api.train",
    "verify": "sightline.app.api.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sightline' has no attribute {name!r}")
    if name == "ImageClassifier":  # its base classes are scikit-learn's
        from sightline.core.choose import require_extra

        require_extra("torch", "sklearn", extra="train", purpose="sightline.ImageClassifier")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
