"""Models that compare pictures, through the faces of the product: enrolled into, shown, verified, measured."""

import json

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.core.errors import BundleError, DataError
from sightline.inference.tasks import load
from sightline.line.narrator import Silent


@pytest.fixture
def green(tmp_path):
    """A folder of four greenish pictures, and one each that is red and blue, by class."""
    for name, colour in {"green": (20, 240, 20), "red": (250, 0, 0), "blue": (0, 0, 250)}.items():
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(4):
            pixels = np.clip(np.array(colour) + np.random.default_rng(number).integers(0, 9, (6, 5, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "data" / name / f"{name}{number}.png")
    return tmp_path / "data" / "green"


def test_a_class_is_enrolled_known_and_forgotten_bit_for_bit(similarity_file, green):
    before = similarity_file.read_bytes()
    assert sightline.predict(similarity_file, green / "green1.png").refusal
    enrolment = sightline.enroll(similarity_file, "green", green / "green0.png", narrator=Silent())
    prediction = sightline.predict(similarity_file, green / "green1.png")
    assert (prediction.label, prediction.match.picture, prediction.refusal) == ("green", "green0.png", "")
    assert sightline.classes(similarity_file) == {"red": 2, "blue": 1, "green": 1}
    assert enrolment.classes == ("red", "blue", "green")
    sightline.forget(similarity_file, "green", narrator=Silent())
    assert similarity_file.read_bytes() == before


def test_any_of_its_classes_can_be_forgotten_but_the_last(similarity_file):
    sightline.forget(similarity_file, "red", narrator=Silent())
    assert load(similarity_file).classes == ("blue",)
    with pytest.raises(BundleError, match="last class can't be forgotten"):
        sightline.forget(similarity_file, "blue", narrator=Silent())


def test_how_far_a_stranger_is_moves_with_the_classes(similarity_file, green):
    before = load(similarity_file).rule.acceptance
    sightline.enroll(similarity_file, "green", green / "green0.png", narrator=Silent())
    after = load(similarity_file).rule.acceptance
    assert after.distance < before.distance  # the strangers are greenish too
    assert (after.rate, after.classes) == (before.rate, before.classes) == (0.05, 10)


def test_two_pictures_are_the_same_or_different_with_both_rates(similarity_file, green):
    same = sightline.verify(similarity_file, green / "green0.png", green / "green1.png")
    other = sightline.verify(similarity_file, green / "green0.png", green.parent / "red" / "red0.png")
    assert (same.is_same, other.is_same) == (True, False)
    assert same.probability > other.probability
    assert same.rates.classes == 10
    assert 0 <= same.rates.false_acceptance <= 1


def test_without_strangers_only_the_distance_is_known(similarity_file, green, tmp_path):
    from sightline.inference.bundle import read_bundle, write_bundle

    bundle = read_bundle(similarity_file)
    manifest = {key: value for key, value in bundle.manifest.items() if key != "cohort"}
    write_bundle(tmp_path / "alone.sightline", type(bundle)(manifest, bundle.weights, bundle.graph, bundle.arrays))
    verification = sightline.verify(tmp_path / "alone.sightline", green / "green0.png", green / "green1.png")
    assert (verification.is_same, verification.probability, verification.rates) == (None, None, None)
    assert load(tmp_path / "alone.sightline").rule.acceptance is None


def test_the_card_and_the_command_say_it_in_words(similarity_file, green, command):
    card = command("show", similarity_file).out
    assert "red (2), blue (1)" in card
    assert "(embedding,) = session.run" in card
    assert "are taken for a class, stated 5.0 %".replace(" %", "\u00a0%") in card.replace(" %", "\u00a0%")
    row = command("predict", similarity_file, green / "green0.png").out
    assert "none of these" in row
    out = command("verify", similarity_file, green / "green0.png", green / "green1.png").out
    assert out.startswith("same: distance 0.0")
    assert "measured on 10 classes" in out
    said = json.loads(command("verify", similarity_file, green / "green0.png", green / "green1.png", "--json").out)
    assert said["same"] is True


def test_its_graph_is_not_exported_as_if_it_were_a_classifier_s(similarity_file, command, tmp_path):
    ended = command("export", similarity_file, "--to", "onnx", "--out", tmp_path / "model.onnx")
    assert ended.status == 2
    assert "gives embeddings" in ended.err
    assert not (tmp_path / "model.onnx").exists()


def test_it_is_measured_on_labelled_pictures_of_its_classes(similarity_file, green):
    import shutil

    shutil.rmtree(green)
    evaluation = sightline.evaluate(similarity_file, green.parent, narrator=Silent())
    assert evaluation.scores.accuracy == 1


def test_what_it_costs_is_measured_without_the_enrolled_pictures(similarity_file, green):
    cost = sightline.enroll(similarity_file, "green", green / "green0.png", check=green.parent, narrator=Silent()).cost
    assert (cost.before.right, cost.after.right, cost.before.count) == (8, 8, 8)
    assert (cost.new.right, cost.new.count) == (3, 3)


def test_more_pictures_than_a_file_may_have_are_refused_and_the_old_one_stays(similarity_file, green, monkeypatch):
    before = similarity_file.read_bytes()
    monkeypatch.setattr("sightline.inference.support.support_set.MOST_PICTURES", 4)
    with pytest.raises(BundleError, match="5 enrolled pictures are more than a model file may have: at most 4"):
        sightline.enroll(similarity_file, "green", [green / "green0.png", green / "green1.png"], narrator=Silent())
    assert similarity_file.read_bytes() == before


def test_a_picture_of_which_nothing_is_made_is_refused(similarity_file, tmp_path):
    Image.new("RGB", (5, 5)).save(tmp_path / "black.png")
    with pytest.raises(DataError, match=r"makes nothing of .*black\.png"):
        sightline.enroll(similarity_file, "black", tmp_path / "black.png", narrator=Silent())
