"""Labels judged by answers that a run has written down already."""

import numpy as np

from sightline.core.errors import DataError
from sightline.core.text import listed
from sightline.data.catalog import Catalog
from sightline.line.comparison.predictions import Predicted
from sightline.line.methods.label_evidence import LabelEvidence

MOST_NAMED = 5
FEWEST_CLASSES = 2
"""A label is wrong beside another class."""


def answer_evidence(catalog: Catalog, predicted: Predicted) -> LabelEvidence:
    """Return what a model that has not learnt from them said of pictures.

    Args:
        predicted: Of pictures of the catalog, such as the test part of a run.

    Raises:
        DataError: They are answers about other pictures or classes, or about one class alone.
    """
    row_of = {path: row for row, path in enumerate(catalog.paths)}
    strangers = [path for path in predicted.paths if path not in row_of]
    if strangers or set(predicted.classes) != set(catalog.classes):
        about = f"pictures that are not there: {listed(strangers, MOST_NAMED)}" if strangers else "other classes"
        raise DataError(
            f"the answers do not fit {catalog.name}: they are about {about}",
            hint="name the data set that the run was made with",
        )
    asked = np.sort(np.array([row_of[path] for path in predicted.paths], dtype=np.int64))
    rows = asked[catalog.labelled[asked]]
    if (classes := len(np.unique(catalog.labels[rows]))) < FEWEST_CLASSES:
        raise DataError(
            f"the answers are about too few pictures of {catalog.name}: {len(rows):,} of {len(catalog):,}, "
            f"of {classes} class{'es' * (classes != 1)}",
            hint="give answers about pictures of two classes or more",
        )
    paths = [catalog.paths[row] for row in rows.tolist()]
    return LabelEvidence(rows, predicted.at(paths, catalog.classes).probabilities)
