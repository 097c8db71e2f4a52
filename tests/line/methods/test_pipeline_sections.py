import numpy as np
import pytest

from sightline.evaluation.fitting import FittingFigures
from sightline.evaluation.plane import FeaturePlane
from sightline.evaluation.scores import score
from sightline.line.methods.pipeline.sections import pipeline_sections

FITTING = FittingFigures(1.0, (("classifier", 1.0),), "strength", ((0.1, 1.0, 0.7),), 0)


def scores_of(accuracy):
    """Return scores of 100 pictures of ten classes, so many of them right."""
    truth = np.repeat(np.arange(10), 10)
    answers = np.where(np.arange(100) % 10 < round(10 * accuracy), truth, (truth + 1) % 10)
    return score(truth, np.eye(10)[answers], classes=list("abcdefghij"), baseline_class=0)


def sections(*, validation_accuracy=0.7, test_accuracy=0.7, plane=None):
    return pipeline_sections(
        FITTING,
        training_accuracy=1.0,
        validation_accuracy=validation_accuracy,
        validation_count=400,
        scores=scores_of(test_accuracy),
        plane=plane,
    )


def plane():
    places, labels = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])
    return FeaturePlane(
        features=places,
        labels=labels,
        test_features=places,
        test_labels=labels,
        classes=("cat", "dog"),
        answers=np.array([[0, 1]]),
        x_span=(0.0, 1.0),
        y_span=(0.0, 1.0),
        axis_names=("first feature", "second feature"),
        training_error=0.0,
        test_error=0.0,
    )


@pytest.mark.parametrize(
    ("validation_accuracy", "kind"), [(0.7, "memorises"), (0.98, "sound"), (0.1, "learns-nothing")]
)
def test_a_fit_is_judged_by_its_accuracies(validation_accuracy, kind):
    (section,) = sections(validation_accuracy=validation_accuracy)
    assert section.as_json()["verdict"]["kind"] == kind
    assert section.as_json()["fitting"]["seconds"] == 1.0


@pytest.mark.parametrize(("test_accuracy", "kind"), [(0.1, "learns-nothing"), (0.7, "sound"), (1.0, "nothing-missing")])
def test_the_words_do_not_contradict_the_test_part(test_accuracy, kind):
    (section,) = sections(validation_accuracy=0.98, test_accuracy=test_accuracy)
    assert section.as_json()["verdict"]["kind"] == kind


def test_the_plane_has_a_section_where_there_is_one():
    assert [section.key for section in sections(plane=plane())] == ["fitting", "plane"]
    assert [section.key for section in sections()] == ["fitting"]
