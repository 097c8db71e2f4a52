import hashlib
import json
import sys
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import CliRunner

import sightline
from sightline.app.verbs.export import command
from sightline.core.errors import DataError, MissingExtraError, RunError, SettingsError
from sightline.inference.bundle import read_bundle, write_bundle


def exported(*words):
    outcome = CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)
    if outcome.exception:
        raise outcome.exception
    return outcome.output


def answers_of(path, pixels):
    (answers,) = onnxruntime.InferenceSession(path).run(["probabilities"], {"pixels": pixels})
    return answers


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)


def test_an_onnx_file_answers_as_the_model_and_says_what_it_is(finished, flowers, pixels, tmp_path):
    out = tmp_path / "flowers.onnx"
    told = exported(finished.folder, "--to", "onnx", "--out", out, "--data", flowers)
    classifier = finished.classifier()
    np.testing.assert_array_equal(answers_of(out, pixels), classifier.probabilities(pixels))
    texts = {entry.key: entry.value for entry in onnx.load(out).metadata_props}
    assert json.loads(texts["sightline_classes"]) == list(classifier.classes)
    assert json.loads(texts["sightline_preprocess"]) == classifier.manifest["preprocess"]
    assert (texts["sightline_model"], texts["sightline_licence"]) == ("linear", "unstated")
    assert "compared on 42 pictures: same class on 42, largest difference of a probability 0" in told


def test_eight_bits_are_calibrated_on_other_pictures_than_they_are_compared_on(finished, flowers, pixels, tmp_path):
    out = tmp_path / "small.onnx"
    told = exported(finished.model, "--to", "onnx", "--out", out, "--quantize", "int8", "--data", flowers)
    kinds = {node.op_type for node in onnx.load(out).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    expected = finished.classifier().probabilities(pixels)
    assert 0 < np.abs(answers_of(out, pixels) - expected).max() < 0.2
    ships, int8 = (line for line in told.splitlines() if " MB " in line)
    assert ships.startswith("float32 as it ships")
    assert int8.startswith("int8 for onnx")
    assert all(line.endswith("%") for line in (ships, int8))
    assert "compared on 42 pictures" in told  # half of 84


def test_without_data_nothing_is_compared_and_eight_bits_find_their_ranges_anew(finished, pixels, tmp_path):
    out = tmp_path / "small.onnx"
    told = exported(finished.model, "--to", "onnx", "--out", out, "--quantize", "int8")
    assert "not compared on real pictures: give --data; ranges are found anew on each picture" in told
    assert "DynamicQuantizeLinear" in {node.op_type for node in onnx.load(out).graph.node}
    assert np.abs(answers_of(out, pixels) - finished.classifier().probabilities(pixels)).max() < 0.2


def test_nothing_is_replaced_without_force(finished, tmp_path):
    out = tmp_path / "a.onnx"
    out.write_text("mine")
    with pytest.raises(RunError, match="exists"):
        exported(finished.model, "--to", "onnx", "--out", out)
    assert out.read_text() == "mine"
    exported(finished.model, "--to", "onnx", "--out", out, "--force")
    onnx.checker.check_model(onnx.load(out))


def test_a_file_of_another_ending_a_missing_folder_and_too_few_pictures_are_told(finished, few, tmp_path):
    with pytest.raises(SettingsError, match=r"ends in \.onnx"):
        exported(finished.model, "--to", "onnx", "--out", tmp_path / "a.xml")
    with pytest.raises(RunError, match="can't be written"):
        exported(finished.model, "--to", "onnx", "--out", tmp_path / "none" / "a.onnx")
    for broken in [*few.rglob("*.png")][1:]:
        broken.write_bytes(b"no picture")
    with pytest.raises(DataError, match="1 pictures that can be read"):
        exported(finished.model, "--to", "onnx", "--out", tmp_path / "a.onnx", "--data", few)
    assert not (tmp_path / "a.onnx").exists()


def test_openvino_answers_as_the_model(finished, flowers, tmp_path):
    pytest.importorskip("openvino", reason="openvino is not installed (pip install 'sightline[openvino]')")
    told = exported(finished.model, "--to", "openvino", "--out", tmp_path / "a.xml", "--data", flowers)
    assert "same class on 42" in told
    assert (tmp_path / "a.bin").stat().st_size > 16 * 16 * 3 * 6 * 4


def test_openvino_s_files_appear_whole_or_not_at_all(finished, tmp_path, room_for_files):
    pytest.importorskip("openvino", reason="openvino is not installed (pip install 'sightline[openvino]')")
    for name in ("a.xml", "a.bin"):
        (tmp_path / name).write_text("before")

    with room_for_files(300), pytest.raises(RunError, match=r"a\.xml can't be written: OpenVINO says"):
        exported(finished.model, "--to", "openvino", "--out", tmp_path / "a.xml", "--force")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "a.xml"]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"before"}


def test_without_openvino_the_one_command_is_said_and_nothing_is_left(finished, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError) as caught:
        exported(finished.model, "--to", "openvino", "--out", tmp_path / "a.xml")
    assert caught.value.hint == "install it with: pip install 'sightline[openvino]'"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"to": "coreml"}, {"to": "onnx", "quantize": "int4"}])
def test_a_kind_that_there_is_not_is_refused_in_python_too_and_nothing_is_written(wrong, finished, tmp_path):
    out = tmp_path / "model.onnx"
    with pytest.raises(SettingsError, match=r"coreml|int4"):
        sightline.export(finished.folder, out=out, **wrong)
    assert not out.exists()


@pytest.mark.parametrize("options", [(), ("--quantize", "int8")])
def test_what_was_not_understood_of_a_graph_is_not_handed_on(options, finished, tmp_path):
    source, changed = finished.model, tmp_path / "changed.sightline"
    bundle = read_bundle(source)
    graph = onnx.load_from_string(bundle.graph)
    graph.doc_string = graph.graph.doc_string = graph.graph.node[0].doc_string = "a secret"
    graph.metadata_props.add(key="note", value="a secret")
    graph.producer_name = "a secret"
    content = graph.SerializeToString()
    manifest = bundle.manifest | {"graph_sha256": hashlib.sha256(content).hexdigest()}
    write_bundle(changed, replace(bundle, manifest=manifest, graph=content))
    assert b"a secret" in changed.read_bytes()

    exported(changed, "--to", "onnx", "--out", tmp_path / "a.onnx", *options)

    assert b"a secret" not in (tmp_path / "a.onnx").read_bytes()
