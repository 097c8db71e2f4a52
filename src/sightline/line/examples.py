"""Which training pictures a run keeps beside its model, to be shown as the nearest ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from sightline.core.errors import PictureError
from sightline.core.seeding import derived_seed
from sightline.data.catalog import TRAIN, Rows
from sightline.imaging.jpeg_thumbnail import thumbnail_of
from sightline.inference.classifier import Classifier
from sightline.inference.examples import write_examples
from sightline.inference.graph import Features
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared

MOST_EXAMPLES = 500
MOST_NUMBERS = 16 * 2**20
"""Features of all examples together: 32 MiB as float16, so that very wide ones are kept of fewer pictures."""


def keep_examples(
    path: Path,
    classifier: Classifier,
    prepared: Prepared,
    features: Callable[[Rows], Features],
    *,
    seed: int,
    narrator: Narrator,
) -> None:
    """Write small copies of some training pictures, and what the model's last layer read of them.

    Args:
        path: ``examples.safetensors`` of the run.
        classifier: The model as it will ship.
        features: What its last layer reads of rows of the training part, (n, F).
        seed: Decides which are kept.
        narrator: Is told of pictures that can't be read any more.
    """
    if not classifier.features:
        narrator.say("no training pictures are kept to be shown beside answers: the model has no features of them")
        return
    rows = some_of_each_class(prepared.split.rows(TRAIN), prepared.catalog.labels, _most(classifier), seed=seed)
    thumbnails = dict(_thumbnails(prepared, rows, narrator))
    kept = np.array(list(thumbnails), dtype=np.int64)
    places = {name: place for place, name in enumerate(classifier.classes)}
    labels = np.array([places[prepared.catalog.label_of(row)] for row in kept.tolist()], dtype=np.int64)
    thumbs = list(thumbnails.values())
    paths = [prepared.catalog.paths[row] for row in kept.tolist()]
    write_examples(path, classifier, labels=labels, features=features(kept), thumbnails=thumbs, paths=paths)


def some_of_each_class(rows: Rows, labels: Rows, most: int, *, seed: int) -> Rows:
    """Return some rows, ascending: as many of each class as the others have, as far as they go.

    Args:
        labels: The class of each row of the catalog.
    """
    shuffled = np.random.default_rng(derived_seed(seed, "examples")).permutation(rows)
    turns = np.empty(len(shuffled), dtype=np.int64)  # a row's place among those of its class
    for label in np.unique(labels[shuffled]):
        own = labels[shuffled] == label
        turns[own] = np.arange(own.sum())
    return np.sort(shuffled[np.argsort(turns, kind="stable")][:most])


def _most(classifier: Classifier) -> int:
    return min(MOST_EXAMPLES, MOST_NUMBERS // max(1, classifier.features))


def _thumbnails(prepared: Prepared, rows: Rows, narrator: Narrator) -> Iterator[tuple[int, bytes]]:
    """Yield each row and a small JPEG of its picture."""
    catalog = prepared.catalog
    for row in rows.tolist():
        name = catalog.paths[row]
        try:
            yield row, thumbnail_of(catalog.source.read(name), name=name, deep=prepared.preprocess.format.deep)
        except PictureError as error:
            narrator.say(f"not kept as an example: {error.problem}")
