"""The enrolled pictures of a model file: kept as they were, and looked at before they are believed."""

import numpy as np
import pytest
from safetensors.numpy import load as library_load
from safetensors.numpy import save as library_save

from sightline.core.errors import BundleError
from sightline.inference.arrays.array_file import read_arrays, written_arrays
from sightline.inference.bundle import read_bundle
from sightline.inference.support import support_set as module
from sightline.inference.support.support_set import SupportSet, support_set_in
from sightline.inference.tasks import model_of_bundle

CLASSES = ("red", "blue")


@pytest.fixture
def enrolled(support):
    return support((250, 0, 0), (0, 0, 250), (240, 30, 0), labels=[0, 1, 0], names=("a.png", "b.png", "c\udcff.png"))


def again(enrolled, **changes):
    arrays = read_arrays(written_arrays(enrolled.arrays())) | changes
    return support_set_in({name: array for name, array in arrays.items() if array is not None}, CLASSES, width=3)


def test_pictures_stand_class_after_class_and_come_back_from_a_file(enrolled):
    read = again(enrolled)
    assert read.labels.tolist() == [0, 0, 1]
    assert read.names == ("a.png", "c\udcff.png", "b.png")
    assert read.copies == (b"",) * 3
    np.testing.assert_array_equal(read.embeddings, enrolled.embeddings)
    assert read.place_of(enrolled.digests[2].tobytes()) == 2
    assert read.place_of(b"\0" * 32) is None


def test_copies_of_pictures_are_kept_where_there_are_any(enrolled):
    with_copies = SupportSet.of(
        enrolled.embeddings, enrolled.labels, enrolled.digests, copies=[b"\xff\xd8one", b"", b"\xff\xd8two"]
    )
    assert again(with_copies).copies == (b"\xff\xd8one", b"", b"\xff\xd8two")


def test_what_was_joined_and_taken_away_again_leaves_the_same_bytes(enrolled, support):
    more = support((0, 250, 0), (0, 240, 10), labels=[2, 2], names=("d.png", "e.png"))
    assert written_arrays(enrolled.joined(more).without(2).arrays()) == written_arrays(enrolled.arrays())
    assert enrolled.joined(more).without(0).labels.tolist() == [0, 1, 1]


def test_arrays_are_written_as_the_library_of_their_format_writes_them(enrolled):
    arrays = {
        **enrolled.arrays(),
        "digests": np.arange(5, dtype=np.uint64),
        "empty": np.zeros((0, 4), np.float32),
        "half": np.ones((3, 1), np.float16),
        "wide": np.ones(2, np.float64),
    }
    written = written_arrays(arrays)
    assert written == library_save(arrays)
    for name, array in library_load(written).items():
        np.testing.assert_array_equal(read_arrays(written)[name], array)


DAMAGED = {
    "labels that do not ascend": {module.LABELS: np.array([0, 1, 0])},
    "a label below 0": {module.LABELS: np.array([-1, 0, 1])},
    "a class that nobody named": {module.LABELS: np.array([0, 1, 2])},
    "a class without a picture": {module.LABELS: np.array([0, 0, 0])},
    "no labels": {module.LABELS: None},
    "no length": {module.EMBEDDINGS: np.zeros((3, 3), np.float32)},
    "no number": {module.EMBEDDINGS: np.full((3, 3), np.nan, np.float32)},
    "another width": {module.EMBEDDINGS: np.eye(3, 4, dtype=np.float32)},
    "another type": {module.EMBEDDINGS: np.eye(3)},
    "a single number": {module.EMBEDDINGS: np.float32(1).reshape(())},
    "too few digests": {module.DIGESTS: np.zeros((2, 32), np.uint8)},
    "names of another number": {module.NAMES: np.frombuffer(b'["a"]', np.uint8)},
    "names that are none": {module.NAMES: np.frombuffer(b"[1, 2, 3]", np.uint8)},
    "names that are no JSON": {module.NAMES: np.frombuffer(b"[" * 100_000, np.uint8)},
    "copies without ends": {module.COPIES: np.frombuffer(b"\xff\xd8", np.uint8)},
    "copies that go backwards": {
        module.COPIES: np.frombuffer(b"\xff\xd8", np.uint8),
        module.ENDS: np.array([2, 0, 2]),
    },
    "copies that are no JPEG": {module.COPIES: np.frombuffer(b"<svg>", np.uint8), module.ENDS: np.array([5, 5, 5])},
}


@pytest.mark.parametrize("changes", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_support_set_is_refused(enrolled, changes):
    with pytest.raises(BundleError):
        again(enrolled, **changes)


def test_more_pictures_than_a_file_may_have_are_refused(enrolled, monkeypatch):
    monkeypatch.setattr(module, "MOST_PICTURES", 2)
    with pytest.raises(BundleError, match="3 enrolled pictures are more than a model file may have: at most 2"):
        again(enrolled)


HOSTILE = {
    "no header": b"",
    "a header beyond the file": (2**40).to_bytes(8, "little") + b"{}",
    "no JSON": (4).to_bytes(8, "little") + b"{{{{",
    "a list": (2).to_bytes(8, "little") + b"[]",
    "deep": (90_000).to_bytes(8, "little") + b"[" * 90_000,
    "an entry that is none": (8).to_bytes(8, "little") + b'{"a": 1}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_bytes_that_are_no_arrays_are_refused(content):
    with pytest.raises(ValueError, match=r"header|JSON|Expecting"):
        read_arrays(content)


SHAPES = {
    "another size": {"dtype": "U8", "shape": [5], "data_offsets": [0, 4]},
    "beyond the end": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]},
    "below 0": {"dtype": "U8", "shape": [-4], "data_offsets": [0, -4]},
    "twice the same bytes": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4], "again": True},
    "another type": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
    "left over": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]},
}


@pytest.mark.parametrize("entry", SHAPES.values(), ids=SHAPES)
def test_arrays_that_do_not_fit_their_bytes_are_refused(entry):
    import json

    header = json.dumps({"a": entry} | ({"b": entry} if "again" in entry else {})).encode()
    with pytest.raises(ValueError, match=r"array|bytes"):
        read_arrays(len(header).to_bytes(8, "little") + header + b"1234")


def test_a_file_whose_support_set_is_damaged_is_refused_when_it_is_loaded(similarity_file):
    bundle = read_bundle(similarity_file)
    with pytest.raises(BundleError, match="arrays beside the model's graph"):
        model_of_bundle(bundle.with_arrays(b"nothing"))
    with pytest.raises(BundleError, match=r"holds no array support\.embeddings"):
        model_of_bundle(bundle.with_arrays(None))
