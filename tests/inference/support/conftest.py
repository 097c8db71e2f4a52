"""A model that compares pictures by their mean colour, which needs no training."""

import hashlib

import numpy as np
import pytest
from onnx import TensorProto, helper
from safetensors.numpy import save

from sightline.inference.bundle import write_bundle
from sightline.inference.support.assembly import similarity_bundle
from sightline.inference.support.cohort import Cohort
from sightline.inference.support.distances import unit
from sightline.inference.support.support_set import SupportSet

CLASSES = ("red", "blue")
MANIFEST = {
    "method": "network",
    "model": {"name": "mean-colour", "options": {}},
    "classes": list(CLASSES),
    "preprocess": {
        "kind": "picture",
        "height": 4,
        "width": 4,
        "colours": "rgb",
        "resize": "squash",
        "centre": "none",
        "scale": "none",
    },
    "parameters": 0,
    "proof": {},
}


def mean_colour():
    """Return a graph from a picture to its mean colour with length one, the embedding."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "sides"], ["colour"], keepdims=0),
        helper.make_node("Mul", ["colour", "colour"], ["squares"]),
        helper.make_node("ReduceSum", ["squares", "channels"], ["square"], keepdims=1),
        helper.make_node("Sqrt", ["square"], ["length"]),
        helper.make_node("Div", ["colour", "length"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean-colour",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", 4, 4, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 3])],
        initializer=[
            helper.make_tensor("sides", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("channels", TensorProto.INT64, [1], [1]),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()


def support_of(*colours, labels=None, names=()):
    """Return a support set of pictures of these colours, a class each if no labels are given."""
    labels = np.arange(len(colours)) if labels is None else np.asarray(labels)
    digests = [list(hashlib.sha256(str(colour).encode()).digest()) for colour in colours]
    return SupportSet.of(
        unit(np.array(colours, np.float32)), labels.astype(np.int64), np.array(digests, np.uint8), names=names
    )


def strangers():
    """Return a cohort of ten classes of colours that are neither red nor blue, ten pictures of each."""
    generator = np.random.default_rng(0)
    centres = np.linspace([0.3, 1, 0.1], [0.1, 1, 0.8], 10)
    colours = np.repeat(centres, 10, axis=0) + generator.normal(0, 0.02, (100, 3))
    labels = np.repeat(np.arange(10), 10).astype(np.int64)
    return Cohort(unit(colours.astype(np.float32)), labels, tuple(f"green{number}" for number in range(10)))


@pytest.fixture
def similarity_file(tmp_path):
    """A model file that knows red by two pictures and blue by one."""
    path = tmp_path / "colours.sightline"
    support = support_of((250, 0, 0), (0, 0, 250), (240, 30, 0), labels=[0, 1, 0], names=("a.png", "b.png", "c.png"))
    write_bundle(path, similarity_bundle(MANIFEST, save({}), mean_colour(), support=support, cohort=strangers()))
    return path


@pytest.fixture
def support():
    """Return a maker of support sets of colours."""
    return support_of


@pytest.fixture
def cohort():
    """Strangers to red and blue."""
    return strangers()


@pytest.fixture
def coloured():
    """Return a maker of pictures of one colour."""
    return lambda *colour: np.full((6, 5, 3), colour, np.uint8)
