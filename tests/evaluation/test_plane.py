import numpy as np

from sightline.evaluation.plane import FeaturePlane, plane_json, plane_words
from sightline.evaluation.scores import wilson_interval

HALVES = np.repeat([[0, 1]], 4, axis=0).repeat(2, axis=1)


def plane(**changes):
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


def many(count, classes=2, seed=0):
    chance = np.random.default_rng(seed)
    return {"features": chance.uniform(0, 3, (count, 2)), "labels": chance.integers(classes, size=count)}


def words(**changes):
    return " ".join(plane_words(plane(**changes))).replace("\u00a0", " ")


def test_pictures_beyond_the_drawing_are_counted():
    assert "Beyond the drawing: 1 picture." in words(x_span=(-0.5, 2.5))
    assert "Beyond" not in words()


def test_the_words_tell_both_errors_with_their_intervals():
    figures = many(100) | {"test_features": np.ones((50, 2)), "test_labels": np.zeros(50, int)}
    sentences = words(**figures, training_error=0.1, test_error=0.3)
    assert "Training error: 10.0 % of 100 pictures (95 % interval 5.5 to 17.4 %)." in sentences
    assert "Test error: 30.0 % of 50 pictures (95 % interval 19.1 to 43.8 %)." in sentences
    assert "errs clearly more often" in sentences
    assert "do not clearly differ" in words(**figures, training_error=0.25, test_error=0.3)
    assert "clearly less often" in words(**figures, training_error=0.6, test_error=0.3)


def test_json_holds_the_errors_and_not_the_drawing():
    document = plane_json(plane(training_error=1 / 3))
    assert document["training_error_interval"] == wilson_interval(1, 3)
    assert document["features"] == ("First colour", "Second colour")
    assert set(document) == {
        "features", "training_error", "training_error_interval", "test_error", "test_error_interval",
    }  # fmt: skip
