import numpy as np

from sightline.core.intervals import wilson_interval
from sightline.evaluation.plane import plane_json

HALVES = np.repeat([[0, 1]], 4, axis=0).repeat(2, axis=1)


def test_pictures_beyond_the_drawing_are_counted(words):
    assert "Beyond the drawing: 1 picture." in words(x_span=(-0.5, 2.5))
    assert "Beyond" not in words()


def test_the_words_tell_both_errors_with_their_intervals(many, words):
    figures = many(100) | {"test_features": np.ones((50, 2)), "test_labels": np.zeros(50, int)}
    sentences = words(**figures, training_error=0.1, test_error=0.3)
    assert "Training error: 10.0 % of 100 pictures (95 % interval 5.5 to 17.4 %)." in sentences
    assert "Test error: 30.0 % of 50 pictures (95 % interval 19.1 to 43.8 %)." in sentences
    assert "errs clearly more often" in sentences
    assert "do not clearly differ" in words(**figures, training_error=0.25, test_error=0.3)
    assert "clearly less often" in words(**figures, training_error=0.6, test_error=0.3)


def test_json_holds_the_errors_and_not_the_drawing(plane):
    document = plane_json(plane(training_error=1 / 3))
    assert document["training_error_interval"] == wilson_interval(1, 3)
    assert document["features"] == ("First colour", "Second colour")
    assert set(document) == {
        "features", "training_error", "training_error_interval", "test_error", "test_error_interval",
    }  # fmt: skip
