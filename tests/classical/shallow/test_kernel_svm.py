import numpy as np
import pytest
from sklearn.svm import SVC

from sightline.classical.features import Features
from sightline.classical.plan import Plan
from sightline.classical.shallow import kernel_svm as module
from sightline.classical.shallow.kernel_svm import kernel_svm
from sightline.core.errors import SettingsError


def answers(fitted, part):
    return fitted.scores(part.rows(slice(None))).numpy()


def test_rbf_is_scikit_learn_s_one_class_against_the_rest(digits):
    training, validation = digits
    fitted = kernel_svm(*digits, Plan(("hog",), kernel="rbf", strength=0.001), seed=0)
    scores = answers(fitted, validation)
    machine = SVC(C=1 / (0.001 * len(training)))
    for label in (0, 7):
        machine.fit(training.rows(slice(None)), training.labels == label)
        expected = machine.decision_function(validation.rows(slice(None)))
        np.testing.assert_allclose(scores[:, label], expected, atol=1e-2)


@pytest.mark.parametrize("kernel", ["linear", "rbf", "intersection", "chi-square"])
def test_each_kernel_learns_histograms(kernel, digits):
    plain = [Features(part.values / 16, part.labels, 0 * part.mean, 0 * part.mean + 1, 10) for part in digits]
    fitted = kernel_svm(*plain, Plan(("hog",), kernel=kernel), seed=0)
    trial = fitted.trials[fitted.chosen]
    right = np.mean(answers(fitted, plain[1]).argmax(axis=1) == plain[1].labels)
    assert right == pytest.approx(trial.validation_accuracy, abs=0.004)
    assert right > 0.9
    assert len(fitted.scores.supports) < len(plain[0])


def test_strengths_are_tried_from_strong_to_weak(digits):
    values = [trial.value for trial in kernel_svm(*digits, Plan(("hog",), kernel="linear"), seed=0).trials]
    assert values[0] == pytest.approx(0.1 * 60, rel=0.05)  # 60 of 64 pixels vary
    assert values == sorted(values, reverse=True)


def test_too_many_pictures_are_refused_with_the_way_out(digits, monkeypatch):
    monkeypatch.setattr(module, "MOST_PICTURES", 399)
    with pytest.raises(SettingsError, match=r"400 training pictures.*399 at most.*\n.*classifier=svm.*kernel_map"):
        kernel_svm(*digits, Plan(("hog",)), seed=0)
