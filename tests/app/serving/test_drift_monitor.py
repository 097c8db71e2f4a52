"""What the service says of pictures that no longer look like those of the training."""

import logging

import numpy as np
import pytest

from sightline.app.http.log import LOGGER
from sightline.app.serving.answers.drift import DriftMonitor
from sightline.app.serving.metrics import Metrics
from sightline.evaluation.trust.drift import DriftReference


def features(count, seed, shift=0.0):
    return (np.random.default_rng(seed).normal(size=(count, 30)) + shift).astype(np.float32)


@pytest.fixture
def metrics():
    return Metrics(["flowers"])


@pytest.fixture
def monitor(metrics):
    return DriftMonitor(
        "flowers", DriftReference.fitted(features(200, 0), features(200, 1)), metrics.of_model("flowers")
    )


def value(metrics, name):
    line = next(line for line in metrics.text().decode().splitlines() if line.startswith(f"{name}{{"))
    return float(line.rpartition(" ")[2])


def test_nobody_looks_before_there_are_enough_pictures(monitor, metrics):
    monitor.note(features(99, 2))
    assert value(metrics, "sightline_drift_accuracy") == 0


def test_pictures_that_changed_are_told_in_the_metrics_and_once_in_the_log(monitor, metrics, caplog):
    with caplog.at_level(logging.WARNING, logger=LOGGER.name):
        for seed in range(2, 7):
            monitor.note(features(100, seed))
        assert value(metrics, "sightline_drift_accuracy_low") < 0.5
        for seed in range(7, 12):
            monitor.note(features(100, seed, shift=1.0))

    assert value(metrics, "sightline_drift_accuracy_low") > 0.5
    assert len([record for record in caplog.records if "no longer look like" in record.getMessage()]) == 1
