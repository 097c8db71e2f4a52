import numpy as np
import pytest

from sightline.evaluation.layers import LayerCourse, Layers
from sightline.evaluation.plane import FeaturePlane, plane_words

HALVES = np.repeat([[0, 1]], 4, axis=0).repeat(2, axis=1)


@pytest.fixture
def plane():
    """Return a maker of planes with two classes, the answers half and half."""

    def make(**changes):
        values = {
            "features": np.array([[0.0, 1.0], [1.0, 3.0], [3.0, 0.0]]),
            "labels": np.array([0, 0, 1]),
            "test_features": np.array([[2.0, 2.5]]),
            "test_labels": np.array([1]),
            "classes": ("cat", "dog"),
            "answers": HALVES,
            "x_span": (-0.5, 3.5),
            "y_span": (-0.5, 3.5),
            "axis_names": ("First colour", "Second colour"),
            "training_error": 0.0,
            "test_error": 0.0,
        }
        return FeaturePlane(**(values | changes))

    return make


@pytest.fixture
def many():
    """Return a maker of the figures of a plane with many pictures."""

    def make(count, classes=2, seed=0):
        chance = np.random.default_rng(seed)
        return {"features": chance.uniform(0, 3, (count, 2)), "labels": chance.integers(classes, size=count)}

    return make


@pytest.fixture
def words(plane):
    """Return a function from changes of a plane to what is said of it."""

    def make(**changes):
        return " ".join(plane_words(plane(**changes))).replace("\u00a0", " ")

    return make


@pytest.fixture
def course():
    """Return a maker of what a layer was like over two epochs."""

    def make(name="conv1", **changes):
        nothing = (None, None)
        values = dict.fromkeys(("weights", "gradients", "outputs", "dead", "saturated"), nothing)
        return LayerCourse(name=name, kind="Conv2d", **(values | changes))

    return make


@pytest.fixture
def layers():
    """Return a maker of layers from their courses."""

    def make(*courses):
        return Layers(courses=courses, epochs=(1, 2), pictures=64)

    return make


@pytest.fixture
def drawn():
    """Return a maker of logits and labels."""

    def make(seed, count, classes=5, *, sureness=1.0):
        """Return logits that are too large by `sureness`, and labels drawn from their true probabilities."""
        generator = np.random.default_rng(seed)
        logits = generator.normal(size=(count, classes)) * 2
        labels = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)  # a draw from their softmax
        return logits * sureness, labels

    return make
