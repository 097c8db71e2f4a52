import numpy as np
import pytest
from sklearn.datasets import load_digits

from sightline.classical.features import Features


@pytest.fixture(scope="session")
def features_of():
    """Return a function from rows and labels to features, standardised by themselves or as others are."""

    def made(values, labels, *, classes=None, like=None):
        values = np.asarray(values, np.float32)
        labels = np.asarray(labels, np.int64)
        if like is not None:
            return Features(values, labels, like.mean, like.factor, like.classes)
        deviation = values.std(axis=0)
        factor = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0).astype(np.float32)
        return Features(values, labels, values.mean(axis=0), factor, classes or int(labels.max()) + 1)

    return made


@pytest.fixture(scope="session")
def digits(features_of):
    """Return a training part of 400 handwritten digits, 8 x 8 pixels from 0 to 16, and a validation part of 300."""
    values, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(values))
    training = features_of(values[order[:400]], labels[order[:400]])
    return training, features_of(values[order[400:700]], labels[order[400:700]], like=training)
