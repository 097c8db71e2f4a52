"""A stranger's graph: what is understood of it, what is refused, and that onnx's own parser never disagrees."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from sightline.core.errors import BundleError
from sightline.inference.bundle import read_bundle
from sightline.inference.graph import Graph
from sightline.inference.onnx_file import read_model, with_metadata
from sightline.inference.signature import classification

SHAPE, CLASSES = (4, 3, 1), 2
SIGNATURE = classification(SHAPE, CLASSES)
DROPPED = ("doc_string", "metadata_props", "domain", "denotation", "data_location")
DROPPED_OF_MODEL = ("producer_name", "producer_version", "model_version")


def model(*nodes, batch="batch", arrays=()):
    """Return a graph whose last steps are sound, with others before them."""
    steps = [
        *nodes,
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"]),
        helper.make_node("MatMul", ["flat", "dense"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    dense = helper.make_tensor("dense", TensorProto.FLOAT, [12, CLASSES], np.linspace(-1, 1, 24))
    graph = helper.make_graph(
        steps,
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [batch, *SHAPE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [batch, CLASSES])],
        initializer=[dense, *arrays],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


SOUND = model().SerializeToString()
INNER = model().graph.SerializeToString()


def refusal(content):
    with pytest.raises(BundleError) as caught:
        Graph(content if isinstance(content, bytes) else content.SerializeToString(), SIGNATURE)
    assert "do not trust this file" in caught.value.hint
    return caught.value.problem


def varint(value, width=1):
    """Return a number in at least so many bytes."""
    digits = [value >> 7 * place & 0x7F for place in range(max(width, -(-value.bit_length() // 7)))]
    return bytes([digit | 0x80 for digit in digits[:-1]] + digits[-1:])


def field(number, content, *, tag=None):
    return (tag or varint(number << 3 | 2)) + varint(len(content)) + content


HIDDEN = {
    "a tag past 32 bits": (field(25, b"", tag=varint(25 << 3 | 2 | 2**32)), "impossible number"),
    "a whole graph behind a tag past 32 bits": (field(7, INNER, tag=varint(7 << 3 | 2 | 2**32)), "impossible number"),
    "a tag that is longer than it needs to be": (field(14, b"", tag=varint(14 << 3 | 2, width=3)), "longer than"),
    "a length that is longer than it needs to be": (b"\x72" + varint(0, width=5), "longer than"),
    "a number past 64 bits": (b"\x28" + b"\xff" * 9 + b"\x02", "longer than"),
    "an unknown field": (field(99, b"anything"), "number 99"),
    "a field of the number 0": (b"\x02\x00", "impossible number"),
    "a group": (b"\x73\x74", "kind 3"),
    "a second graph": (field(7, INNER), "graph is given twice"),
    "a second version": (b"\x08\x0a", "ir_version is given twice"),
    "a graph that is a number": (b"\x38\x01", "graph is a number"),
    "a name that is no text": (field(2, b"\xff\xfe"), "utf-8"),
    "a second opset": (field(8, b"\x10\x14"), "versions"),
    "an older opset": (field(8, b"\x10\x0d"), "versions"),
    "a device": (field(26, b""), "number 26"),
}


@pytest.mark.parametrize(("added", "problem"), HIDDEN.values(), ids=HIDDEN)
def test_what_another_parser_may_read_differently_is_refused(added, problem):
    assert problem in refusal(SOUND + added)


def test_a_file_of_the_working_directory_is_not_read_behind_a_tag_past_32_bits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.full(24, 0.5, np.float32).tofile("secret.bin")
    place = field(1, b"location") + field(2, b"secret.bin")
    tensor = TensorProto(name="dense", data_type=TensorProto.FLOAT, dims=[12, CLASSES]).SerializeToString()
    for tags in ({}, {"tag": varint(13 << 3 | 2 | 2**32)}):
        hidden = tensor + field(13, place, **tags) + b"\x70\x01"
        assert "graph can't be trusted" in refusal(_with_tensor(hidden))


def _with_tensor(tensor):
    changed = model()
    del changed.graph.initializer[:]
    graph = changed.graph.SerializeToString() + field(5, tensor)
    return b"\x08\x0a" + field(7, graph) + field(8, b"\x10\x14")


def test_the_runtime_itself_would_open_no_file_and_no_format_of_its_own(tmp_path, monkeypatch):
    from sightline.inference.graph import _opened

    monkeypatch.chdir(tmp_path)
    np.full(24, 0.5, np.float32).tofile("secret.bin")
    changed = model()
    weights = TensorProto(name="dense", data_type=TensorProto.FLOAT, dims=[12, CLASSES], data_location=1)
    weights.external_data.add(key="location", value="secret.bin")
    changed.graph.initializer[0].CopyFrom(weights)
    with pytest.raises(BundleError, match="can't be opened"):
        _opened(changed.SerializeToString(), 1)
    own = tmp_path / "own.ort"
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(own)
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(SOUND, options)
    assert own.read_bytes()[4:8] == b"ORTM"
    with pytest.raises(BundleError, match="can't be opened"):
        _opened(own.read_bytes(), 1)


def test_bytes_that_are_also_the_runtimes_own_format_are_read_as_onnx_alone():
    polyglot = b"\x08\x0a\x12\x04ORTM" + SOUND.removeprefix(b"\x08\x0a")
    assert polyglot[4:8] == b"ORTM"
    assert onnx.load_from_string(polyglot).producer_name == "ORTM"
    assert read_model(polyglot).written() == read_model(SOUND).written()
    pixels = np.zeros((2, *SHAPE), np.uint8)
    np.testing.assert_array_equal(Graph(polyglot, SIGNATURE).run(pixels)[0], Graph(SOUND, SIGNATURE).run(pixels)[0])
    assert "holds no graph" in refusal(b"\x08\x0a\x12\x04ORTM")


def changed(change):
    whole = model()
    change(whole)
    return whole


ATTRIBUTE = helper.make_attribute
OTHERS = {
    "an operator outside the list": (lambda whole: setattr(whole.graph.node[3], "op_type", "NonZero"), "'NonZero'"),
    "an attribute outside the list": (lambda whole: whole.graph.node[1].attribute.append(ATTRIBUTE("to", 1)), "'to'"),
    "an attribute twice": (lambda whole: whole.graph.node[0].attribute.append(ATTRIBUTE("to", 7)), "twice"),
    "an attribute of another type": (
        lambda whole: whole.graph.node[0].attribute[0].CopyFrom(ATTRIBUTE("to", 1.0)),
        "another type",
    ),
    "an attribute with two values": (lambda whole: setattr(whole.graph.node[0].attribute[0], "f", 1), "another type"),
    "a reference to an attribute of a function": (
        lambda whole: setattr(whole.graph.node[0].attribute[0], "ref_attr_name", "to"),
        "number 21",
    ),
    "an input too many": (lambda whole: whole.graph.node[0].input.append("dense"), "2 inputs"),
    "a value that is made twice": (lambda whole: whole.graph.node[1].output.append("floats"), "2 times"),
    "an array and an input of one name": (
        lambda whole: setattr(whole.graph.initializer[0], "name", "pixels"),
        "2 times",
    ),
    "an array too short": (lambda whole: setattr(whole.graph.initializer[0], "raw_data", b"\0" * 4), "another place"),
    "an array of another shape": (lambda whole: whole.graph.initializer[0].dims.append(2), "24 numbers"),
    "an array with a negative side": (lambda whole: whole.graph.initializer[0].dims.append(-1), "shape"),
    "an array of texts": (lambda whole: setattr(whole.graph.initializer[0], "data_type", TensorProto.STRING), "type"),
    "a segment": (lambda whole: setattr(whole.graph.initializer[0].segment, "begin", 1), "number 3"),
    "a newer IR version": (lambda whole: setattr(whole, "ir_version", 11), "IR version 11"),
    "steps in another order": (lambda whole: whole.graph.node.append(whole.graph.node.pop(0)), "before it is there"),
}


@pytest.mark.parametrize(("change", "problem"), OTHERS.values(), ids=OTHERS)
def test_what_is_not_on_the_list_of_a_graph_is_refused(change, problem):
    assert problem in refusal(changed(change))


def test_a_file_of_very_many_fields_is_refused_before_they_are_kept():
    assert "more fields" in refusal(SOUND + b"\x72\x00" * 2**18)


def test_a_graph_of_very_many_steps_is_refused():
    steps = [helper.make_node("Identity", ["dense"], [f"copy{number}"]) for number in range(2**13)]
    assert "8,196 steps" in refusal(model(*steps))


def array(name, *numbers):
    return helper.make_tensor(name, TensorProto.INT64, [len(numbers)], numbers)


def test_work_that_a_runtime_would_do_while_it_loads_has_a_budget():
    square = array("square", 4096, 4096)
    products = [helper.make_node("ConstantOfShape", ["square"], ["m0"])]
    products += [helper.make_node("MatMul", [f"m{n}", f"m{n}"], [f"m{n + 1}"]) for n in range(300)]
    assert "of work to load" in refusal(model(*products, arrays=[square]))


def test_work_of_one_answer_has_a_budget():
    many = array("many", 2**20, 12)
    steps = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers"], ["mean"], keepdims=0),
        helper.make_node("Expand", ["mean", "many"], ["m0"]),
    ]
    steps += [helper.make_node("Exp", [f"m{n}"], [f"m{n + 1}"]) for n in range(4000)]
    assert "of work for one answer" in refusal(model(*steps, arrays=[many]))


def test_memory_has_a_budget():
    huge = array("huge", 2**40)
    assert "numbers in memory" in refusal(model(helper.make_node("ConstantOfShape", ["huge"], ["m"]), arrays=[huge]))


def test_a_size_that_depends_on_the_pixels_is_refused():
    steps = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.INT64),
        helper.make_node("ReduceMax", ["numbers"], ["most"], keepdims=0),
        helper.make_node("Unsqueeze", ["most", "zero"], ["side"]),
        helper.make_node("ConstantOfShape", ["side"], ["m"]),
    ]
    assert "can't be told beforehand" in refusal(model(*steps, arrays=[array("zero", 0)]))


def test_a_graph_that_is_endless_for_one_size_of_batch_alone_is_refused_at_that_size():
    steps = [
        helper.make_node("Shape", ["pixels"], ["count"], end=1),
        helper.make_node("Equal", ["count", "three"], ["is_three"]),
        helper.make_node("Where", ["is_three", "much", "one"], ["side"]),
        helper.make_node("ConstantOfShape", ["side"], ["m"]),
    ]
    graph = Graph(
        model(*steps, arrays=[array("three", 3), array("one", 1), array("much", 2**45)]).SerializeToString(), SIGNATURE
    )
    assert graph.run(np.zeros((2, *SHAPE), np.uint8))[0].shape == (2, CLASSES)
    with pytest.raises(BundleError, match="numbers in memory"):
        graph.run(np.zeros((3, *SHAPE), np.uint8))


def comparable(content):
    """Return what onnx's own parser reads, without what is read and not handed on."""
    whole = onnx.load_from_string(content)
    for name in DROPPED_OF_MODEL:
        whole.ClearField(name)
    whole.graph.ClearField("value_info")
    _clear(whole)
    whole.opset_import[0].domain = ""
    return whole


def _clear(message):
    for descriptor, value in message.ListFields():
        if descriptor.name in DROPPED:
            message.ClearField(descriptor.name)
        elif descriptor.type == descriptor.TYPE_MESSAGE:
            for one in value if descriptor.is_repeated else [value]:
                _clear(one)


def mutations(content, count):
    """Yield a file with a few bytes changed, taken out, put in or doubled."""
    chance = np.random.default_rng(0)
    for _ in range(count):
        changed = bytearray(content)
        for _ in range(chance.integers(1, 4)):
            place = int(chance.integers(len(changed)))
            match chance.integers(5):
                case 0:
                    changed[place] = chance.integers(256)
                case 1:
                    changed[place] ^= 1 << chance.integers(8)
                case 2:
                    del changed[place : place + int(chance.integers(1, 9))]
                case 3:
                    changed[place:place] = chance.bytes(int(chance.integers(1, 9)))
                case _:
                    changed[place:place] = changed[place : place + int(chance.integers(1, 65))]
        yield bytes(changed)


@pytest.mark.parametrize("origin", ["by hand", "version2-pipeline.sightline", "version3.sightline"])
def test_what_is_understood_of_a_changed_file_is_what_onnx_itself_understands(origin, request):
    folder = request.path.parent / "fixtures"
    content = with_metadata(SOUND, {"a": "b"}) if origin == "by hand" else read_bundle(folder / origin).graph
    accepted = 0
    for mutation in mutations(content, 1500):
        try:
            written = read_model(mutation).written()
        except BundleError:
            continue
        accepted += 1
        assert comparable(mutation) == comparable(written)
    assert accepted > 20
