import io

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load as load_tensors

from sightline.core.errors import BundleError, PictureError
from sightline.inference.bundle import bundle_of, write_bundle
from sightline.inference.graph import MOST_SAMPLES
from sightline.inference.prediction import Prediction
from sightline.inference.tasks import load


def test_a_file_is_named_with_every_class_likeliest_first(classifier, saved):
    prediction = classifier.predict(saved("a.png"))
    shares = list(prediction.probabilities.values())
    assert set(prediction.probabilities) == {"ant", "bee", "cat"}
    assert shares == sorted(shares, reverse=True)
    assert (prediction.label, prediction.confidence) == next(iter(prediction.probabilities.items()))


@pytest.mark.parametrize("shape", [(14, 20), (14, 20, 1), (14, 20, 3), (14, 20, 4)])
def test_an_array_is_named(shape, classifier, picture):
    assert sum(classifier.predict(picture(*shape)).probabilities.values()) == pytest.approx(1)


def test_an_array_and_its_file_have_the_same_answer(classifier, saved, picture):
    from_file = classifier.predict(saved("a.png")).probabilities
    assert classifier.predict(picture(14, 20, 3)).probabilities == from_file


@pytest.mark.parametrize("array", [np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4), np.uint8)])
def test_an_array_that_is_no_picture_is_refused(array, classifier):
    with pytest.raises(PictureError, match="the picture"):
        classifier.predict(array)


@pytest.mark.parametrize("other", [None, 7, ["a.png"], bytearray(b"x"), {"path": "a.png"}, object()])
def test_what_is_no_picture_at_all_is_refused_in_words(other, classifier):
    with pytest.raises(PictureError, match=f"the picture is a {type(other).__name__}; expected a path") as caught:
        classifier.predict(other)
    assert "predict_many" in caught.value.hint


def test_a_pillow_image_that_can_t_be_decoded_is_refused_in_words(classifier, saved):
    content = saved("a.png", size=(200, 140)).read_bytes()
    with pytest.raises(PictureError, match="is a Pillow image that can't be decoded"):
        classifier.predict(Image.open(io.BytesIO(content[: len(content) // 2])))
    closed = Image.open(io.BytesIO(content))
    closed.close()
    with pytest.raises(PictureError, match="is a Pillow image that can't be decoded"):
        classifier.predict(closed)


def test_a_pillow_image_stays_as_it_was(classifier, saved):
    with Image.open(saved("a.jpg", size=(200, 140))) as image:
        unread, loaded = classifier.predict(image), classifier.predict(image.copy())
        assert (image.size, image.mode) == ((200, 140), "RGB")
        np.testing.assert_array_equal(np.asarray(image), np.asarray(image.copy()))
    assert unread.probabilities == classifier.predict(saved("a.jpg", size=(200, 140))).probabilities
    assert unread.confidence == pytest.approx(loaded.confidence, abs=0.05)


def test_many_pictures_of_every_kind_are_answered_and_named_by_their_place(classifier, saved, picture):
    path, pixels = saved("a.png"), picture(14, 20, 3)
    with Image.open(path) as image:
        rows = list(classifier.predict_many([path, path.read_bytes(), image, pixels, 7]))
    assert [row.path for row in rows] == [str(path), "picture 2", "picture 3", "picture 4", "picture 5"]
    assert all(row.probabilities == rows[0].probabilities for row in rows[:4])
    assert "picture 5 is a int" in rows[4].error


def test_a_missing_file_is_refused_by_name(classifier, tmp_path):
    with pytest.raises(PictureError, match=r"none\.png does not exist"):
        classifier.predict(tmp_path / "none.png")


def test_many_pictures_are_answered_as_each_alone(classifier, saved):
    paths = [saved(f"{number}.png", seed=number) for number in range(5)]
    alone = [classifier.predict(path) for path in paths]
    for one, other in zip(alone, classifier.predict_many(paths), strict=True):
        assert (one.path, one.label) == (other.path, other.label)
        for name in one.probabilities:
            assert one.probabilities[name] == pytest.approx(other.probabilities[name], abs=1e-5)


def test_a_broken_picture_has_its_error_in_its_place_and_the_others_are_right(classifier, saved, tmp_path):
    (tmp_path / "b.png").write_bytes(b"no picture")
    paths = [saved("a.png"), tmp_path / "b.png", tmp_path / "none.png", saved("c.png", seed=3)]
    rows = list(classifier.predict_many(paths))
    assert [row.path for row in rows] == [str(path) for path in paths]
    assert [bool(row.error) for row in rows] == [False, True, True, False]
    assert rows[3].label == classifier.predict(paths[3]).label
    assert (rows[1].probabilities, rows[1].label, rows[1].confidence) == ({}, "", 0)


def test_more_pictures_than_a_batch_come_in_order(classifier, saved):
    paths = [saved("a.png"), saved("b.png", seed=1)]
    rows = list(classifier.predict_many(paths[number % 2] for number in range(MOST_SAMPLES + 3)))
    assert [row.path for row in rows[-3:]] == [
        str(paths[number % 2]) for number in range(MOST_SAMPLES, MOST_SAMPLES + 3)
    ]
    assert rows[-1].label == rows[0].label


def test_no_pictures_have_no_answers(classifier):
    assert list(classifier.predict_many([])) == []
    assert classifier.probabilities(np.empty((0, 16, 12, 3), np.uint8)).shape == (0, 3)


@pytest.mark.parametrize("name", ["mlp", "basic-cnn", "quick-cnn"])
def test_probabilities_sum_to_one_and_are_the_same_alone_and_in_a_batch(name, tmp_path, parts_of, picture):
    write_bundle(tmp_path / "model", bundle_of(*parts_of(name, size=(32, 32))))
    classifier, pictures = load(tmp_path / "model"), picture(9, 32, 32, 3)
    together = classifier.probabilities(pictures)
    alone = np.concatenate([classifier.probabilities(one[None]) for one in pictures])
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_the_answer_is_the_formula_of_the_manifest_written_out(classifier, picture, parts_of):
    weights = {name: tensor.numpy() for name, tensor in load_tensors(parts_of()[1]).items()}
    pixels = picture(16, 12, 3)
    read = (pixels.astype(np.float32) - weights["normalise.mean"]) * weights["normalise.factor"]
    logits = weights["network.dense.weight"] @ read.transpose(2, 0, 1).ravel() + weights["network.dense.bias"]
    expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    np.testing.assert_allclose(classifier.probabilities(pixels[None])[0], expected, atol=1e-5)


def test_the_number_of_parameters_is_that_of_the_network(classifier):
    assert classifier.parameters == 16 * 12 * 3 * 3 + 3


def test_top_keeps_the_likeliest_classes():
    prediction = Prediction("a.png", {"bee": 0.5, "ant": 0.3, "cat": 0.2})
    assert prediction.top(2).probabilities == {"bee": 0.5, "ant": 0.3}
    assert prediction.top(2).label == "bee"


CALIBRATION = {"factor": 1.0, "level": 0.9, "threshold": 0.3, "count": 100}


@pytest.fixture
def calibrated(rewritten):
    """Return a maker of a model with prediction sets."""
    return lambda **changes: load(rewritten(calibration=CALIBRATION | changes))


def test_a_set_holds_the_classes_that_reach_the_threshold_likeliest_first_and_the_likeliest_always(calibrated):
    answers = np.array([[0.3, 0.5, 0.2], [0.1, 0.05, 0.85], [0.34, 0.33, 0.33], [0.4, 0.2, 0.4]], np.float32)
    assert calibrated().sets(answers) == [("bee", "ant"), ("cat",), ("ant", "bee", "cat"), ("ant", "cat")]
    assert calibrated(threshold=0.9).sets(answers) == [("bee",), ("cat",), ("ant",), ("ant",)]
    assert calibrated(threshold=0).sets(answers[:1]) == [("bee", "ant", "cat")]
    assert calibrated().sets(answers[:0]) == []


def test_a_prediction_has_its_set_whatever_is_cut_off(calibrated, saved):
    path = saved("a.png")
    shares = calibrated().predict(path).probabilities
    second = sorted(shares.values())[1]
    prediction = calibrated(threshold=second).predict(path)
    assert prediction.set == tuple(shares)[:2]
    assert prediction.top(1).set == prediction.set


def test_an_older_model_refuses_where_no_class_is_likely_enough(calibrated, saved):
    refused = calibrated(threshold=0.999).predict(saved("a.png"))
    assert (len(refused.set), refused.refusal, refused.typicality) == (1, "no class is likely enough", None)
    assert refused.as_json()["refused"]
    assert not calibrated(threshold=0).predict(saved("a.png")).refusal


def test_an_older_model_has_no_sets_of_another_level(calibrated):
    with pytest.raises(BundleError, match="one threshold"):
        calibrated().judging(missed=0.05)
    with pytest.raises(BundleError, match="how typical"):
        calibrated().judging(rate=0.1)


def test_a_picture_that_can_t_be_read_has_no_set(calibrated, tmp_path):
    assert next(calibrated().predict_many([tmp_path / "none.png"])).set is None


def test_a_model_without_calibration_has_no_sets(classifier, saved):
    assert classifier.calibration is None
    assert classifier.predict(saved("a.png")).set is None
    with pytest.raises(BundleError, match="no calibration") as caught:
        classifier.sets(np.zeros((1, 3), np.float32))
    assert "train it again" in caught.value.hint


def test_a_model_takes_no_more_pictures_at_a_time_than_it_says(rewritten, saved, classifier):
    paths = [saved(f"{number}.png", seed=number) for number in range(5)]
    small = load(rewritten(batch=2))
    assert (small.batch, classifier.batch) == (2, MOST_SAMPLES)
    assert [one.label for one in small.predict_many(paths)] == [one.label for one in classifier.predict_many(paths)]
