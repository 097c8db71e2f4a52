"""Graphs that are not what they promise, made with the onnx package."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from sightline.core.errors import BundleError
from sightline.inference.graph import Graph
from sightline.inference.onnx_file import read_model, with_metadata
from sightline.inference.signature import FLOAT32, UINT8, Signature, TensorSpec, classification

SHAPE, CLASSES = (4, 3, 1), 2
SIGNATURE = classification(SHAPE, CLASSES)


def model_with(
    *,
    pixels=("pixels", TensorProto.UINT8, ["batch", *SHAPE]),
    answers=("probabilities", TensorProto.FLOAT, ["batch", CLASSES]),
    nodes=(),
    domain="",
    weights=None,
    **fields,
):
    """Return a small sound graph, changed as is said."""
    dense = weights or helper.make_tensor("dense", TensorProto.FLOAT, [12, CLASSES], np.linspace(-1, 1, 24))
    steps = nodes or [
        helper.make_node("Cast", [pixels[0]], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["logits"]),
        helper.make_node("Softmax", ["logits"], [answers[0]], domain=domain),
    ]
    graph = helper.make_graph(
        steps,
        "small",
        [helper.make_tensor_value_info(*pixels)],
        [helper.make_tensor_value_info(*answers)],
        initializer=[dense],
        **fields,
    )
    opsets = [helper.make_opsetid("", 20)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def refusal(model):
    content = model if isinstance(model, bytes) else model.SerializeToString()
    with pytest.raises(BundleError) as caught:
        Graph(content, SIGNATURE)
    assert caught.value.hint
    return caught.value.problem


def test_a_sound_graph_answers_for_any_number_of_pictures():
    graph = Graph(model_with().SerializeToString(), SIGNATURE)
    pixels = np.random.default_rng(0).integers(0, 256, (300, *SHAPE), dtype=np.uint8)
    answers = graph.run(pixels)[0]
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(np.concatenate([graph.run(one[None])[0] for one in pixels]), answers, atol=1e-6)
    assert graph.run(pixels[:0])[0].shape == (0, CLASSES)


@pytest.mark.parametrize(
    ("shape", "pictures"), [((16, 16), 256), ((45, 45), 256), ((224, 224), 10), ((1024, 1024), 1), ((4096, 4096), 1)]
)
def test_a_batch_of_larger_pictures_has_fewer_of_them(shape, pictures):
    whole = (*shape, 1)
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["floats"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Softmax", ["flat"], ["probabilities"]),
    ]
    model = model_with(
        pixels=("pixels", TensorProto.UINT8, ["batch", *whole]),
        answers=("probabilities", TensorProto.FLOAT, ["batch", shape[0]]),
        nodes=nodes,
    )
    assert Graph(model.SerializeToString(), classification(whole, shape[0])).batch == pictures


def test_a_graph_is_run_on_no_more_pictures_than_it_is_told():
    graph = Graph(model_with().SerializeToString(), SIGNATURE, batch=3)
    whole = Graph(model_with().SerializeToString(), SIGNATURE)
    runs, session = [], graph._session  # noqa: SLF001 - what is run

    class Counting:
        """Passes on what it is asked, and remembers how much that was."""

        def run(self, names, inputs):
            runs.append(len(inputs["pixels"]))
            return session.run(names, inputs)

    graph._session = Counting()  # noqa: SLF001
    pixels = np.random.default_rng(0).integers(0, 256, (8, *SHAPE), dtype=np.uint8)
    np.testing.assert_allclose(graph.run(pixels)[0], whole.run(pixels)[0], atol=1e-6)
    assert runs == [3, 3, 2]


def test_batches_that_are_computed_side_by_side_are_answered_in_order(monkeypatch):
    monkeypatch.setattr("sightline.inference.graph.CORES", 4)
    content = model_with().SerializeToString()
    pixels = np.random.default_rng(0).integers(0, 256, (41, *SHAPE), dtype=np.uint8)
    alone = [Graph(content, SIGNATURE).run(picture[None])[0] for picture in pixels]
    answers = Graph(content, SIGNATURE, batch=3, threads=1).run(pixels)[0]
    np.testing.assert_allclose(answers, np.concatenate(alone), atol=1e-6)


CLIP, SOUND = (5, 4, 3, 3), (8, 6)


@pytest.mark.parametrize(
    ("spec", "output", "places"),
    [
        (TensorSpec("pixels", UINT8, CLIP), (4,), 5 * 4 * 3),
        (TensorSpec("log_mel", FLOAT32, SOUND), (2, 3), 8 * 6),
        (TensorSpec("numbers", FLOAT32, (7,)), (), 7),
    ],
    ids=["clips to vectors", "sound to maps", "rows to scores"],
)
def test_samples_and_answers_may_have_any_rank(spec, output, places):
    kind = TensorProto.UINT8 if spec.type == UINT8 else TensorProto.FLOAT
    width = int(np.prod(output))
    table = np.random.default_rng(0).normal(size=(int(np.prod(spec.shape)), width)).astype(np.float32)
    sides = helper.make_tensor("sides", TensorProto.INT64, [1 + len(output)], [-1, *output])
    nodes = [
        helper.make_node("Cast", [spec.name], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["row"]),
        helper.make_node("Constant", [], ["to"], value=sides),
        helper.make_node("Reshape", ["row", "to"], ["embedding"]),
    ]
    model = model_with(
        pixels=(spec.name, kind, ["batch", *spec.shape]),
        answers=("embedding", TensorProto.FLOAT, ["batch", *output]),
        nodes=nodes,
        weights=helper.make_tensor("dense", TensorProto.FLOAT, table.shape, table),
    )
    signature = Signature(spec, (TensorSpec("embedding", FLOAT32, output),))
    samples = np.random.default_rng(1).integers(0, 256, (5, *spec.shape)).astype(np.uint8 if kind == 2 else np.float32)
    (answers,) = Graph(model.SerializeToString(), signature, batch=2).run(samples)
    expected = (samples.reshape(5, -1).astype(np.float32) @ table).reshape(5, *output)
    np.testing.assert_allclose(answers, expected, rtol=1e-4, atol=1e-3)
    assert spec.places == places


def test_a_graph_that_answers_for_more_samples_than_were_asked_about_is_caught():
    doubled = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["logits"]),
        helper.make_node("Concat", ["logits", "logits"], ["probabilities"], axis=0),
    ]
    graph = Graph(model_with(nodes=doubled).SerializeToString(), SIGNATURE)
    with pytest.raises(BundleError, match=r"answered with the shape \(6, 2\); expected \(3, 2\)"):
        graph.run(np.zeros((3, *SHAPE), np.uint8))


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 1, 1), (4, 3, 2)])
def test_a_graph_of_another_rank_or_size_than_its_kind_of_sample_is_refused(shape):
    with pytest.raises(BundleError, match="does not fit the manifest"):
        Graph(model_with().SerializeToString(), classification(shape, CLASSES))


@pytest.mark.parametrize("shape", [(0,), (-1, 3), (2**26 + 1,), (2**14, 2**14), (4.0,), (True,)])
def test_a_shape_out_of_bounds_is_refused_before_anything_is_allocated(shape):
    with pytest.raises(BundleError, match="expected whole numbers of 1 or more"):
        TensorSpec("pixels", UINT8, shape)


OTHERS = {
    "another name of the input": {"pixels": ("image", TensorProto.UINT8, ["batch", *SHAPE])},
    "floats to read": {"pixels": ("pixels", TensorProto.FLOAT, ["batch", *SHAPE])},
    "another size": {"pixels": ("pixels", TensorProto.UINT8, ["batch", 3, 4, 1])},
    "a fixed batch": {"pixels": ("pixels", TensorProto.UINT8, [1, *SHAPE])},
    "a side that is not said": {"pixels": ("pixels", TensorProto.UINT8, ["batch", 4, "width", 1])},
    "another name of the output": {"answers": ("logits2", TensorProto.FLOAT, ["batch", CLASSES])},
    "more classes": {"answers": ("probabilities", TensorProto.FLOAT, ["batch", 3])},
    "answers in double": {"answers": ("probabilities", TensorProto.DOUBLE, ["batch", CLASSES])},
}


@pytest.mark.parametrize("changed", OTHERS.values(), ids=OTHERS)
def test_a_graph_with_other_inputs_or_outputs_than_promised_is_refused(changed):
    assert "graph" in refusal(model_with(**changed))


def test_a_graph_with_a_second_input_is_refused():
    model = model_with()
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    assert "does not fit the manifest" in refusal(model)


def test_a_graph_with_a_second_output_is_refused():
    model = model_with()
    model.graph.output.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, ["batch", CLASSES]))
    assert "does not fit the manifest" in refusal(model)


@pytest.mark.parametrize("said", ["location and place", "place alone", "location alone"])
def test_arrays_in_another_file_are_refused_before_it_is_opened(said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.zeros(24, np.float32).tofile("secret.bin")
    weights = TensorProto(name="dense", data_type=TensorProto.FLOAT, dims=[12, CLASSES])
    if said != "place alone":
        weights.data_location = TensorProto.EXTERNAL
    if said != "location alone":
        weights.external_data.add(key="location", value="secret.bin")
    assert "another file" in refusal(model_with(weights=weights))


def test_arrays_of_an_attribute_may_not_be_in_another_file_either():
    model = model_with()
    hidden = TensorProto(name="x", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    model.graph.node.append(helper.make_node("Constant", [], ["x"], value=hidden))
    assert "another file" in refusal(model)


@pytest.mark.parametrize("domain", ["com.microsoft", "evil", "ai.onnx.ml"])
def test_operators_outside_the_standard_are_refused(domain):
    problem = refusal(model_with(domain=domain))
    assert domain in problem
    assert "only ONNX's own are run" in problem


def test_branches_loops_functions_and_sparse_arrays_are_refused():
    branch = helper.make_graph([helper.make_node("Constant", [], ["y"], value_float=1.0)], "b", [], [])
    model = model_with()
    model.graph.node.append(helper.make_node("If", ["c"], ["z"], then_branch=branch, else_branch=branch))
    assert "branches" in refusal(model)
    model = model_with()
    model.functions.add(name="f", domain="")
    assert "functions" in refusal(model)
    model = model_with()
    model.graph.sparse_initializer.add()
    assert "sparse" in refusal(model)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 40, b"no graph", b"PK\x03\x04" * 9, bytes(1000)])
def test_what_is_no_graph_is_refused(content):
    refusal(content)


def test_a_graph_that_is_cut_short_is_refused_wherever_it_is_cut():
    whole = model_with().SerializeToString()
    for kept in range(0, len(whole), 3):
        refusal(whole[:kept])


def test_texts_about_a_graph_are_read_by_the_onnx_package_and_change_nothing_else():
    whole = model_with().SerializeToString()
    told = with_metadata(whole, {"classes": '["ant", "日本"]', "long": "x" * 300})
    model = onnx.load_from_string(told)
    assert {entry.key: entry.value for entry in model.metadata_props} == {
        "classes": '["ant", "日本"]',
        "long": "x" * 300,
    }
    del model.metadata_props[:]
    assert model.SerializeToString() == whole
    read_model(told)


def with_names(**names):
    """Return a small sound graph whose values have other names."""
    model = model_with()
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    return model


def test_a_value_inside_a_graph_becomes_an_output_as_the_onnx_package_sees_it():
    sound = model_with()
    for node in sound.graph.node:
        node.ClearField("domain")  # the standard's, said or not said
    whole = sound.SerializeToString()
    model = onnx.load_from_string(read_model(whole).written("flat"))
    assert [entry.name for entry in model.graph.output] == ["probabilities", "flat"]
    del model.graph.output[1]
    assert model.SerializeToString() == whole == read_model(whole).written("nowhere")


def test_the_features_of_a_graph_are_the_value_of_that_name():
    graph = Graph(with_names(flat="features").SerializeToString(), SIGNATURE, batch=2)
    pixels = np.random.default_rng(0).integers(0, 256, (5, *SHAPE), dtype=np.uint8)
    answers, features = graph.run(pixels, "probabilities", "features")
    assert graph.features == 12
    np.testing.assert_array_equal(features, pixels.reshape(5, 12))
    np.testing.assert_array_equal(answers, graph.run(pixels)[0])


@pytest.mark.parametrize("names", [{}, {"floats": "features"}], ids=["none", "maps, not a row of numbers"])
def test_a_graph_without_such_features_answers_all_the_same(names):
    graph = Graph(with_names(**names).SerializeToString(), SIGNATURE)
    assert graph.features == 0
    assert graph.run(np.zeros((2, *SHAPE), np.uint8))[0].shape == (2, CLASSES)
    with pytest.raises(BundleError, match="does not say what its last layer reads"):
        graph.run(np.zeros((2, *SHAPE), np.uint8), "features")
