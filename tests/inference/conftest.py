import io
import json
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from sightline.imaging.preprocess import InputFormat, fitted
from sightline.inference.bundle import write_bundle
from sightline.inference.classifier import load
from sightline.models.building import build_network

CLASSES = ("ant", "bee", "cat")


@pytest.fixture
def parts_of():
    """Return a maker of a manifest and weights."""

    def make(model="linear", options=None, *, colours="rgb", size=(16, 12), fit="squash", classes=CLASSES):
        input_format = InputFormat(*size, colours, fit)
        pixels = np.random.default_rng(0).integers(0, 256, (8, *input_format.shape), dtype=np.uint8)
        preprocess = fitted(input_format, [pixels], centre="channel", scale="deviation")
        torch.manual_seed(0)
        network = build_network(model, preprocess, len(classes), options)
        manifest = {
            "model": {"name": model, "options": options or {}},
            "classes": list(classes),
            "largest_class": 1,
            "preprocess": preprocess.description(),
            "split_digest": "0" * 64,
            "environment": {},
        }
        return manifest, save(OrderedDict(network.state_dict()))

    return make


@pytest.fixture
def bundle_file(tmp_path, parts_of):
    """A sound model file."""
    path = tmp_path / "model.sightline"
    write_bundle(path, *parts_of())
    return path


@pytest.fixture
def classifier(bundle_file):
    """The model of `bundle_file`."""
    return load(bundle_file)


@pytest.fixture
def rewritten(bundle_file):
    """Return a function that changes the manifest and leaves the weights."""

    def change(**changes):
        with zipfile.ZipFile(bundle_file) as archive:
            manifest, weights = json.loads(archive.read("manifest.json")), archive.read("weights.safetensors")
        packed(bundle_file, {"manifest.json": json.dumps(manifest | changes), "weights.safetensors": weights})
        return bundle_file

    return change


def packed(path, members, method=zipfile.ZIP_STORED):
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(text.getvalue())


@pytest.fixture
def pack():
    """Return a function that writes a zip archive."""
    return packed


@pytest.fixture
def picture():
    """Return a maker of random pictures (H, W, C) or (H, W)."""

    def make(*shape, seed=0):
        return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)

    return make


@pytest.fixture
def saved(tmp_path, picture):
    """Return a function that saves a random picture of a colour mode and returns its path."""

    def save_as(name, mode="RGB", size=(20, 14), seed=0):
        pixels = Image.fromarray(picture(size[1], size[0], 3, seed=seed))
        if mode == "I;16":
            pixels = Image.fromarray(picture(size[1], size[0], seed=seed).astype(np.uint16) * 257)
        elif mode in ("LA", "RGBA"):
            pixels.putalpha(Image.fromarray(picture(size[1], size[0], seed=seed + 1)))
            pixels = pixels.convert(mode)
        else:
            pixels = pixels.convert(mode)
        pixels.save(tmp_path / name)
        return tmp_path / name

    return save_as
