"""Classical pipelines through the whole line: a model like any other."""

import html
import json

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score

import sightline
from sightline.classical.building import build_pipeline
from sightline.classical.pipelines import PIPELINES
from sightline.core.errors import SettingsError
from sightline.inference.network import network_of
from sightline.line.baseline import sized
from sightline.line.narrator import Silent
from sightline.line.resolution import resolved

FAST = {"model": "hog-svm", "cell": 4}


@pytest.fixture(scope="module")
def pipeline(flowers, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    return sightline.train(flowers, out=out, narrator=Silent(), **FAST)


def test_a_pipeline_ends_with_everything_that_a_network_does_but_its_course(pipeline):
    left = {path.name for path in pipeline.folder.iterdir()}
    assert {"model.sightline", "report.html", "report.json", "predictions.csv", "split.csv"} <= left
    assert not {"history.csv", "layers.json"} & left
    assert pipeline.report["test"]["accuracy"] > 0.7
    assert pipeline.report["history"] is None
    assert pipeline.report["comparison"] is None
    assert [name for name, _ in pipeline.report["fitting"]["stages"]] == ["vocabulary", "features", "classifier"]


def test_its_model_file_answers_as_the_fitted_pipeline_and_says_how_surely(pipeline, flowers):
    classifier = pipeline.classifier()
    assert classifier.manifest["proof"]["largest_difference"] < 1e-3
    assert classifier.manifest["calibration"]["count"] == pipeline.report["split"]["validation"]
    assert classifier.manifest["preprocess"]["centre"] == "none"
    picture = flowers / "eel" / "3.png"
    pixels = classifier.format.read(picture.read_bytes(), name="eel")
    logits = network_of(classifier.bundle)(torch.from_numpy(pixels[None]))
    expected = (logits * classifier.manifest["calibration"]["factor"]).softmax(dim=1).numpy()
    np.testing.assert_allclose(classifier.probabilities(pixels[None]), expected, atol=1e-4)


def test_the_same_command_gives_the_same_file(pipeline, flowers, tmp_path):
    again = sightline.train(flowers, out=tmp_path / "again", narrator=Silent(), **FAST)
    assert again.model.read_bytes() == pipeline.model.read_bytes()


def test_two_colours_are_drawn_as_a_plane(flowers, tmp_path):
    run = sightline.train(flowers, out=tmp_path / "run", model="top-colours", narrator=Silent())
    assert run.report["plane"]["test_error"] == pytest.approx(1 - run.report["test"]["accuracy"])
    assert "svg" in (tmp_path / "run" / "report.html").read_text()


def test_a_descriptor_alone_asks_for_a_free_combination():
    settings = resolved({"descriptor": "sift", "encoder": "fisher", "pyramid": "1,2,4", "classifier": "svm"})
    assert settings["model"] == "features"
    assert settings["pyramid"] == ("1", "2", "4")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"model": "hog-svm", "epochs": 3}, "epochs = 3 with model = 'hog-svm'"),
        ({"model": "hog-svm", "augment": 0.5}, "augment = 0.5 with model = 'hog-svm'"),
        ({"model": "lenet", "words": 30}, "words = 30 with model = 'lenet'"),
        ({"model": "hog-svm", "words": 30}, "words = 30 would change nothing"),
        ({"model": "hog-svm", "baseline": "lbp-svm"}, "baseline = 'lbp-svm' with model = 'hog-svm'"),
        ({"model": "hog-svm", "device": "cuda"}, "device = 'cuda' with model = 'hog-svm'"),
        ({"descriptor": "hog,hug"}, "hug"),
        ({"model": "hog-svm", "cell": 0}, "cell = 0"),
    ],
)
def test_what_would_be_passed_over_is_refused(given, told):
    with pytest.raises(SettingsError, match=told):
        resolved(given)


def test_a_pipeline_is_no_network_to_look_into(pipeline, command):
    outcome = command("inspect", pipeline.folder)
    assert outcome.status == 2
    assert "hog-svm is a classical pipeline" in outcome.err


def test_evaluate_predict_show_and_export_take_a_pipeline(pipeline, flowers, command, tmp_path):
    picture = flowers / "ant" / "0.png"
    assert "ant" in command("predict", pipeline.model, picture).out
    assert command("evaluate", pipeline.model, flowers, "--out", tmp_path / "there").status == 0
    assert "hog-svm" in command("show", pipeline.model).out
    assert command("export", pipeline.model, "--to", "onnx", "--out", tmp_path / "m.onnx").status == 0


def test_a_summary_tells_the_parts(command):
    told = command("summary", "fisher-pyramid", "--input", "32x32x3").out
    assert "root-sift" in told
    assert "15,360 numbers" in told


def test_the_estimator_takes_a_pipeline():
    digits = load_digits()
    pictures, labels = digits.images[:300] / 16, digits.target[:300]
    estimator = sightline.ImageClassifier(model="hog-svm", cell=4, scales=(1.0,))
    assert cross_val_score(estimator, pictures, labels, cv=2).mean() > 0.8


def test_a_network_is_compared_with_a_quick_pipeline_on_the_same_pictures(finished):
    comparison = finished.report["comparison"]
    assert comparison["name"] == "hog-colour-svm"
    assert comparison["count"] == finished.report["test"]["count"]
    assert comparison["network_accuracy"] == finished.report["test"]["accuracy"]
    low, high = comparison["interval"]
    assert low <= comparison["difference"] <= high
    assert comparison["words"] in html.unescape((finished.folder / "report.html").read_text())


def test_large_pictures_do_not_make_the_baseline_large():
    plan = PIPELINES["hog-colour-svm"].plan
    lengths = [
        build_pipeline(sized(plan, shape).as_options(), shape).features.length for shape in ((32, 32, 3), (224, 224, 3))
    ]
    assert lengths[1] <= 2 * lengths[0]


def test_no_baseline_is_made_when_none_is_wanted(flowers, train):
    assert train(flowers, baseline="none").report["comparison"] is None


def test_another_pipeline_can_be_the_baseline(flowers, train):
    assert train(flowers, baseline="colour-svm").report["comparison"]["name"] == "colour-svm"


def test_a_baseline_that_can_not_take_the_pictures_is_left_out_with_a_note(flowers, train):
    report = train(flowers, size="4x4", baseline="auto").report
    assert report["comparison"] is None
    (note,) = [finding for finding in report["findings"] if finding["code"] == "no-baseline"]
    assert "4x4" in json.dumps(note)
