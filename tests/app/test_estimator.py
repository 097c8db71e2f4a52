import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sightline import ImageClassifier
from sightline.core.errors import DataError, PictureError, SettingsError
from sightline.line.settings.tables import SETTINGS


@pytest.fixture
def pictures():
    """Forty grey pictures of two classes that are easy to tell apart."""
    generator = np.random.default_rng(0)
    labels = np.arange(40) % 2
    pixels = generator.integers(0, 100, (40, 16, 16), dtype=np.uint8)
    pixels[labels == 1, :8] += 120
    return pixels, labels


def estimator(**changes):
    return ImageClassifier(**({"model": "linear", "epochs": 4, "learning_rate": 0.01} | changes))


def test_it_learns_what_can_be_learnt(pictures):
    assert estimator().fit(*pictures).score(*pictures) == 1


def test_it_takes_every_setting_that_makes_sense_for_it():
    assert set(ImageClassifier().get_params()) == set(SETTINGS) - {"data", "folders", "test_fraction", "accept"}


def test_its_defaults_are_those_of_the_command_line():
    for name, value in ImageClassifier().get_params().items():
        assert value == SETTINGS[name].default


def test_cloning_keeps_the_settings_and_forgets_what_was_learnt(pictures):
    fitted = estimator(seed=3).fit(*pictures)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(pictures[0])


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, copy.copy, lambda one: pickle.loads(pickle.dumps(one))],  # noqa: S301 - our own bytes
)
def test_what_is_fitted_can_be_copied_and_sent_to_another_process(copied, pictures):
    fitted = estimator().fit(*pictures)

    twin = copied(fitted)

    np.testing.assert_array_equal(twin.predict_proba(pictures[0]), fitted.predict_proba(pictures[0]))
    assert twin.get_params() == fitted.get_params()
    assert twin.classifier_.network is not None


def test_processes_ask_what_was_fitted_in_another_one(pictures):
    fitted = estimator().fit(*pictures)

    scores = joblib.Parallel(n_jobs=2)(joblib.delayed(fitted.score)(*pictures) for _ in range(2))

    assert scores == [fitted.score(*pictures)] * 2


def test_settings_can_be_changed():
    assert estimator().set_params(epochs=2, hidden=(8,)).get_params()["hidden"] == (8,)


def test_the_same_seed_gives_the_same_probabilities(pictures):
    first, second = (estimator().fit(*pictures).predict_proba(pictures[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_it_works_in_cross_validation_and_grid_search(pictures):
    assert cross_val_score(estimator(), *pictures, cv=2).min() > 0.9
    search = GridSearchCV(estimator(epochs=2), {"learning_rate": [1e-9, 0.01]}, cv=2).fit(*pictures)
    assert search.best_params_ == {"learning_rate": 0.01}


def test_it_votes_beside_an_estimator_of_scikit_learn(pictures):
    flat = make_pipeline(FunctionTransformer(lambda X: np.reshape(X, (len(X), -1)) / 255), LogisticRegression())
    voting = VotingClassifier([("ours", estimator()), ("theirs", flat)], voting="soft")
    assert voting.fit(*pictures).score(*pictures) == 1


def test_labels_may_be_text_and_come_back(pictures):
    names = np.array(["yak", "ant"])[pictures[1]]
    fitted = estimator().fit(pictures[0], names)
    assert fitted.classes_.tolist() == ["ant", "yak"]
    assert fitted.predict(pictures[0]).tolist() == names.tolist()


def test_ten_and_more_numeric_labels_keep_their_order(pictures):
    labels = np.arange(40) % 12 - 1
    fitted = estimator(epochs=1).fit(pictures[0], labels)
    assert fitted.classes_.tolist() == sorted(set(labels.tolist()))
    assert fitted.predict_proba(pictures[0]).shape == (40, 12)


def test_probabilities_sum_to_one_and_the_largest_is_the_answer(pictures):
    fitted = estimator().fit(*pictures)
    shares = fitted.predict_proba(pictures[0])
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(fitted.classes_[shares.argmax(axis=1)], fitted.predict(pictures[0]))


def test_paths_are_taken_as_pictures(flowers):
    paths = sorted(flowers.glob("ant/*.png")) + sorted(flowers.glob("fox/*.png"))
    labels = [path.parent.name for path in paths]
    fitted = estimator(epochs=8).fit([str(path) for path in paths], labels)
    assert fitted.score(np.array(paths, dtype=object), labels) > 0.9


@pytest.mark.parametrize(
    "convert", [lambda X: X / 255, lambda X: (X / 255).astype(np.float32), lambda X: X.astype(int)]
)
def test_other_number_types_are_the_same_pictures(convert, pictures):
    pixels, labels = pictures
    expected = estimator().fit(pixels, labels).predict_proba(pixels)
    np.testing.assert_array_equal(estimator().fit(convert(pixels), labels).predict_proba(convert(pixels)), expected)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((40, 256), np.uint8),
        np.zeros((40, 16, 16, 2), np.uint8),
        np.zeros((40, 2, 16, 16, 3), np.uint8),
        np.full((40, 16, 16), 255.0),
        np.full((40, 16, 16), -1),
        np.full((40, 16, 16), 256),
        np.full((40, 16, 16), np.nan),
        np.zeros((40, 16, 16), complex),
        np.zeros((39, 16, 16), np.uint8),
        np.zeros((0, 16, 16), np.uint8),
        [np.zeros((16, 16), np.uint8)] * 39 + [np.zeros((8, 8), np.uint8)],
        7,
    ],
)
def test_what_are_no_pictures_is_refused(wrong, pictures):
    with pytest.raises(DataError):
        estimator().fit(wrong, pictures[1])


def test_one_class_is_refused(pictures):
    with pytest.raises(DataError, match="one-class"):
        estimator().fit(pictures[0], np.zeros(40, int))


def test_labels_that_are_measurements_are_refused(pictures):
    with pytest.raises(ValueError, match="continuous"):
        estimator().fit(pictures[0], np.linspace(0, 1, 40))


def test_an_impossible_setting_is_told_when_it_is_used(pictures):
    with pytest.raises(SettingsError, match="epochs"):
        estimator(epochs=0).fit(*pictures)


def test_an_unreadable_path_is_named_in_a_warning_and_left_out(few):
    (few / "ant" / "broken.png").write_bytes(b"no picture")
    paths = sorted(few.rglob("*.png"))
    labels = [path.parent.name for path in paths]
    with pytest.warns(UserWarning, match=r"broken\.png"):
        fitted = estimator(epochs=1).fit([str(path) for path in paths], labels)
    with pytest.raises(PictureError, match=r"broken\.png"):
        fitted.predict([str(path) for path in paths])


def test_no_pictures_have_no_answers(pictures):
    fitted = estimator(epochs=1).fit(*pictures)
    assert fitted.predict_proba(np.zeros((0, 16, 16), np.uint8)).shape == (0, 2)
    assert fitted.predict(np.zeros((0, 16, 16), np.uint8)).shape == (0,)


def test_labels_in_a_column_are_taken_with_scikit_learn_s_warning_and_in_two_columns_refused():
    pictures, labels = np.zeros((4, 8, 8), dtype=np.uint8), np.array([0, 1, 0, 1])
    with pytest.raises(ValueError, match="1d array"):
        ImageClassifier(model="linear").fit(pictures, np.stack([labels, labels], axis=1))
    with pytest.warns(DataConversionWarning, match="column-vector"), pytest.raises(DataError):
        ImageClassifier(model="linear").fit(pictures, labels[:, None])
