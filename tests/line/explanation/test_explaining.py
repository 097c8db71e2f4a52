import json

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.core.errors import PictureError, SettingsError
from sightline.inference.explanation.descriptors import descriptor_evidence
from sightline.inference.explanation.torch_model import TorchModel
from sightline.line.narrator import Silent


@pytest.fixture(scope="session")
def explained(finished, flowers):
    """Two pictures explained by a run that is finished."""
    pictures = [flowers / "ant" / "0.png", flowers / "fox" / "3.png"]
    return sightline.explain(finished.folder, pictures, narrator=Silent())


@pytest.fixture(scope="session")
def fitted(flowers, tmp_path_factory):
    """A pipeline of two descriptors."""
    return sightline.train(
        flowers,
        out=tmp_path_factory.mktemp("runs") / "pipeline",
        model="features",
        descriptor=("hog", "colour-moments"),
        classifier="logistic",
        narrator=Silent(),
    )


def test_a_learnt_network_has_another_map_than_the_same_with_shuffled_weights(explained):
    agreements = [one.agreement for picture in explained.pictures for one in picture.maps]
    assert explained.ways == ("occlusion", "integrated-gradients")
    assert max(map(abs, agreements)) < 0.9
    assert any("Not by grad-cam" in note for note in explained.notes)


def test_maps_are_better_than_random_ones_and_training_pictures_stand_beside(explained):
    for picture in explained.pictures:
        assert next(near.label for near in picture.neighbours) == picture.label
        assert 0 <= picture.neighbours[0].distance <= picture.neighbours[-1].distance
    assert all(score.deletion > 0 and score.insertion > 0 for score in explained.scores)
    assert all(score.deletion_interval[0] <= score.deletion <= score.deletion_interval[1] for score in explained.scores)


def test_the_page_asks_for_nothing_outside_and_has_every_map(explained):
    html = explained.html()
    assert html.count("data:image/png") >= 4
    assert "http" not in html.replace("http-equiv", "")
    json.dumps(explained.as_json())


def test_a_picture_that_is_refused_is_none_of_these_here_as_well(finished, tmp_path):
    Image.new("RGB", (16, 16), (255, 0, 255)).save(tmp_path / "odd.png")
    classifier = sightline.load(finished.folder).judging(rate=0.2)
    predicted = classifier.predict(tmp_path / "odd.png")
    explanation = sightline.explain(classifier, tmp_path / "odd.png", ways=["occlusion"], narrator=Silent())
    (picture,) = explanation.pictures
    assert predicted.refusal
    assert picture.words.startswith(f"none of these: {predicted.refusal}; likeliest {predicted.label} ")
    assert "<strong>None of these</strong>" in explanation.html()
    (document,) = explanation.as_json()["pictures"]
    assert (document["refused"], document["typicality"]) == (True, predicted.typicality)


def test_the_descriptors_of_a_linear_pipeline_add_up_to_the_answer(fitted, flowers):
    classifier = fitted.classifier()
    model = TorchModel.of(classifier)
    pixels = classifier.format.read((flowers / "cat" / "1.png").read_bytes(), name="1.png")
    evidence = descriptor_evidence(model, pixels, "cat")
    p, q = (model.probabilities(pixels[None])[0][classifier.classes.index(name)] for name in ("cat", evidence.against))
    bias = model.network.scores.bias * model.factor
    places = [classifier.classes.index(name) for name in ("cat", evidence.against)]
    total = sum(voice.nats for voice in evidence.voices) + float(bias[places[0]] - bias[places[1]])
    assert total == pytest.approx(np.log(p / q), abs=1e-3)
    assert [voice.name for voice in evidence.voices] == ["hog", "colour-moments"]


def test_a_pipeline_says_what_its_descriptors_said(fitted, flowers):
    explanation = sightline.explain(fitted.folder, flowers / "ant" / "0.png", narrator=Silent())
    assert "hog" in explanation.html()
    assert explanation.pictures[0].evidence
    with pytest.raises(SettingsError, match="classical pipeline"):
        sightline.explain(fitted.folder, flowers / "ant" / "0.png", ways=["grad-cam"], narrator=Silent())


def test_the_verb_writes_a_page_or_prints_json_and_names_what_it_can_t_read(command, trained):
    outcome = command("explain", "run", trained / "ant" / "0.png", "none.png", "--way", "occlusion", "--quiet")
    assert outcome.status == 1
    assert "none.png does not exist" in outcome.out
    assert "page: explanation.html" in outcome.out
    assert "generator" in (trained.parent / "explanation.html").read_text()
    printed = command(
        "explain", "run/model.sightline", trained / "ant" / "0.png", "--json", "--way", "occlusion", "--quiet"
    )
    document = json.loads(printed.out)
    assert document["pictures"][0]["maps"][0]["way"] == "occlusion"
    assert "run's folder" in document["notes"][0]


def test_a_stranger_s_page_is_not_replaced_and_slips_are_told_in_two_lines(command, trained, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    picture = trained / "ant" / "0.png"
    for words, told in {
        ("--out", "mine.html", "--way", "occlusion"): "is no page of `sightline explain`",
        ("--way", "gradcam"): "did you mean 'grad-cam'",
        ("--class", "ants"): "did you mean 'ant'",
    }.items():
        outcome = command("explain", "run", picture, *words, "--quiet")
        assert (outcome.status, told in outcome.err) == (2, True), outcome.err
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_too_many_pictures_and_none_that_can_be_read_are_refused(finished, flowers):
    with pytest.raises(SettingsError, match="1 to 64 pictures; there are more"):
        sightline.explain(finished.folder, flowers, narrator=Silent())
    with pytest.raises(PictureError, match=r"none\.png"):
        sightline.explain(finished.folder, "none.png", narrator=Silent())
