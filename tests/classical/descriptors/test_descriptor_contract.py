"""What every descriptor promises, whatever it is."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from sightline.classical import DESCRIPTORS
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.onnx_file import read_model

SHAPE = (24, 21, 3)
NEEDS = {"hog": 8, "lbp": 4, "sift": 16, "root-sift": 16, "surf": 16, "patches": 6}


def build(name, shape, **changes):
    plan = Plan((name,), **{"cell": 4, "stride": 3, "scales": (1.0, 1.25), "palette": 27, **changes})
    return DESCRIPTORS[name].load()(shape, plan).eval()


def pictures(shape):
    """Return black, white, one colour, a step, a lone pixel and noise: (6, H, W, C)."""
    pixels = np.zeros((6, *shape), dtype=np.uint8)
    pixels[1] = 255
    pixels[2] = np.array([200, 30, 90])[: shape[2]]
    pixels[3, :, shape[1] // 2 :] = 255
    pixels[4, 7, 7] = 1
    pixels[5] = np.random.default_rng(0).integers(0, 256, shape)
    return torch.from_numpy(pixels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", DESCRIPTORS)
def test_every_picture_has_finite_descriptors_of_the_promised_shape(name, channels):
    descriptor = build(name, (*SHAPE[:2], channels))
    local = descriptor(pictures((*SHAPE[:2], channels)))
    assert local.shape == (6, len(descriptor.positions), descriptor.length)
    assert local.dtype == torch.float32
    assert torch.isfinite(local).all()


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_positions_are_shares_of_height_and_width_and_no_two_of_a_scale_are_equal(name):
    descriptor = build(name, SHAPE, scales=(1.0,))
    assert descriptor.positions.dtype == np.float64
    assert ((descriptor.positions > 0) & (descriptor.positions < 1)).all()
    assert len(np.unique(descriptor.positions, axis=0)) == len(descriptor.positions)
    assert (len(descriptor.positions) > 1) == DESCRIPTORS[name].dense


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_a_descriptor_has_nothing_to_keep_in_a_model_file(name):
    assert not build(name, SHAPE).state_dict()
    assert not list(build(name, SHAPE).parameters())


@pytest.mark.parametrize("name", NEEDS)
def test_pictures_smaller_than_a_patch_are_refused_with_the_size_that_would_do(name):
    least = NEEDS[name]
    assert len(build(name, (least, least, 3), scales=(1.0,)).positions) == 1
    with pytest.raises(SettingsError, match=f"at least {least}x{least} pixels; these have {least}x{least - 1}"):
        build(name, (least, least - 1, 3), scales=(1.0,))


@pytest.mark.parametrize("name", sorted(set(DESCRIPTORS) - {"hog", "patches"}))
def test_colours_that_are_neither_rgb_nor_grey_are_refused(name):
    with pytest.raises(SettingsError, match=f"{name.removeprefix('root-')} needs pictures of 1 or 3 channels.* have 4"):
        build(name, (32, 32, 4))


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_the_graph_describes_as_torch_does(name):
    descriptor = build(name, SHAPE, histogram_colours="lab", scales=(1.0,), patch=3)
    network = nn.Sequential(descriptor, nn.Flatten())
    graph = graph_of(network, SHAPE)
    read_model(graph)
    session = onnxruntime.InferenceSession(without_softmax(graph), providers=["CPUExecutionProvider"])
    for batch in (pictures(SHAPE)[5:], pictures(SHAPE)[3:], pictures(SHAPE)[:3]):
        [answer] = session.run(None, {"pixels": batch.numpy()})
        np.testing.assert_allclose(answer, network(batch).numpy(), atol=1e-4)


def without_softmax(graph):
    """Return a graph that answers with what it makes probabilities of; those would hide what is small."""
    model = onnx.load_from_string(graph)
    [softmax] = [node for node in model.graph.node if node.op_type == "Softmax"]
    model.graph.output[0].name = softmax.input[0]
    return model.SerializeToString()
