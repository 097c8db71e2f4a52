"""Whether the pictures that a model is asked about still look like those of its training."""

import numpy as np

from sightline.app.http.log import LOGGER
from sightline.app.serving.metrics import ModelMetrics
from sightline.evaluation.trust.drift import DriftReference, drift_of
from sightline.inference.graph import Features

WINDOW, STEP = 500, 100
"""Pictures that are looked at, the last ones, and new ones until they are looked at again: some 2 ms of a core."""


class DriftMonitor:
    """Looks at the last pictures of one worker, from time to time; only the thread that asks the model calls it.

    Args:
        model: The name by which it is served.
        reference: What the pictures are compared with.
        metrics: Where it is said how well they can be told from known ones.
    """

    def __init__(self, model: str, reference: DriftReference, metrics: ModelMetrics) -> None:
        self._model, self._reference, self._metrics = model, reference, metrics
        self._places = np.empty((0, reference.axes.shape[1]), np.float32)
        self._new, self._has_drifted = 0, False

    def note(self, features: Features) -> None:
        """Take in what the model's last layer read of some pictures, (N, F)."""
        self._places = np.concatenate([self._places, self._reference.along(features)])[-WINDOW:]
        self._new += len(features)
        if self._new >= STEP:
            self._new = 0
            self._look()

    def _look(self) -> None:
        drift = drift_of(self._reference, self._places)
        if drift is None:
            return
        self._metrics.drift.set(drift.accuracy)
        self._metrics.least_drift.set(drift.interval[0])
        if drift.has_drifted != self._has_drifted:
            self._has_drifted = drift.has_drifted
            LOGGER.warning("%s: %s", self._model, drift.words)
