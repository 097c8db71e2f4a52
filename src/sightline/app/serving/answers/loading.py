"""A model file, loaded aside and tried before anybody is answered by it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sightline.app.http.log import LOGGER
from sightline.core.errors import BundleError
from sightline.core.json_values import sayable
from sightline.imaging.photo import Pixels
from sightline.inference.bundle import TRAIN_AGAIN, bundle_file, missing_model
from sightline.inference.classifier import Classifier
from sightline.inference.examples import NAME, Examples, read_examples
from sightline.inference.manifest import is_calibrated
from sightline.inference.prediction import Neighbour
from sightline.inference.support.decision import Decided
from sightline.inference.tasks import load_classifier

Stamp = tuple[int, int, int]
"""When a file was written, its bytes and its inode: another stamp is another file."""
TRIED_PICTURES = 2


@dataclass(frozen=True)
class LoadedModel:
    """One version of a model.

    Args:
        name: What clients call it.
        digest: The SHA-256 sum of its file.
        stamp: Of its file when it was loaded.
        since: When it was loaded.
        examples: Training pictures to be shown beside answers, or None.
    """

    name: str
    classifier: Classifier
    digest: str
    stamp: Stamp
    since: datetime
    examples: Examples | None = None

    def answers(self, pixels: Pixels, *, neighbours: int) -> tuple[Decided, list[tuple[Neighbour, ...]] | list[None]]:
        """Return the model's answer, and the nearest training pictures where there are any.

        Args:
            pixels: (N, H, W, C) uint8.
            neighbours: How many; 0 for none, but for the nearest one where a picture of these is refused.
        """
        decided = self.classifier.decide(pixels)
        if self.examples is None:
            return decided, [None] * len(pixels)
        count = neighbours or int(any(self.classifier.refusals(decided)))
        if not count:
            return decided, [None] * len(pixels)
        features = self.classifier.with_features(pixels)[1] if decided.features is None else decided.features
        return decided, self.examples.nearest(features, count)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What stands in the list of models."""
        height, width, channels = self.classifier.format.shape
        manifest, calibration = self.classifier.manifest, self.classifier.calibration
        return {
            "name": self.name,
            "classes": list(self.classifier.classes),
            "input": {
                "height": height,
                "width": width,
                "channels": channels,
                "colours": self.classifier.format.colours,
            },
            "licence": manifest.get("licence", "unstated"),
            "figures": sayable(manifest.get("figures", {})),
            "calibrated": is_calibrated(manifest),
            "sets": calibration is not None,
            "examples": 0 if self.examples is None else len(self.examples),
            "words": calibration
            and {"meaning": self.classifier.sets_meaning, "refusal": self.classifier.refusal_meaning},
            "digest": self.digest,
            "loaded": self.since.isoformat(timespec="seconds"),
            "enrolled": {} if self.classifier.rule.roster is None else self.classifier.rule.roster.counts,
        }

    @cached_property
    def card(self) -> dict[str, Any]:
        """What stands on the model's own page: the summary and the whole manifest."""
        return self.summary | {"card": sayable(self.classifier.manifest)}


def stamp_of(place: Path) -> Stamp:
    """Return the stamp of a model file, or of the one in a run's folder.

    Raises:
        BundleError: There is no such file.
    """
    file = bundle_file(place)
    try:
        status = file.stat()
    except FileNotFoundError as error:
        raise missing_model(file) from error
    except OSError as error:
        raise BundleError(f"{file} can't be read: {error.strerror}", hint="put the model file back") from error
    return status.st_mtime_ns, status.st_size, status.st_ino


def load_and_try(name: str, place: Path, *, threads: int | None = None) -> LoadedModel:
    """Load a model and ask it once.

    Args:
        name: What clients call it.
        place: A model file, or a run's folder; of a folder the training pictures beside the model are shown too.
        threads: How many compute a batch together; None for as many as there are cores.

    Raises:
        BundleError: The file can't be loaded, changed meanwhile, or its answer is no probabilities.
        MissingExtraError: It is of format version 1, and torch is not installed.
    """
    file, before = bundle_file(place), stamp_of(place)
    if not file.is_file():  # a pipe would keep its reader waiting
        raise BundleError(f"{file} is no regular file", hint="put the model file there")
    classifier = load_classifier(file, threads=threads)
    if stamp_of(file) != before:
        raise BundleError(f"{file} changed while it was read", hint="write it aside and rename it into place")
    rows = classifier.probabilities(np.full((TRIED_PICTURES, *classifier.format.shape), 128, dtype=np.uint8))
    if not np.allclose(rows.sum(axis=1), 1, atol=1e-3):  # also false for NaN
        raise BundleError(f"{file}: a trial's probabilities sum to {rows.sum(axis=1)}, not to 1", hint=TRAIN_AGAIN)
    examples = _examples(name, place / NAME, classifier)
    return LoadedModel(name, classifier, classifier.digest, before, datetime.now(UTC), examples)


def _examples(name: str, beside: Path, classifier: Classifier) -> Examples | None:
    """Return the training pictures beside a model; a model answers without them, so what is wrong is logged.

    Args:
        name: What clients call the model.
        beside: Their file in the model's folder; below a model file there is nothing.
        classifier: The model that they must belong to.
    """
    if not beside.exists():
        return None
    try:
        return read_examples(beside, classifier)
    except BundleError as error:
        LOGGER.warning("%s: no training pictures are shown: %s -> %s", name, error.problem, error.hint)
        return None
