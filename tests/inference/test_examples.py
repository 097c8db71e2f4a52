import io
import os
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file
from sklearn.neighbors import NearestNeighbors

from sightline.core.errors import BundleError
from sightline.inference.examples import Examples, read_examples, unit, write_examples

COUNT = 9


def thumbnail(number):
    stream = io.BytesIO()
    Image.new("RGB", (6 + number, 5), (20 * number, 0, 0)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture
def pixels(classifier):
    return np.random.default_rng(3).integers(0, 256, (COUNT, *classifier.format.shape), dtype=np.uint8)


@pytest.fixture
def kept(tmp_path, classifier, pixels):
    """Examples of every class of `classifier`, on the disk."""
    path = tmp_path / "examples.safetensors"
    _, features = classifier.with_features(pixels)
    thumbnails = [thumbnail(number) for number in range(COUNT)]
    write_examples(path, classifier, labels=np.arange(COUNT) % 3, features=features, thumbnails=thumbnails)
    return path


def test_the_nearest_are_those_that_scikit_learn_finds():
    chance = np.random.default_rng(0)
    known, asked = (chance.normal(size=(count, 7)).astype(np.float32) for count in (40, 5))
    known[3] = asked[4] = 0
    examples = Examples(tuple(map(str, range(40))), unit(known), (b"",) * 40)
    distances, places = NearestNeighbors(n_neighbors=6, metric="cosine").fit(known).kneighbors(asked[:4])
    found = examples.nearest(asked, 6)
    assert [[int(one.label) for one in row] for row in found[:4]] == places.tolist()
    np.testing.assert_allclose([[one.similarity for one in row] for row in found[:4]], 1 - distances, atol=1e-5)
    assert {one.similarity for one in found[4]} == {0}  # nothing is like a picture of which nothing was seen


def test_more_than_there_are_is_all_there_are():
    examples = Examples(("a", "b"), np.eye(2, dtype=np.float32), (b"", b""))
    assert [one.label for one in examples.nearest(np.array([[1, 9]], np.float32), 8)[0]] == ["b", "a"]


def test_a_picture_that_was_kept_is_its_own_nearest(kept, classifier, pixels):
    examples = read_examples(kept, classifier)
    assert len(examples) == COUNT
    assert examples.labels == classifier.classes * 3
    for number, near in enumerate(examples.nearest(classifier.with_features(pixels)[1], 2)):
        assert near[1].similarity < near[0].similarity == pytest.approx(1, abs=1e-3)
        assert near[0].thumbnail == thumbnail(number)
        assert near[0].label == classifier.classes[number % 3]


def test_features_of_any_size_are_kept(tmp_path, classifier):
    features = np.random.default_rng(0).normal(size=(COUNT, classifier.features)).astype(np.float32)
    for size in (1e-30, 1e30):
        path = tmp_path / str(size)
        labels, thumbnails = np.zeros(COUNT, np.int64), [thumbnail(1)] * COUNT
        write_examples(path, classifier, labels=labels, features=size * features, thumbnails=thumbnails)
        np.testing.assert_allclose(read_examples(path, classifier).features, unit(features), atol=1e-3)


def test_no_examples_at_all_are_read_back(tmp_path, classifier):
    path = tmp_path / "examples.safetensors"
    features = np.zeros((0, classifier.features), np.float32)
    write_examples(path, classifier, labels=np.zeros(0, np.int64), features=features, thumbnails=[])
    examples = read_examples(path, classifier)
    assert len(examples) == 0
    assert examples.nearest(np.ones((2, classifier.features), np.float32), 4) == [(), ()]


def refusal(path, classifier):
    with pytest.raises(BundleError) as caught:
        read_examples(path, classifier)
    assert str(path) in caught.value.problem
    assert "name the model file" in caught.value.hint
    return caught.value.problem


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999])
def test_a_file_that_is_cut_short_is_refused(share, kept, classifier):
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(share * len(whole))])
    refusal(kept, classifier)


def test_the_examples_of_another_model_are_refused(kept, classifier):
    save_file(load_file(kept), kept, {"graph_sha256": "0" * 64})
    assert "belongs to another model" in refusal(kept, classifier)


WRONG = {
    "a class too many": {"labels": np.full(COUNT, 3)},
    "a class below zero": {"labels": np.full(COUNT, -1)},
    "a label too few": {"labels": np.zeros(COUNT - 1, np.int64)},
    "other features": {"features": np.zeros((COUNT, 4), np.float16)},
    "features in float32": {"features": np.zeros((COUNT, 16 * 12 * 3), np.float32)},
    "features that are no numbers": {"features": np.full((COUNT, 16 * 12 * 3), np.nan, np.float16)},
    "ends that go back": {"ends": np.arange(COUNT)[::-1].copy()},
    "ends that stop short": {"ends": np.arange(COUNT)},
    "ends that begin before the file": {"ends": np.append(np.full(COUNT - 1, -1), 9)},
    "a single label": {"labels": np.array(0)},
    "a single end": {"ends": np.array(9)},
    "features of three sides": {"features": np.zeros((COUNT, 16 * 12 * 3, 1), np.float16)},
    "single thumbnails": {"thumbnails": np.array(0, np.uint8)},
    "ends that are no whole numbers": {"ends": np.zeros(COUNT)},
    "ends without a sign": {"ends": np.zeros(COUNT, np.uint64)},
    "an array more": {"more": np.zeros(COUNT)},
    "what is no picture": {"thumbnails": np.zeros(COUNT, np.uint8), "ends": 1 + np.arange(COUNT)},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_parts_that_do_not_fit_together_are_refused(changed, kept, classifier):
    save_file(load_file(kept) | changed, kept, {"graph_sha256": classifier.manifest["graph_sha256"]})
    assert "do not fit together" in refusal(kept, classifier)


def test_ends_that_go_back_and_forth_are_refused_before_anything_is_cut_out(kept, classifier, monkeypatch):
    def cut(*_):
        pytest.fail("pictures are cut out of a file whose ends are not in order")

    monkeypatch.setattr("sightline.inference.examples._cut", cut)
    size = len(load_file(kept)["thumbnails"])
    changed = {"ends": np.array([size, 0] * (COUNT // 2) + [size])}
    save_file(load_file(kept) | changed, kept, {"graph_sha256": classifier.manifest["graph_sha256"]})
    assert "do not follow each other" in refusal(kept, classifier)


def test_arrays_are_not_read_before_their_shapes_are_known_to_fit(kept, classifier):
    count = 2**20
    changed = {"labels": np.zeros(count, np.int64), "ends": np.zeros(count, np.int64)}
    save_file(load_file(kept) | changed, kept, {"graph_sha256": classifier.manifest["graph_sha256"]})
    tracemalloc.start()
    try:
        refusal(kept, classifier)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_what_is_no_regular_file_is_refused_and_not_waited_for(kept, classifier):
    kept.unlink()
    os.mkfifo(kept)
    assert "no regular file" in refusal(kept, classifier)


def test_bytes_that_belong_to_no_picture_are_refused(kept, classifier):
    arrays = load_file(kept)
    arrays["thumbnails"] = np.append(arrays["thumbnails"], np.uint8(0))
    save_file(arrays, kept, {"graph_sha256": classifier.manifest["graph_sha256"]})
    assert "do not fit together" in refusal(kept, classifier)


def test_a_file_that_lacks_a_part_is_refused(kept, classifier):
    arrays = load_file(kept)
    del arrays["ends"]
    save_file(arrays, kept, {"graph_sha256": classifier.manifest["graph_sha256"]})
    refusal(kept, classifier)


def test_names_that_were_kept_come_back_and_older_files_have_none(kept, classifier, pixels, tmp_path):
    path, names = tmp_path / "named", [f"bees/{number}.jpg" for number in range(COUNT)]
    features, thumbnails = classifier.with_features(pixels)[1], [thumbnail(number) for number in range(COUNT)]
    labels = np.arange(COUNT) % 3
    write_examples(path, classifier, labels=labels, features=features, thumbnails=thumbnails, paths=names)
    examples = read_examples(path, classifier)
    assert [row[0].path for row in examples.nearest(features, 1)] == names
    assert read_examples(kept, classifier).paths == ()


@pytest.mark.parametrize("paths", ["[1, 2]", "{", '["one"]'])
def test_names_that_do_not_fit_are_refused(paths, kept, classifier):
    arrays = load_file(kept)
    save_file(arrays, kept, {"graph_sha256": classifier.manifest["graph_sha256"], "paths": paths})
    with pytest.raises(BundleError, match="name"):
        read_examples(kept, classifier)
