import io
import zipfile

import numpy as np
import pytest
import torch

import sightline
from sightline.core.errors import BundleError, DataError
from sightline.core.recognition import recognised


def torch_file(**options):
    stream = io.BytesIO()
    torch.save({"weight": torch.zeros(3)}, stream, **options)
    return stream.getvalue()


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


@pytest.fixture(scope="module")
def kinds(encoded, noise):
    """What other programs write, with the words by which sightline calls it."""
    return {
        "a PyTorch file (.pt)": torch_file(),
        "a pickle, as older PyTorch writes them": torch_file(_use_new_zipfile_serialization=False),
        "a JPEG picture": encoded(noise(), "JPEG"),
        "a PNG picture": encoded(noise(), "PNG"),
        "a WebP picture": encoded(noise(), "WEBP"),
        "a BMP picture": encoded(noise(), "BMP"),
        "a TIFF picture": encoded(noise(), "TIFF"),
        "a safetensors file: weights alone": (2).to_bytes(8, "little") + b'{"a": 1}',
        "a zip archive": zipped(a__b="x"),
        "the first part of a zip archive": torch_file()[:300],
        "a Keras file": zipped(**{"model.weights.h5": "x"}),
        "an empty file": b"",
        "a web page": b"<!DOCTYPE html><title>404</title>",
        "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\n",
        "a gzip archive (.gz, .tgz)": b"\x1f\x8b\x08" + bytes(20),
        "an HDF5 file, as Keras writes them": b"\x89HDF\r\n\x1a\n",
    }


KINDS = (
    "a PyTorch file (.pt)", "a pickle, as older PyTorch writes them", "a JPEG picture", "a PNG picture",
    "a WebP picture", "a BMP picture", "a TIFF picture", "a safetensors file: weights alone", "a zip archive",
    "the first part of a zip archive", "a Keras file", "an empty file", "a web page", "a pointer of Git LFS",
    "a gzip archive (.gz, .tgz)", "an HDF5 file, as Keras writes them",
)  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_file_in_the_place_of_a_model_is_recognised(name, kinds, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(kinds[name])
    assert recognised(file).name == name
    with pytest.raises(BundleError) as caught:
        sightline.load(file)
    assert f"{file} is {name}" in caught.value.problem


@pytest.mark.parametrize("name", [name for name in KINDS if name != "a zip archive"])
def test_a_file_in_the_place_of_data_is_recognised(name, kinds, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(kinds[name])
    with pytest.raises(DataError) as caught:
        sightline.open_catalog(file)
    assert f"{file} is {name}" in caught.value.problem


def test_a_model_and_a_run_are_no_data_set(finished):
    for place, name in ((finished.model, "a model file"), (finished.folder, "the folder of a run")):
        with pytest.raises(DataError, match=f"is {name}, no data set"):
            sightline.open_catalog(place)


def test_half_a_model_is_called_so_in_either_place(finished, tmp_path):
    half = tmp_path / "model.sightline"
    half.write_bytes(finished.model.read_bytes()[:2000])
    with pytest.raises(BundleError, match="is the first part of a model file") as caught:
        sightline.load(half)
    assert "copy or download it again" in caught.value.hint
    with pytest.raises(DataError, match="is the first part of a model file, no data set"):
        sightline.open_catalog(half)


def test_swapped_arguments_are_called_so(finished, few, command):
    for words in (["evaluate", few, finished.model], ["predict", few / "ant" / "0.png", finished.model], ["show", few]):
        ended = command(*words)
        assert ended.status == 2
        assert "the model comes first, then the pictures" in ended.err
    ended = command("train", finished.folder, "--out", few / "run")
    assert "is the folder of a run, no data set" in ended.err


@pytest.mark.parametrize("seed", range(30))
def test_any_bytes_are_something_or_nothing_and_never_an_error(seed, tmp_path):
    chance = np.random.default_rng(seed)
    sound = zipped(**{"weights.safetensors": bytes(50), "data.pkl": b"x"})
    content = bytearray(sound)
    for place in chance.integers(0, len(content), 6):
        content[place] = chance.integers(0, 256)
    file = tmp_path / "file"
    file.write_bytes(content)
    recognised(file)


def test_a_name_that_no_disk_takes_is_nothing(tmp_path):
    assert recognised(tmp_path / ("x" * 3000)) is None
