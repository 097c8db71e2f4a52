"""A task is a row of the table: here one that answers with the nearest member of a support set."""

from dataclasses import dataclass

import numpy as np
import pytest
from onnx import TensorProto, helper
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save

from sightline.core.errors import BundleError
from sightline.inference.bundle import Bundle, bundle_of, write_bundle
from sightline.inference.graph import Graph
from sightline.inference.manifest import format_of
from sightline.inference.pictures import reading_of
from sightline.inference.signature import FLOAT32, Signature, TensorSpec
from sightline.inference.tasks import TASKS, Task, classifier_of, load, load_classifier

PREPROCESS = {"kind": "picture", "height": 2, "width": 2, "colours": "rgb", "resize": "squash"}
MANIFEST = {
    "task": "similarity",
    "method": "network",
    "model": {"name": "mean-colour", "options": {}},
    "preprocess": PREPROCESS | {"centre": "none", "scale": "none"},
    "names": ["red", "blue"],
    "embedding": 3,
    "parameters": 0,
    "proof": {},
}
SUPPORT = save({"support": np.array([[255, 0, 0], [0, 0, 255]], dtype=np.float32)})


def mean_colour():
    """Return a graph from a picture to its mean colour, the embedding."""
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "sides"], ["embedding"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "mean-colour",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", 2, 2, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 3])],
        initializer=[helper.make_tensor("sides", TensorProto.INT64, [2], [1, 2])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()


@dataclass
class Nearest:
    """Answers with the name of the nearest support vector, and how far it is."""

    bundle: Bundle
    signature: Signature
    threads: int | None

    @property
    def manifest(self):
        return self.bundle.manifest

    def predict(self, picture):
        pixels = reading_of(picture, format_of(self.manifest), name="it").pixels
        (embedding,) = Graph(self.bundle.graph, self.signature, threads=self.threads).run(pixels[None])
        distances = np.linalg.norm(load_arrays(self.bundle.arrays)["support"] - embedding, axis=1)
        return self.manifest["names"][distances.argmin()], float(distances.min())


def embedding_of(manifest):
    return (TensorSpec("embedding", FLOAT32, (manifest["embedding"],)),)


@pytest.fixture
def similarity(tmp_path, monkeypatch):
    """A model file of a task that is there for one test."""
    monkeypatch.setitem(TASKS, "similarity", Task(embedding_of, Nearest))
    write_bundle(tmp_path / "model.sightline", bundle_of(MANIFEST, save({}), mean_colour(), arrays=SUPPORT))
    return tmp_path / "model.sightline"


def test_a_new_row_answers_in_its_own_way_from_arrays_beside_the_weights(similarity):
    pictures = [np.full((5, 4, 3), colour, np.uint8) for colour in ((250, 0, 0), (0, 0, 245))]
    assert [load(similarity).predict(picture) for picture in pictures] == [("red", 5), ("blue", 10)]


def test_what_needs_classes_says_so(similarity):
    with pytest.raises(BundleError, match="'similarity'; a classifier is needed here") as caught:
        load_classifier(similarity)
    assert str(similarity) in caught.value.problem


def test_the_graph_must_give_what_its_task_says(similarity, monkeypatch, picture):
    monkeypatch.setitem(TASKS, "similarity", Task(lambda _: (TensorSpec("embedding", FLOAT32, (4,)),), Nearest))
    with pytest.raises(BundleError, match=r"embedding tensor\(float\) \['batch', 4\]"):
        load(similarity).predict(picture(2, 2, 3))


def test_without_its_row_a_task_is_unknown(similarity, monkeypatch):
    monkeypatch.delitem(TASKS, "similarity")
    with pytest.raises(BundleError, match="task is 'similarity'; this sightline knows classification") as caught:
        load(similarity)
    assert "upgrade" in caught.value.hint


def test_a_classifier_of_a_bundle_in_memory_answers_as_its_file(parts_of, tmp_path, picture):
    bundle = bundle_of(*parts_of()).with_figures({"accuracy": 0.5})
    write_bundle(tmp_path / "model", bundle)
    written, pixels = load_classifier(tmp_path / "model", threads=1), picture(7, 16, 12, 3)
    in_memory = classifier_of(bundle, threads=1)
    np.testing.assert_array_equal(in_memory.probabilities(pixels), written.probabilities(pixels))
    assert (in_memory.manifest, in_memory.graph) == (written.manifest, written.graph)
