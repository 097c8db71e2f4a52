import gzip
import hashlib
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from sightline.core.errors import DataError
from sightline.data.known import CIFAR10_CLASSES, KNOWN_SETS, KnownSet, fetch, open_known
from sightline.data.opening import open_catalog
from sightline.data.survey import survey

BATCHES = [f"data_batch_{number}.bin" for number in range(1, 6)]


def cifar(labels, *, label_bytes=1, seed=0):
    """Return rows as the binary CIFAR files have them, and the pictures (N, 32, 32, 3)."""
    planes = np.random.default_rng(seed).integers(0, 256, (len(labels), 3, 32, 32), dtype=np.uint8)
    heads = np.zeros((len(labels), label_bytes), dtype=np.uint8)
    heads[:, -1] = labels
    rows = np.concatenate([heads, planes.reshape(len(labels), -1)], axis=1)
    return rows.tobytes(), planes.transpose(0, 2, 3, 1)


def idx(values, *, kind=8):
    return bytes([0, 0, kind, values.ndim]) + b"".join(n.to_bytes(4) for n in values.shape) + values.tobytes()


@pytest.fixture
def cifar10(tmp_path):
    for number, name in enumerate(BATCHES):
        (tmp_path / name).write_bytes(cifar([number, 9], seed=number)[0])
    (tmp_path / "test_batch.bin").write_bytes(cifar([3], seed=9)[0])
    return tmp_path


@pytest.fixture
def mnist(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    for stem, rows in (("train", slice(0, 3)), ("t10k", slice(3, 5))):
        (tmp_path / f"{stem}-images-idx3-ubyte").write_bytes(idx(pictures[rows]))
        (tmp_path / f"{stem}-labels-idx1-ubyte").write_bytes(idx(np.arange(5, dtype=np.uint8)[rows]))
    return tmp_path


def packed(folder, name, archive):
    """Pack a folder's files below `name` into a tar archive and delete them."""
    with tarfile.open(folder / archive, "w:gz") as tar:
        for path in sorted(folder.glob("*.*")):
            if path.name != archive:
                tar.add(path, f"{name}/{path.name}")
                path.unlink()


def test_cifar10_is_read_with_its_pixels_labels_and_parts(cifar10):
    catalog = open_catalog(f"cifar10:{cifar10}")

    assert catalog.classes == tuple(sorted(CIFAR10_CLASSES))
    assert catalog.parts == ("train",) * 10 + ("test",)
    assert [catalog.classes[label] for label in catalog.labels[:3]] == ["airplane", "truck", "automobile"]
    np.testing.assert_array_equal(catalog.source.read(catalog.paths[10]), cifar([3], seed=9)[1][0])


@pytest.mark.parametrize("place", ["archive", "folder"])
def test_cifar10_is_the_same_packed_and_in_a_folder_of_its_own(place, cifar10):
    plain = survey(open_known("cifar10", cifar10)).digests

    if place == "archive":
        packed(cifar10, "cifar-10-batches-bin", "cifar-10-binary.tar.gz")
    else:
        (cifar10 / "cifar-10-batches-bin").mkdir()
        for path in cifar10.glob("*.bin"):
            path.rename(cifar10 / "cifar-10-batches-bin" / path.name)

    assert survey(open_known("cifar10", cifar10)).digests == plain


def test_cifar100_takes_the_fine_label_and_its_names(tmp_path):
    (tmp_path / "fine_label_names.txt").write_text("apple\nbear\nbee\n")
    (tmp_path / "train.bin").write_bytes(cifar([0, 2], label_bytes=2)[0])
    (tmp_path / "test.bin").write_bytes(cifar([1], label_bytes=2)[0])

    catalog = open_known("cifar100", tmp_path)

    assert [catalog.classes[label] for label in catalog.labels] == ["apple", "bee", "bear"]


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_mnist_is_the_same_packed_and_unpacked(name, mnist):
    plain = open_known(name, mnist)
    for path in list(mnist.iterdir()):
        (mnist / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()

    catalog = open_known(name, mnist)

    assert catalog.parts == ("train",) * 3 + ("test",) * 2
    np.testing.assert_array_equal(catalog.labels, plain.labels)
    np.testing.assert_array_equal(catalog.source.pictures, plain.source.pictures)


def test_a_missing_file_is_named_with_what_to_do(tmp_path):
    for name, file in (("cifar10", "data_batch_1.bin"), ("cifar100", "fine_label_names"), ("mnist", "train-images")):
        with pytest.raises(DataError, match=file) as caught:
            open_known(name, tmp_path / "nothing")
        assert "--download" in caught.value.hint


def test_cut_cifar_files_are_refused(cifar10):
    (cifar10 / "test_batch.bin").write_bytes(cifar([3])[0][:-1])

    with pytest.raises(DataError, match="hold 3,072 bytes; expected a multiple of 3,073"):
        open_known("cifar10", cifar10)


def test_a_cut_archive_is_refused(cifar10):
    packed(cifar10, "x", "cifar-10-binary.tar.gz")
    path = cifar10 / "cifar-10-binary.tar.gz"
    path.write_bytes(path.read_bytes()[:4000])

    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz"):
        open_known("cifar10", cifar10)


def test_an_archive_that_is_none_is_refused(tmp_path):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"<html>404</html>")

    with pytest.raises(DataError, match="is no whole archive"):
        open_known("cifar10", tmp_path)


def test_a_label_out_of_range_is_refused(cifar10):
    (cifar10 / "test_batch.bin").write_bytes(cifar([10])[0])

    with pytest.raises(DataError, match="the test part has the label 10; expected 0 to 9"):
        open_known("cifar10", cifar10)


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("train-images-idx3-ubyte", b"", "is no whole IDX file"),
        ("train-images-idx3-ubyte", b"\0\0\x08", "is no whole IDX file"),
        ("train-images-idx3-ubyte", idx(np.zeros((3, 28, 28), np.uint8))[:-1], "is no whole IDX file"),
        ("train-images-idx3-ubyte", idx(np.zeros((3, 28, 28), np.uint8)) + b"x", "is no whole IDX file"),
        ("train-images-idx3-ubyte", idx(np.zeros((3, 28, 28), np.uint8), kind=13), "values of kind 0xd"),
        ("train-images-idx3-ubyte", idx(np.zeros(3, np.uint8)), "has 1 dimensions; expected 3"),
        ("train-labels-idx1-ubyte", idx(np.zeros((3, 28, 28), np.uint8)), "has 3 dimensions; expected 1"),
        ("train-labels-idx1-ubyte", idx(np.zeros(2, np.uint8)), "3 pictures and 2 labels"),
        ("t10k-labels-idx1-ubyte", idx(np.array([1, 77], np.uint8)), "the label 77; expected 0 to 9"),
    ],
)
def test_a_damaged_idx_file_is_refused(file, content, problem, mnist):
    (mnist / file).write_bytes(content)

    with pytest.raises(DataError, match=problem):
        open_known("mnist", mnist)


@pytest.mark.parametrize("damage", ["cut", "rotten", "other"])
def test_a_damaged_packed_idx_file_is_refused(damage, mnist):
    path = mnist / "train-images-idx3-ubyte"
    whole = bytearray(gzip.compress(path.read_bytes()))
    path.unlink()
    rotten = whole[:20] + b"\xff" * 40 + whole[60:]
    (mnist / f"{path.name}.gz").write_bytes({"cut": whole[:200], "rotten": rotten, "other": b"<html>"}[damage])

    with pytest.raises(DataError, match="is no whole IDX file"):
        open_known("mnist", mnist)


@pytest.fixture
def published(tmp_path):
    """Return a set of one file, published in a local folder."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.bin").write_bytes(b"published")
    md5 = hashlib.md5(b"published", usedforsecurity=False).hexdigest()
    return KnownSet((tmp_path / "web").as_uri(), {"a.bin": md5}, lambda _: ({}, ()), "nobody")


def test_a_file_with_the_published_sum_is_fetched_and_kept(published, tmp_path):
    fetch(published, tmp_path / "cache" / "deep")

    assert (tmp_path / "cache" / "deep" / "a.bin").read_bytes() == b"published"


def test_a_file_with_another_sum_is_not_kept(published, tmp_path):
    with pytest.raises(DataError, match=r"has the MD5 sum \w+; expected 0{32}"):
        fetch(replace(published, files={"a.bin": "0" * 32}), tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_that_is_not_there_says_where_to_put_it(published, tmp_path):
    with pytest.raises(DataError, match=r"b\.bin can't be fetched") as caught:
        fetch(replace(published, files={"b.bin": ""}), tmp_path / "cache")

    assert str(tmp_path / "cache") in caught.value.hint


def test_a_file_that_is_there_is_not_fetched_again(published, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a.bin").write_bytes(b"mine")

    fetch(published, tmp_path / "cache")

    assert (tmp_path / "cache" / "a.bin").read_bytes() == b"mine"


def test_nothing_is_fetched_unless_it_is_asked_for(published, tmp_path, monkeypatch):
    monkeypatch.setitem(KNOWN_SETS, "mnist", replace(KNOWN_SETS["mnist"], address=published.address,
                                                     files=published.files))  # fmt: skip
    monkeypatch.setenv("SIGHTLINE_CACHE", str(tmp_path / "cache"))

    with pytest.raises(DataError, match="does not hold"):
        open_catalog("mnist")
    assert not (tmp_path / "cache").exists()

    with pytest.raises(DataError, match="does not hold"):
        open_catalog("mnist", download=True)
    assert (tmp_path / "cache" / "mnist" / "a.bin").exists()


def test_a_folder_that_is_called_like_a_known_set_is_a_folder(class_folders, tmp_path, monkeypatch):
    class_folders({"a": 1, "b": 1}, root="mnist")
    monkeypatch.chdir(tmp_path)

    assert open_catalog("mnist").classes == ("a", "b")
