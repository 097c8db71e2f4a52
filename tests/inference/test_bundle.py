import json
import os
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save

from sightline.core.errors import BundleError, RunError
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.bundle import bundle_of, read_bundle, write_bundle
from sightline.inference.manifest import format_of
from sightline.inference.tasks import classifier_of, load


def test_what_was_written_is_read(bundle_file, parts_of):
    manifest, weights, graph = parts_of()
    bundle = read_bundle(bundle_file)
    assert (bundle.weights, bundle.graph) == (weights, graph)
    assert manifest.items() <= bundle.manifest.items()
    assert bundle.manifest["format_version"] == 3


def test_equal_models_are_equal_files(tmp_path, bundle_file, parts_of):
    write_bundle(tmp_path / "again", bundle_of(*parts_of()))
    assert (tmp_path / "again").read_bytes() == bundle_file.read_bytes()


def test_other_classes_are_another_file(tmp_path, bundle_file, parts_of):
    write_bundle(tmp_path / "other", bundle_of(*parts_of(classes=("ant", "bee", "cow"))))
    assert (tmp_path / "other").read_bytes() != bundle_file.read_bytes()


def test_figures_are_added_and_the_weights_stay(bundle_file, parts_of):
    write_bundle(bundle_file, read_bundle(bundle_file).with_figures({"accuracy": 0.5}))
    once = bundle_file.read_bytes()
    write_bundle(bundle_file, read_bundle(bundle_file).with_figures({"accuracy": 0.5}))
    bundle = read_bundle(bundle_file)
    assert bundle.manifest["figures"] == {"accuracy": 0.5}
    assert bundle.weights == parts_of()[1]
    assert bundle_file.read_bytes() == once


def test_a_bundle_is_a_plain_zip_of_json_and_safetensors(bundle_file):
    with zipfile.ZipFile(bundle_file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["manifest.json", "weights.safetensors", "model.onnx"]
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
        assert json.loads(archive.read("manifest.json"))["classes"] == ["ant", "bee", "cat"]


def test_class_names_of_every_script_come_back(tmp_path, parts_of):
    names = ('a"b', "日本", "\u202eabc", "a\nb")
    write_bundle(tmp_path / "model", bundle_of(*parts_of(classes=names)))
    assert load(tmp_path / "model").classes == names


ARRAYS = save({"support": np.arange(6, dtype=np.float32).reshape(2, 3)})


@pytest.fixture
def with_arrays(bundle_file, parts_of):
    """The model of `bundle_file` with arrays beside its weights."""
    write_bundle(bundle_file, bundle_of(*parts_of(), arrays=ARRAYS))
    return bundle_file


def test_arrays_beside_the_weights_come_back_and_change_no_answer(with_arrays, parts_of, picture):
    bundle = read_bundle(with_arrays)
    np.testing.assert_array_equal(load_arrays(bundle.arrays)["support"], [[0, 1, 2], [3, 4, 5]])
    plain = classifier_of(bundle_of(*parts_of()))
    pixels = picture(4, 16, 12, 3)
    np.testing.assert_array_equal(load(with_arrays).probabilities(pixels), plain.probabilities(pixels))
    assert read_bundle(with_arrays).with_figures({}).arrays == ARRAYS


def test_arrays_without_a_sum_are_a_stranger_s(bundle_file, pack, members):
    pack(bundle_file, members | {"arrays.safetensors": ARRAYS})
    assert "'arrays.safetensors'" in refusal(bundle_file).problem


def test_arrays_that_are_promised_and_missing_are_named(with_arrays, pack):
    with zipfile.ZipFile(with_arrays) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name != "arrays.safetensors"}
    pack(with_arrays, kept)
    assert "holds no arrays.safetensors" in refusal(with_arrays).problem


def test_arrays_with_another_sum_are_refused(with_arrays, pack):
    with zipfile.ZipFile(with_arrays) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    pack(with_arrays, contents | {"arrays.safetensors": ARRAYS[:-1] + b"x"})
    assert "arrays.safetensors has the SHA-256 sum" in refusal(with_arrays).problem


def test_arrays_of_a_huge_declared_size_are_refused(with_arrays):
    content = bytearray(with_arrays.read_bytes())
    entry = content.rindex(b"PK\x01\x02")  # the last member's, in the central directory
    content[entry + 24 : entry + 28] = struct.pack("<I", 2**31 + 1)
    with_arrays.write_bytes(content)
    assert "too many to be read" in refusal(with_arrays).problem


def test_an_unknown_task_and_kind_of_sample_are_said_with_the_command_that_helps(rewritten, parts_of):
    for error in (
        refusal(rewritten(task="anomaly")),
        refusal(rewritten(task="classification", preprocess=parts_of()[0]["preprocess"] | {"kind": "clip"})),
    ):
        assert "anomaly" in error.problem or "clip" in error.problem
        assert "pip install --upgrade sightline" in error.hint


def test_a_model_of_an_unknown_method_answers_but_is_not_rebuilt(rewritten, picture):
    classifier = load(rewritten(method="divination"))
    assert classifier.predict(picture(16, 12, 3)).label in classifier.classes
    with pytest.raises(BundleError, match="'divination'; this sightline rebuilds network, pipeline") as caught:
        _ = classifier.network
    assert "pip install --upgrade sightline" in caught.value.hint


def refusal(path):
    with pytest.raises(BundleError) as caught:
        load(path)
    assert str(path) in caught.value.problem
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("kept", [0, 1, 22, 0.1, 0.5, 0.9, 0.999, -1])
def test_a_file_that_is_cut_short_is_refused(kept, bundle_file):
    content = bundle_file.read_bytes()
    bundle_file.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    refusal(bundle_file)


def test_a_missing_file_is_told(tmp_path):
    assert "does not exist" in refusal(tmp_path / "none.sightline").problem


def test_a_folder_without_a_model_is_told(tmp_path):
    assert "holds no model.sightline" in refusal(tmp_path).problem


def test_a_run_s_folder_stands_for_its_model(bundle_file):
    assert load(bundle_file.parent).classes == load(bundle_file).classes


@pytest.mark.parametrize("missing", ["manifest.json", "weights.safetensors", "model.onnx"])
def test_a_missing_member_is_named(missing, bundle_file, pack, members):
    pack(bundle_file, {name: content for name, content in members.items() if name != missing})
    assert missing in refusal(bundle_file).problem


@pytest.mark.parametrize("name", ["../evil.py", "/etc/passwd", "extra.txt", "model.onnx.data", "a/manifest.json"])
def test_a_member_that_is_none_of_ours_is_named(name, bundle_file, pack, members):
    pack(bundle_file, members | {name: b"x"})
    assert repr(name) in refusal(bundle_file).problem


def test_a_member_that_stands_there_twice_is_refused(bundle_file, members):
    with zipfile.ZipFile(bundle_file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("model.onnx", members["model.onnx"])
    assert "'model.onnx'" in refusal(bundle_file).problem


@pytest.mark.parametrize("name", ["weights.safetensors", "model.onnx"])
def test_a_part_with_another_sum_is_refused(name, bundle_file, pack, members):
    pack(bundle_file, members | {name: members[name][:-1] + bytes([members[name][-1] ^ 1])})
    problem = refusal(bundle_file).problem
    assert name in problem
    assert "SHA-256" in problem


def test_a_foreign_zip_is_refused(bundle_file, pack):
    pack(bundle_file, {"word/document.xml": "<w/>"})
    assert "no model file" in refusal(bundle_file).problem


def test_a_newer_version_is_refused_with_the_command_that_helps(rewritten):
    error = refusal(rewritten(format_version=4))
    assert "version 4" in error.problem
    assert "pip install --upgrade sightline" in error.hint


@pytest.mark.parametrize(
    "text", ["", "{", "7", "null", "[]", '"x"', "\x00\xff", "{}", "[" * 100_000, '{"a": ' * 50_000, "NaN"]
)
def test_a_manifest_that_is_no_json_object_is_refused(text, bundle_file, pack):
    pack(bundle_file, {"manifest.json": text.encode("latin-1"), "weights.safetensors": b""})
    refusal(bundle_file)


WRONG = {
    "task": [None, "divination", ["classification"], 7],
    "method": [None, ["network"], 7],
    "format_version": [None, "1", 0, -1, True, 1.5],
    "model": [None, "linear", {}, {"name": ["linear"]}, {"name": "linear", "options": [1]}],
    "classes": [None, {}, [], ["ant"], ["a", "b", "c", "d"], ["ant", "ant", "bee"], [1, 2, 3], [["ant"], "bee", "cat"]],
    "largest_class": [-1, 3, "1", 1.5, None],
    "weights_sha256": [None, 7, "", "0" * 64],
    "graph_sha256": [None, 7, "", "0" * 64],
    "parameters": [None, "1"],
    "proof": [None, []],
    "licence": [None, 7],
    "environment": [None, [], "x"],
    "calibration": [
        None,
        [],
        {},
        "x",
        {"factor": 1.0, "level": 0.9, "threshold": 0.1},
        *(
            {"factor": 1.0, "level": 0.9, "threshold": 0.1, "count": 9} | wrong
            for wrong in (
                {"factor": float("nan")},
                {"factor": -1.0},
                {"level": 1e300},
                {"threshold": "0"},
                {"count": 0},
            )
        ),
    ],
    "batch": [None, 0, -1, 257, 10**30, True, 8.0, "8", [8]],
}
PREPROCESS = {
    "height": [None, 0, -1, 17, 10**9, "16", 16.0, True],
    "width": [None, 0, 13, [12]],
    "colours": [None, "grey", "RGB", ["rgb"], {}],
    "kind": [None, "clip", ["picture"], 1],
    "resize": [None, "stretch", ["squash"]],
    "centre": [None, "median", ["channel"], {}],
    "scale": [None, "one", ["deviation"]],
    "margin": [None, 1, -1, 0.5, True],
    "resampling": [None, "nearest", ["bicubic"]],
}


def test_a_crop_s_margin_and_resampling_are_read_back():
    described = PictureFormat(6, 5, resize="crop", margin=2, resampling="bicubic").describe()
    manifest = {"preprocess": described | {"centre": "channel", "scale": "deviation"}}
    assert format_of(manifest) == PictureFormat(6, 5, resize="crop", margin=2, resampling="bicubic")


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_manifest_with_a_wrong_value_is_refused(key, value, rewritten):
    refusal(rewritten(**{key: value}))


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in PREPROCESS.items() for value in values])
def test_a_preprocess_with_a_wrong_value_is_refused(key, value, rewritten, parts_of):
    refusal(rewritten(preprocess=parts_of()[0]["preprocess"] | {key: value}))


REQUIRED = [
    "task",
    "method",
    "model",
    "classes",
    "preprocess",
    "weights_sha256",
    "graph_sha256",
    "format_version",
    "parameters",
    "proof",
]


@pytest.mark.parametrize("key", REQUIRED)
def test_a_manifest_that_lacks_a_key_is_refused(key, bundle_file, pack, members):
    manifest = json.loads(members["manifest.json"])
    del manifest[key]
    pack(bundle_file, members | {"manifest.json": json.dumps(manifest)})
    refusal(bundle_file)


def test_a_list_of_very_many_members_is_refused_before_it_is_read(bundle_file):
    with zipfile.ZipFile(bundle_file, "a") as archive:
        for number in range(20_000):
            archive.writestr(str(number), b"")
    tracemalloc.start()
    try:
        problem = refusal(bundle_file).problem
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert "list of members is longer" in problem


def test_a_comment_behind_the_members_changes_nothing(bundle_file):
    before = read_bundle(bundle_file)
    with zipfile.ZipFile(bundle_file, "a") as archive:
        archive.comment = b"x" * 65_535
    assert read_bundle(bundle_file) == before


def test_a_huge_declared_size_is_refused_before_anything_is_read(bundle_file):
    content = bytearray(bundle_file.read_bytes())
    entry = content.index(b"PK\x01\x02")  # the manifest's, in the central directory
    content[entry + 24 : entry + 28] = struct.pack("<I", 0xFFFF_0000)
    bundle_file.write_bytes(content)
    assert "too many to be read" in refusal(bundle_file).problem


def test_a_member_that_says_to_be_larger_than_its_file_is_refused(bundle_file):
    content = bytearray(bundle_file.read_bytes())
    entry = content.rindex(b"PK\x01\x02")  # the graph's
    content[entry + 24 : entry + 28] = struct.pack("<I", 10**9)
    bundle_file.write_bytes(content)
    assert "1,000,000,000" in refusal(bundle_file).problem


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compressed_member_is_refused_so_that_no_bomb_is_unpacked(method, bundle_file, pack):
    pack(bundle_file, {"manifest.json": "{" + " " * 10**6, "weights.safetensors": b""}, method)
    assert "is compressed" in refusal(bundle_file).problem


@pytest.mark.parametrize("kind", ["a folder", "a pipe's end", "text"])
def test_what_is_no_file_of_ours_is_refused(kind, tmp_path):
    path = tmp_path / "model.sightline"
    if kind == "a folder":
        (path / "model.sightline").mkdir(parents=True)
        path /= "model.sightline"
    elif kind == "text":
        path.write_text("hello")
    else:
        path = path.__class__(os.devnull)
    refusal(path)


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_give_the_same_model_or_an_error_of_ours(seed, bundle_file, parts_of):
    sound, chance = bundle_file.read_bytes(), random.Random(seed)  # noqa: S311 - no secret
    weights = parts_of()[1]
    headers = [place for place in range(len(sound)) if sound.startswith(b"PK", place)]
    for _ in range(150):
        content = bytearray(sound)
        for _ in range(chance.choice([1, 1, 2, 8])):
            near = chance.choice(headers) + chance.randrange(60)
            place = chance.choice([near, chance.randrange(len(sound))]) % len(sound)
            content[place] = chance.randrange(256)
        bundle_file.write_bytes(content)
        try:
            load(bundle_file)
        except BundleError as error:
            assert str(bundle_file) in error.problem  # noqa: PT017 - most are refused, a few are harmless
        else:
            assert read_bundle(bundle_file).weights == weights


def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(tmp_path, room_for_files):
    bundle, path = read_bundle(Path(__file__).parent / "fixtures" / "version3.sightline"), tmp_path / "model.sightline"
    path.write_bytes(b"the old one")

    with room_for_files(10_000), pytest.raises(RunError, match="can't be written") as caught:
        write_bundle(path, bundle)

    assert "make room" in caught.value.hint
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {path.name: b"the old one"}
