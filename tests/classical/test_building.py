"""Pipelines from their plans: every combination answers, ships and comes back."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS
from sightline.classical.building import build_pipeline, fill, fitted_numbers, part_outputs
from sightline.classical.choosing import chosen_plan
from sightline.classical.fitting import LabelledPictures, fit_pipeline
from sightline.classical.pipelines import PIPELINES
from sightline.core.errors import SettingsError
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.graph import Graph
from sightline.inference.signature import classification


def examples(count=36, *, side=24, channels=3):
    """Pictures of two classes: stripes across, stripes upwards, each with noise."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 80, (count, side, side, channels), dtype=np.uint8)
    labels = np.arange(count) % 2
    pixels[labels == 0, ::4] += 120
    pixels[labels == 1, :, ::4] += 120
    rows = np.arange(count)
    return LabelledPictures(pixels, labels, rows[: count * 2 // 3], rows[count * 2 // 3 :], 2)


def counting(*_):
    return nullcontext(lambda _: None)


def fitted(plan, folder, pictures=None):
    pictures = pictures or examples()
    pipeline = build_pipeline(plan.as_options(), pictures.pixels.shape[1:])
    record = fit_pipeline(pipeline, plan, pictures, seed=0, folder=folder, counting=counting)
    return pipeline, record


def plan_with(name="features", **named):
    return chosen_plan(name, named)


@pytest.mark.parametrize(
    "name", [name for name in PIPELINES if name not in ("kmeans-patches", "fisher-pyramid", "bag-of-features")]
)
def test_every_ready_pipeline_answers_with_finite_scores(name, tmp_path):
    pictures = examples()
    pipeline, _ = fitted(chosen_plan(name, {}), tmp_path, pictures)
    scores = pipeline(torch.from_numpy(pictures.pixels))
    assert scores.shape == (36, 2)
    assert scores.isfinite().all()


@pytest.mark.parametrize(("name", "words"), [("kmeans-patches", 12), ("fisher-pyramid", 4), ("bag-of-features", 12)])
def test_every_pipeline_with_a_vocabulary_tells_stripes_apart(name, words, tmp_path):
    pictures = examples(side=32)
    pipeline, record = fitted(chosen_plan(name, {"words": words}), tmp_path, pictures)
    predicted = pipeline(torch.from_numpy(pictures.pixels[pictures.validation])).argmax(dim=1).numpy()
    assert (predicted == pictures.labels[pictures.validation]).mean() > 0.9
    assert [stage for stage, _ in record.stages] == ["vocabulary", "features", "classifier"]


def graph_that_answers_alike(pipeline, pixels):
    """Return the graph of a pipeline, once its answers to one picture and to many are those of the pipeline."""
    graph = Graph(graph_of(pipeline, pixels.shape[1:]), classification(pixels.shape[1:], 2))
    with torch.inference_mode():
        expected = pipeline(torch.from_numpy(pixels)).softmax(dim=1).numpy()
    np.testing.assert_allclose(graph.run(pixels)[0], expected, atol=1e-4)
    np.testing.assert_allclose(graph.run(pixels[:1])[0], expected[:1], atol=1e-4)
    return graph


@pytest.mark.parametrize("name", PIPELINES)
def test_every_ready_pipeline_becomes_a_graph_that_answers_alike(name, tmp_path):
    pictures = examples(side=32)
    words = {"words": 12} if chosen_plan(name, {}).encoder != "none" else {}
    pipeline, _ = fitted(chosen_plan(name, words), tmp_path, pictures)
    graph_that_answers_alike(pipeline, pictures.pixels)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_classifier_becomes_a_graph_that_answers_alike(classifier, tmp_path):
    pictures = examples()
    pipeline, _ = fitted(plan_with(descriptor=("patches",), classifier=classifier), tmp_path, pictures)
    graph = graph_that_answers_alike(pipeline, pictures.pixels)
    with torch.inference_mode():
        read = pipeline.standardise(pipeline.features(torch.from_numpy(pictures.pixels))).numpy()
    np.testing.assert_allclose(graph.run(pictures.pixels, "features")[0], read, atol=1e-3)


def test_several_descriptors_stand_side_by_side():
    alone = [
        build_pipeline(plan_with(descriptor=(name,)).as_options(), (24, 24, 3)) for name in ("hog", "colour-moments")
    ]
    both = build_pipeline(plan_with(descriptor=("hog", "colour-moments")).as_options(), (24, 24, 3))
    assert both.features.length == sum(pipeline.features.length for pipeline in alone)
    pixels = torch.from_numpy(examples().pixels)
    torch.testing.assert_close(both.features(pixels), torch.cat([one.features(pixels) for one in alone], dim=1))


def test_fitted_arrays_come_back_bit_for_bit(tmp_path):
    pictures = examples()
    plan = plan_with(descriptor=("sift",), cell=4, encoder="fisher", words=4, components=8)
    pipeline, _ = fitted(plan, tmp_path, pictures)
    again = build_pipeline(plan.as_options(), pictures.pixels.shape[1:])
    fill(again, pipeline.state_dict())
    assert torch.equal(again(torch.from_numpy(pictures.pixels)), pipeline(torch.from_numpy(pictures.pixels)))
    assert fitted_numbers(again) == fitted_numbers(pipeline) > 0


def test_missing_and_foreign_arrays_are_refused(tmp_path):
    pipeline, _ = fitted(plan_with(), tmp_path)
    arrays = dict(pipeline.state_dict())
    arrays.popitem()
    with pytest.raises(KeyError, match="expected the arrays"):
        fill(pipeline, arrays)


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_flat_pictures_of_one_colour_give_finite_scores(name, tmp_path):
    pictures = examples(side=32)
    pictures.pixels[5:] = 77
    pipeline, _ = fitted(plan_with(descriptor=(name,)), tmp_path, pictures)
    assert pipeline(torch.from_numpy(pictures.pixels)).isfinite().all()


@pytest.mark.parametrize("encoder", [name for name in ENCODERS if name != "none"])
def test_tiny_sets_and_flat_pictures_do_not_upset_an_encoder(encoder, tmp_path):
    pictures = examples(6)
    pictures.pixels[:] = 9
    plan = plan_with(descriptor=("sift",), cell=4, encoder=encoder, words=50)
    pipeline, record = fitted(plan, tmp_path, pictures)
    assert pipeline(torch.from_numpy(pictures.pixels)).isfinite().all()
    assert record.remarks  # it says that there are fewer words than asked


def test_pictures_that_no_cell_fits_into_are_refused_before_anything_is_read():
    with pytest.raises(SettingsError, match="12x12"):
        build_pipeline(plan_with(cell=20).as_options(), (12, 12, 3))


def test_a_batch_is_bounded_by_what_lies_between_the_parts():
    patches = build_pipeline(chosen_plan("kmeans-patches", {}).as_options(), (32, 32, 3))
    colours = build_pipeline(chosen_plan("top-colours", {}).as_options(), (32, 32, 3))
    assert 1 < patches.features.batch < 20 < colours.features.batch == 256


def test_parts_are_told_with_what_comes_out_of_them():
    outputs = dict(part_outputs(chosen_plan("kmeans-patches", {}).as_options(), (32, 32, 3)))
    assert outputs["patches"] == "729 places x 108 numbers"
    assert "10,800 numbers" in outputs.values()
