"""What the service has done so far, for Prometheus: workers write files of one folder, and each can read the sums."""

import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
MODEL = "model"
"""The key in a request's state, and the label of a metric."""
NO_MODEL = ""
ATTEMPTS, PAUSE_SECONDS = 10, 0.001


@dataclass(frozen=True)
class ModelMetrics:
    """The metrics of one model.

    Args:
        waiting: Pictures that wait or are being answered.
        answered: Pictures that got an answer.
        refused: Pictures that got none, each with its reason.
        batches: The pictures of each batch.
        drift: How often the last pictures can be told from known ones; 0.5 is chance, 0 before anybody has looked.
        least_drift: The lower end of its 99 % interval; above 0.5 the pictures have drifted.
    """

    waiting: Gauge
    answered: Counter
    refused: Counter
    batches: Histogram
    drift: Gauge
    least_drift: Gauge


class Metrics:
    """Everything that is counted; a model's name is always one that is served, or empty.

    Args:
        models: The names of those that are served.
        folder: Where all workers write, which is what ``PROMETHEUS_MULTIPROC_DIR`` says; None for one process alone.

    Attributes:
        connections: How many are open.
        workers: How many have their models.
    """

    def __init__(self, models: Iterable[str] = (), *, folder: Path | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._folder, self._registry = folder, CollectorRegistry()
        self._requests = self._counter("requests", "Requests by model and status.", "status")
        self._pictures = self._counter("pictures", "Pictures by model and outcome.", "outcome")
        self._waiting = self._gauge("queue_pictures", "Pictures that wait or are being answered.", MODEL)
        self._drift = self._largest("drift_accuracy", "How often new pictures are told from known ones; 0.5 is chance.")
        self._least_drift = self._largest("drift_accuracy_low", "Its lower end; above 0.5 the pictures have drifted.")
        self.connections = self._gauge("connections", "Open connections.")
        self.workers = self._gauge("processes", "Processes that have their models.")
        self._batches = self._histogram("batch_pictures", "Pictures of a batch.", SIZES)
        self._seconds = self._histogram("request_seconds", "Seconds from the headers to the answer's end.", SECONDS)
        self.of_model = cache(self._of_model)
        for model in models:
            self.of_model(model)

    def observe_request(self, state: Mapping[str, Any], status: int, seconds: float) -> None:
        """Count a request that is over.

        Args:
            state: Names the model if pictures were handed to one.
            status: 200 to 599.
            seconds: From the headers to the answer's end.
        """
        model = state.get(MODEL, NO_MODEL)
        self._requests.labels(model, status).inc()
        self._seconds.labels(model).observe(seconds)

    def count_of_workers(self) -> int:
        """Return how many workers have their models."""
        families = self._readable().collect()
        samples = [sample for family in families for sample in family.samples]
        return int(sum(sample.value for sample in samples if sample.name == "sightline_processes"))

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._readable())

    def _readable(self) -> CollectorRegistry:
        if self._folder is None:
            return self._registry
        registry = CollectorRegistry()
        collector = _PatientCollector(None, path=str(self._folder))  # type: ignore[no-untyped-call]
        registry.register(collector)
        return registry

    def _of_model(self, model: str) -> ModelMetrics:
        return ModelMetrics(
            self._waiting.labels(model),
            self._pictures.labels(model, "answered"),
            self._pictures.labels(model, "refused"),
            self._batches.labels(model),
            self._drift.labels(model),
            self._least_drift.labels(model),
        )

    def _counter(self, name: str, meaning: str, label: str) -> Counter:
        return Counter(f"sightline_{name}", meaning, [MODEL, label], registry=self._registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"sightline_{name}", meaning, labels, registry=self._registry, multiprocess_mode="livesum")

    def _largest(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"sightline_{name}", meaning, [MODEL], registry=self._registry, multiprocess_mode="livemax")

    def _histogram(self, name: str, meaning: str, bounds: Iterable[float]) -> Histogram:
        return Histogram(f"sightline_{name}", meaning, [MODEL], buckets=tuple(bounds), registry=self._registry)


class _PatientCollector(MultiProcessCollector):
    """Reads the files of all workers, also while one of them is just being made and has no length yet."""

    def collect(self) -> Any:
        for _ in range(ATTEMPTS):
            try:
                return super().collect()  # type: ignore[no-untyped-call]
            except struct.error:
                time.sleep(PAUSE_SECONDS)
        return super().collect()  # type: ignore[no-untyped-call]
