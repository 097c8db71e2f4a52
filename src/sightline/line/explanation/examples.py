"""The training pictures beside a model."""

import os
from pathlib import Path

from sightline.inference.classifier import Classifier
from sightline.inference.examples import Examples, read_examples
from sightline.line.run import Run


def examples_beside(model: Classifier | str | os.PathLike[str], classifier: Classifier) -> Examples | None:
    """Return the training pictures in a run's folder; None where there are none, or no folder was named.

    Args:
        model: As its user named it.
        classifier: The same model, which they must belong to.

    Raises:
        BundleError: They are damaged, or belong to another model.
    """
    if isinstance(model, Classifier) or not Path(model).is_dir():
        return None
    path = Run(Path(model)).examples
    return read_examples(path, classifier) if path.exists() and classifier.features else None
