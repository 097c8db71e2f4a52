"""What the reader of weights takes, and what it refuses; docs/bases.md has the same table."""

import os
import pickle
import zipfile
from argparse import Namespace

import pytest
import torch
from safetensors.torch import save_file

from sightline.core.errors import BundleError
from sightline.models.bases.weights import read_weights

ARRAYS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.count": torch.tensor(3)}


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch '{self.path}'",)


def assert_same(read, expected=ARRAYS):
    assert list(read) == list(expected)
    for name, tensor in expected.items():
        torch.testing.assert_close(read[name], tensor, rtol=0, atol=0)
        assert read[name].is_contiguous()


@pytest.mark.parametrize("legacy", [False, True])
def test_both_formats_of_torch_are_read(saved, legacy):
    assert_same(read_weights(saved(ARRAYS, legacy=legacy)))


def test_a_safetensors_file_is_read_whatever_its_name(tmp_path):
    save_file(ARRAYS, tmp_path / "w.bin")
    assert read_weights(tmp_path / "w.bin").keys() == ARRAYS.keys()
    assert torch.equal(read_weights(tmp_path / "w.bin")["a.weight"], ARRAYS["a.weight"])


@pytest.mark.parametrize("legacy", [False, True])
def test_other_strides_and_number_types_become_the_usual_ones(saved, legacy):
    halves = {"w": torch.randn(4, 3, 2, 2).half().to(memory_format=torch.channels_last), "d": torch.ones(2).double()}
    read = read_weights(saved(halves, legacy=legacy))
    assert_same(read, {name: tensor.float().contiguous() for name, tensor in halves.items()})


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
def test_what_a_training_of_others_keeps_beside_is_left(saved, key):
    kept = {"epoch": 3, "arch": "resnet", "optimizer": {"state": {}, "lr": 0.1}, key: ARRAYS}
    assert_same(read_weights(saved(kept)))


def test_parameters_are_read_as_tensors_that_want_no_gradient(saved):
    read = read_weights(saved({"w": torch.nn.Parameter(torch.ones(2))}))
    assert not read["w"].requires_grad


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("place", ["alone", "beside tensors"])
def test_code_in_a_file_is_refused_and_not_run(saved, tmp_path, legacy, place):
    trap = Hostile(tmp_path / "run")
    path = saved(trap if place == "alone" else {**ARRAYS, "x": trap}, legacy=legacy)
    with pytest.raises(BundleError, match=r"holds code.*nothing of it was run"):
        read_weights(path)
    assert not (tmp_path / "run").exists()


def test_a_plain_pickle_with_code_is_refused_and_not_run(tmp_path):
    (tmp_path / "w.pth").write_bytes(pickle.dumps(Hostile(tmp_path / "run")))
    with pytest.raises(BundleError):
        read_weights(tmp_path / "w.pth")
    assert not (tmp_path / "run").exists()


def test_a_whole_network_or_other_objects_are_refused(saved):
    for contents in (torch.nn.Linear(2, 2), {"state_dict": ARRAYS, "args": Namespace(lr=1)}):
        with pytest.raises(BundleError, match="holds code, or objects other than tensors"):
            read_weights(saved(contents))


@pytest.mark.parametrize("contents", [[1, 2], {"a": 1, "w": torch.ones(1)}, {1: torch.ones(1)}, torch.ones(3)])
def test_what_is_no_table_of_tensors_is_refused_by_name(saved, contents):
    with pytest.raises(BundleError, match=r"holds (no table of tensors but|what is no plain tensor)"):
        read_weights(saved(contents if not isinstance(contents, torch.Tensor) else (contents,)))


@pytest.mark.parametrize("format_", ["zip", "legacy", "safetensors"])
def test_a_file_that_is_cut_short_anywhere_is_refused(saved, format_):
    path = saved(ARRAYS, legacy=format_ == "legacy")
    if format_ == "safetensors":
        save_file(ARRAYS, path)
    whole = path.read_bytes()
    for length in {0, 1, 9, 40, len(whole) // 3, len(whole) // 2, len(whole) - 3}:
        path.write_bytes(whole[:length])
        with pytest.raises(BundleError):
            read_weights(path)


def test_a_picture_is_refused_with_its_first_bytes(tmp_path):
    (tmp_path / "w").write_bytes(b"\x89PNG\r\n\x1a\n and more")
    with pytest.raises(BundleError, match=r"is no file of weights: it begins with b'.x89PNG"):
        read_weights(tmp_path / "w")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_tensor_that_is_larger_than_its_file_is_refused_before_it_is_made(saved, legacy):
    path = saved({"w": torch.ones(1).expand(2**20, 2**20)}, legacy=legacy)
    with pytest.raises(BundleError, match="one larger than the file: w"):
        read_weights(path)


def test_a_legacy_file_that_claims_more_numbers_than_it_has_is_refused_without_taking_memory(saved):
    path = saved({"w": torch.ones(10)}, legacy=True)
    claimed = b"\x8a\x08" + (10**11).to_bytes(8, "little")  # 400 GB in the place of 10 numbers
    path.write_bytes(path.read_bytes().replace(b"K\nN", claimed + b"N"))
    with pytest.raises(BundleError, match="is damaged or cut short"):
        read_weights(path)


def test_names_that_could_steer_a_terminal_are_refused_and_not_printed(saved):
    with pytest.raises(BundleError, match="no plain tensor") as caught:
        read_weights(saved({"\x1b[2Jw": torch.ones(2)}))
    assert "\x1b" not in str(caught.value)


def test_many_tensors_of_the_same_numbers_are_refused_where_they_would_fill_the_memory(saved):
    numbers = torch.ones(5000)
    with pytest.raises(BundleError, match="bytes, and its tensors would have"):
        read_weights(saved({str(place): numbers.view(5000) for place in range(40)}))


def test_a_packed_zip_that_grows_when_it_is_unpacked_is_refused(saved, tmp_path):
    with (
        zipfile.ZipFile(saved({"w": torch.zeros(2_000_000)})) as plain,
        zipfile.ZipFile(tmp_path / "packed.pth", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    with pytest.raises(BundleError, match="is a packed zip file"):
        read_weights(tmp_path / "packed.pth")


def test_a_sparse_tensor_is_refused(saved):
    with pytest.raises(BundleError, match="no plain tensor"):
        read_weights(saved({"w": torch.eye(3).to_sparse()}))


def test_another_digest_is_refused_before_anything_is_read(saved):
    with pytest.raises(BundleError, match="SHA-256"):
        read_weights(saved(), digest="0" * 64)
