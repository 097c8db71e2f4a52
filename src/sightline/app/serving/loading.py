"""A model file, loaded aside and tried before anybody is answered by it."""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.errors import BundleError
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.classifier import Classifier, load

Stamp = tuple[int, int, int]
"""When a file was written, its bytes and its inode: another stamp is another file."""
TRIED_PICTURES = 2


@dataclass(frozen=True)
class Loaded:
    """One version of a model.

    Args:
        name: What clients call it.
        classifier: The model.
        digest: The SHA-256 sum of its file.
        stamp: Of its file.
        since: When it was loaded.
    """

    name: str
    classifier: Classifier
    digest: str
    stamp: Stamp
    since: datetime

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
            "calibrated": calibration is not None,
            "sets": calibration is not None,
            "words": calibration and {"meaning": calibration.meaning, "refusal": calibration.refusal},
            "digest": self.digest,
            "loaded": self.since.isoformat(timespec="seconds"),
        }

    @cached_property
    def card(self) -> dict[str, Any]:
        """What stands on the model's own page: the summary and the whole manifest."""
        return self.summary | {"card": sayable(self.classifier.manifest)}


def stamp_of(file: Path) -> Stamp:
    """Return a file's stamp.

    Raises:
        BundleError: There is no such file.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise BundleError(f"{file} can't be read: {error.strerror}", hint="put the model file back") from error
    return status.st_mtime_ns, status.st_size, status.st_ino


def load_and_try(name: str, file: Path) -> Loaded:
    """Load a model and ask it once.

    Raises:
        BundleError: The file can't be loaded, changed meanwhile, or its answer is no probabilities.
        MissingExtraError: It is of format version 1, and torch is not installed.
    """
    before = stamp_of(file)
    classifier = load(file)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if stamp_of(file) != before:
        raise BundleError(f"{file} changed while it was read", hint="write it aside and rename it into place")
    rows = classifier.probabilities(np.full((TRIED_PICTURES, *classifier.format.shape), 128, dtype=np.uint8))
    if not np.allclose(rows.sum(axis=1), 1, atol=1e-3):  # also false for NaN
        raise BundleError(f"{file}: a trial's probabilities sum to {rows.sum(axis=1)}, not to 1", hint=TRAIN_AGAIN)
    return Loaded(name, classifier, digest, before, datetime.now(UTC))


def sayable(value: Any) -> Any:
    """Return a manifest's value with None for what JSON has no word for: infinity and what is no number."""
    if isinstance(value, dict):
        return {key: sayable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [sayable(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
