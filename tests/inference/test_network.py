from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save

from sightline.classical.building import build_pipeline, fitted_numbers
from sightline.classical.fitting import LabelledPictures, fit_pipeline
from sightline.classical.plan import Plan
from sightline.core.errors import BundleError
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import fitted
from sightline.inference.assembly import assembled
from sightline.inference.bundle import Bundle, read_bundle
from sightline.inference.network import network_of
from sightline.inference.tasks import classifier_of
from sightline.line.narrator import Silent
from sightline.models.building import build_network


@pytest.mark.parametrize(("name", "options"), [("mlp", {"hidden": [5, 4]}), ("lenet", {}), ("resnet18", {})])
def test_the_network_of_a_bundle_has_the_weights_of_the_file_in_eval_mode(name, options):
    manifest, weights = weights_only(name, options)
    network = network_of(Bundle(manifest, weights, b""))
    assert not network.training
    for key, tensor in load_tensors(weights).items():
        assert torch.equal(network.state_dict()[key], tensor)


def weights_only(name, options):
    """Return a manifest and weights without making the graph."""
    input_format = PictureFormat(33, 40)
    pixels = np.zeros((2, *input_format.shape), np.uint8)
    preprocess = fitted(input_format, [pixels], centre="channel", scale="none")
    network = build_network(name, preprocess, 3, options)
    manifest = {
        "method": "network",
        "model": {"name": name, "options": options},
        "classes": ["a", "b", "c"],
        "preprocess": {"kind": "picture", **preprocess.describe()},
    }
    return manifest, save(OrderedDict(network.state_dict()))


def refused(bundle, **changes):
    with pytest.raises(BundleError, match="do not fit"):
        network_of(Bundle(bundle.manifest | changes, bundle.weights, bundle.graph))


@pytest.mark.parametrize("hidden", [[10**6, 10**6], [10**30], "ab", 7, [-1], [0.5], [None]])
def test_a_network_of_claimed_sizes_costs_nothing_and_is_refused(hidden, bundle_file):
    refused(read_bundle(bundle_file), model={"name": "mlp", "options": {"hidden": hidden}})


@pytest.mark.parametrize("name", ["lenet", "no-such"])
def test_the_weights_of_another_network_are_refused(name, bundle_file):
    refused(read_bundle(bundle_file), model={"name": name, "options": {}})


def test_weights_that_are_no_safetensors_are_refused(parts_of):
    manifest, _, graph = parts_of()
    refused(Bundle(manifest, b"\x80\x04K\x01.", graph))


PLAN = Plan(("colour-moments",), classifier="nearest-mean")
PIPELINE = {
    "method": "pipeline",
    "model": {"name": "features", "options": PLAN.as_options()},
    "classes": ["ant", "bee", "cat"],
    "preprocess": {
        "kind": "picture",
        "height": 9,
        "width": 8,
        "colours": "rgb",
        "resize": "squash",
        "centre": "none",
        "scale": "none",
    },
}


@pytest.fixture
def pipeline(picture, tmp_path):
    """A fitted classical pipeline, and pictures."""
    pixels = picture(12, 9, 8, 3)
    examples = LabelledPictures(pixels, np.arange(12) % 3, np.arange(9), np.arange(9, 12), 3)
    made = build_pipeline(PLAN.as_options(), (9, 8, 3))
    fit_pipeline(made, PLAN, examples, seed=0, folder=tmp_path / "fit", counting=Silent().counting)
    return made, pixels


def test_a_classical_pipeline_ships_and_comes_back_with_what_was_fitted(pipeline):
    fitted, pixels = pipeline
    numbers = fitted_numbers(fitted)
    classifier = classifier_of(assembled(PIPELINE | {"parameters": numbers}, fitted, pixels, batch=5))
    scores = fitted(torch.from_numpy(pixels))
    assert torch.equal(classifier.network(torch.from_numpy(pixels)), scores)
    np.testing.assert_allclose(classifier.probabilities(pixels), scores.softmax(dim=1), atol=1e-5)
    assert (classifier.parameters, classifier.batch) == (numbers, 5)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"descriptor": "colour-moments"},
        {"descriptor": ["no-such"]},
        {"descriptor": ["hog"]},
        {"descriptor": ["hog"], "cell": 0},
        {"descriptor": ["colour-moments"], "more": 1},
        PLAN.as_options() | {"classifier": "logistic"},
    ],
)
def test_a_pipeline_of_other_parts_than_its_arrays_is_refused(options, pipeline):
    weights = save(OrderedDict(pipeline[0].state_dict()))
    refused(Bundle(PIPELINE, weights, b""), model={"name": "features", "options": options})
