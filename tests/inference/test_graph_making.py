from functools import cache

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from sightline.core.errors import BundleError
from sightline.evaluation.calibration import Calibration
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import fitted
from sightline.inference.assembly import assembled
from sightline.inference.bundle import read_bundle, write_bundle
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.export.proof import compare, evenly, proof_rows, prove
from sightline.inference.graph import Graph
from sightline.inference.signature import classification
from sightline.inference.tasks import classifier_of, load
from sightline.models.building import build_network
from sightline.models.changes.heads import head


@cache
def made(name, *, size=(32, 32), **settings):
    """Return a network, its pictures and its graph; the network's mode may change, its weights may not."""
    network, pixels = network_of(name, size, **settings)
    return network, pixels, graph_of(network.train(), pixels.shape[1:])


def network_of(name, size=(32, 32), *, colours="rgb", centre="channel", **options):
    input_format = PictureFormat(*size, colours)
    pixels = np.random.default_rng(0).integers(0, 256, (6, *input_format.shape), dtype=np.uint8)
    preprocess = fitted(input_format, [pixels], centre=centre, scale="deviation")
    torch.manual_seed(0)
    return build_network(name, preprocess, 5, options), pixels


MANIFEST = {
    "method": "network",
    "model": {"name": "mlp", "options": {}},
    "classes": list("abcde"),
    "preprocess": {
        "height": 9,
        "width": 7,
        "colours": "rgb",
        "resize": "squash",
        "centre": "channel",
        "scale": "deviation",
    },
}
HANGING = "pools whose last window hangs over, and auxiliary heads"
POINTWISE = "a head that is a convolution"
CASES = {
    "a dense network": ("mlp", {"size": (9, 7), "colours": "grey"}),
    "average pools and cmyk": ("lenet", {"size": (33, 28), "colours": "cmyk", "centre": "mean-picture"}),
    "min pools, prelu, batch normalisation, dropout": (
        "basic-cnn",
        {"pooling": "min", "activation": "prelu", "normalisation": "batch", "dropout": 0.3, "channel_dropout": 0.2},
    ),
    "strided convolutions and gelu": ("basic-cnn", {"size": (40, 33), "pooling": "stride", "activation": "gelu"}),
    "an adaptive max pool": ("quick-cnn", {"centre": "mean-picture"}),
    HANGING: ("googlenet", {"size": (21, 18)}),
    "residual blocks that are dropped in training": ("resnet18", {"size": (20, 17), "stochastic_depth": 0.3}),
    POINTWISE: ("squeezenet1_1", {"size": (21, 18)}),
    "depthwise convolutions": ("mobilenet_v2", {"size": (20, 17)}),
    "zeros on one side": ("efficientnet-lite0", {"size": (66, 71)}),
}


@pytest.mark.parametrize(("name", "settings"), CASES.values(), ids=CASES)
def test_a_graph_answers_as_its_network_which_stays_in_training_mode(name, settings):
    network, pixels, graph = made(name, **settings)
    assert network.training
    proof = prove(graph, network, pixels)
    assert (proof.count, proof.same_top1) == (6, 6)
    assert proof.largest_difference < 1e-5
    assert network.training


READ = [("lenet", {}), ("lenet", {"views": "moved"}), *(CASES[case] for case in ("an adaptive max pool", HANGING))]


@pytest.mark.parametrize(("name", "settings"), READ, ids=str)
def test_the_features_of_a_graph_are_what_the_last_layer_reads(name, settings):
    network, pixels, content = made(name, **settings)
    _, features = Graph(content, classification(pixels.shape[1:], 5)).run(pixels, "probabilities", "features")
    with torch.inference_mode():
        last = head(network)
        scores = last(torch.from_numpy(features))
        expected = network.eval()(torch.from_numpy(pixels))
    assert features.shape == (6, last.in_features)
    scale = (expected.std() / scores.std()) if name == "quick-cnn" else 1  # it scales the scores once more
    torch.testing.assert_close(scale * scores, expected, atol=1e-4, rtol=1e-4)
    assert [output.name for output in onnx.load_from_string(content).graph.output] == ["probabilities"]


def test_the_features_before_a_convolution_that_is_the_head_are_means_over_the_picture():
    network, pixels, content = made("squeezenet1_1", size=(21, 18))
    _, features = Graph(content, classification(pixels.shape[1:], 5)).run(pixels, "probabilities", "features")
    with torch.inference_mode():
        maps = network.eval().network.features(network.normalise(torch.from_numpy(pixels)))
    torch.testing.assert_close(torch.from_numpy(features), maps.mean(dim=(2, 3)), atol=1e-5, rtol=1e-4)


def test_equal_networks_have_equal_graphs_which_tell_nothing_of_this_machine():
    network, pixels = network_of("lenet")
    graph = graph_of(network, pixels.shape[1:])
    network.to(memory_format=torch.channels_last).eval()
    assert graph_of(network, pixels.shape[1:]) == graph
    model = onnx.load_from_string(graph)
    onnx.checker.check_model(model, full_check=True)
    for trace in (b".py", b"/", b"torch", b"doc_string", b"\\"):
        texts = [
            model.producer_name,
            model.graph.name,
            model.doc_string,
            *(node.doc_string for node in model.graph.node),
        ]
        assert not any(trace in text.encode() for text in texts)
    assert b"site-packages" not in graph
    assert not model.metadata_props
    assert not any(node.metadata_props for node in model.graph.node)


def test_making_a_graph_says_nothing(capfd):
    network, pixels = network_of("linear")
    graph_of(network, pixels.shape[1:])
    assert capfd.readouterr() == ("", "")


def other_by(largest):
    """Return two tables of answers; the second differs by up to so much."""
    expected = np.array([[0.6, 0.4], [0.1, 0.9], [0.5002, 0.4998]], np.float32)
    return expected + np.array([[largest, -largest]], np.float32), expected


def test_answers_are_compared_by_class_and_by_probability():
    proof, apart = compare(*other_by(-0.0005))
    assert (proof.count, proof.same_top1, apart) == (3, 2, 0)  # the third is a tie
    assert proof.largest_difference == pytest.approx(0.0005, rel=1e-3)
    assert compare(*other_by(-0.2))[1] == 1


def test_a_graph_of_other_weights_is_not_proved_and_there_is_no_bundle(monkeypatch):
    network, pixels = network_of("linear")
    other = build_like(network)
    graph = graph_of(other, pixels.shape[1:])
    with pytest.raises(BundleError, match="does not answer as the trained network"):
        prove(graph, network, pixels)
    monkeypatch.setattr("sightline.inference.assembly.graph_of", lambda *_, **__: graph)
    with pytest.raises(BundleError, match="does not answer"):
        assembled(MANIFEST, network, pixels)


def build_like(network):
    other = network_of("linear")[0]
    with torch.no_grad():
        other.network.dense.weight[0].add_(0.01)  # of one class; softmax does not feel what all have in common
    assert not torch.equal(other.network.dense.weight, network.network.dense.weight)
    return other


def test_a_network_that_answers_nan_is_not_proved():
    network, pixels = network_of("linear")
    nn.init.constant_(network.network.dense.bias, float("nan"))
    with pytest.raises(BundleError, match="nan"):
        prove(graph_of(network, pixels.shape[1:]), network, pixels)


def test_a_calibrated_graph_answers_with_the_softmax_of_the_logits_times_the_factor():
    network, pixels = network_of("mlp", (9, 7))
    calibration = Calibration(factor=0.4, level=0.9, threshold=0.21, count=50)
    bundle = assembled(MANIFEST | {"parameters": 7}, network, pixels, calibration=calibration, batch=4)
    classifier = classifier_of(bundle)
    with torch.inference_mode():
        logits = classifier.network(torch.from_numpy(pixels))
    assert torch.equal(logits, network.eval()(torch.from_numpy(pixels)).detach())  # torch's own stay as they are
    np.testing.assert_allclose(classifier.probabilities(pixels), (0.4 * logits).softmax(dim=1), atol=1e-6)
    assert np.abs(classifier.probabilities(pixels) - logits.softmax(dim=1).numpy()).max() > 0.01
    assert bundle.manifest["proof"]["largest_difference"] < 1e-5
    assert classifier.calibration == calibration
    assert classifier.manifest["calibration"] == {
        "factor": 0.4,
        "level": 0.9,
        "threshold": 0.21,
        "count": 50,
        "origin": "validation",
    }
    assert (classifier.batch, classifier.parameters) == (4, 7)


def test_a_graph_with_another_factor_is_not_proved():
    network, pixels = network_of("linear")
    graph = graph_of(network, pixels.shape[1:], factor=2.0)
    assert prove(graph, network, pixels, factor=2.0, batch=1).same_top1 == 6
    with pytest.raises(BundleError, match="does not answer"):
        prove(graph, network, pixels)


@pytest.mark.parametrize("batch", [0, 257])
def test_a_batch_that_no_reader_would_take_is_refused(batch):
    network, pixels = network_of("linear")
    with pytest.raises(BundleError, match="batch"):
        assembled(MANIFEST, network, pixels, batch=batch)


def test_without_pictures_there_is_no_proof():
    network, pixels = network_of("linear")
    with pytest.raises(BundleError, match="no picture"):
        prove(b"", network, pixels[:0])


@pytest.mark.parametrize(("rows", "expected"), [(3, [0, 1, 2]), (9, [0, 2, 5, 8]), (4, [0, 1, 2, 3])])
def test_rows_are_chosen_evenly(rows, expected):
    assert evenly(np.arange(rows), 4).tolist() == expected


def test_what_is_shipped_is_loaded_with_its_proof(tmp_path):
    network, pixels = network_of("lenet")
    manifest = {
        "method": "network",
        "model": {"name": "lenet", "options": {}},
        "classes": list("abcde"),
        "preprocess": {"height": 32, "width": 32, "colours": "rgb", "resize": "squash"}
        | {"centre": "channel", "scale": "deviation"},
    }
    path = tmp_path / "model.sightline"
    proved = assembled(manifest, network.train(), pixels)
    write_bundle(path, proved)
    bundle = read_bundle(path)
    assert bundle == proved
    assert bundle.manifest["proof"]["count"] == 6
    assert bundle.manifest["licence"] == "unstated"
    classifier = load(path)
    assert classifier.parameters == sum(one.numel() for one in network.parameters())
    with torch.inference_mode():
        expected = network.eval()(torch.from_numpy(pixels)).softmax(dim=1).numpy()
        np.testing.assert_array_equal(classifier.network(torch.from_numpy(pixels)).softmax(dim=1).numpy(), expected)
    np.testing.assert_allclose(classifier.probabilities(pixels), expected, atol=1e-5)
    np.testing.assert_array_equal(
        Graph(bundle.graph, classification((32, 32, 3), 5)).run(pixels)[0], classifier.probabilities(pixels)
    )
    write_bundle(tmp_path / "again", assembled(manifest, network, pixels))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("validation", "training", "taken"), [(500, 900, (200, 0)), (50, 900, (50, 150)), (5, 7, (5, 7))]
)
def test_a_proof_takes_200_pictures_of_the_validation_part_first_or_all_there_are(validation, training, taken):
    rows = proof_rows(np.arange(validation), 1000 + np.arange(training))
    assert ((rows < 1000).sum(), (rows >= 1000).sum()) == taken
    assert len(np.unique(rows)) == len(rows)
