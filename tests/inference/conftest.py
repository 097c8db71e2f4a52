import io
import json
import zipfile
from collections import OrderedDict
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import fitted
from sightline.inference.bundle import bundle_of, write_bundle
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.tasks import load
from sightline.models.building import build_network, parameter_count

CLASSES = ("ant", "bee", "cat")


@cache
def network_with(model, options, colours, size, resize, classes):
    """Return a fresh network and its preprocess; nobody may change them."""
    input_format = PictureFormat(*size, colours, resize)
    pixels = np.random.default_rng(0).integers(0, 256, (8, *input_format.shape), dtype=np.uint8)
    preprocess = fitted(input_format, [pixels], centre="channel", scale="deviation")
    torch.manual_seed(0)
    return build_network(model, preprocess, classes, json.loads(options)), preprocess


@cache
def graph_with(model, options, colours, size, classes):
    """Return the graph of a fresh network, whatever resizes its pictures; making one takes a second."""
    network, preprocess = network_with(model, options, colours, size, "squash", classes)
    return graph_of(network, preprocess.format.shape)


@pytest.fixture
def parts_of():
    """Return a maker of a manifest, weights and a graph."""

    def make(model="linear", options=None, *, colours="rgb", size=(16, 12), resize="squash", classes=CLASSES):
        made_of = (model, json.dumps(options or {}), colours, size, resize, len(classes))
        network, preprocess = network_with(*made_of)
        manifest = {
            "task": "classification",
            "method": "network",
            "model": {"name": model, "options": options or {}},
            "classes": list(classes),
            "largest_class": 1,
            "preprocess": {"kind": "picture", **preprocess.describe()},
            "parameters": parameter_count(network),
            "proof": {"count": 8, "largest_difference": 0.0, "same_top1": 8},
            "licence": "unstated",
            "split_digest": "0" * 64,
            "environment": {},
        }
        return manifest, save(OrderedDict(network.state_dict())), graph_with(*made_of[:4], made_of[5])

    return make


@pytest.fixture
def network():
    """The network of `bundle_file`; nobody may change it."""
    return network_with("linear", "{}", "rgb", (16, 12), "squash", 3)[0]


@pytest.fixture
def bundle_file(tmp_path, parts_of):
    """A sound model file."""
    path = tmp_path / "model.sightline"
    write_bundle(path, bundle_of(*parts_of()))
    return path


@pytest.fixture
def classifier(bundle_file):
    """The model of `bundle_file`."""
    return load(bundle_file)


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def rewritten(bundle_file):
    """Return a function that changes the manifest and leaves the rest."""

    def change(**changes):
        members = members_of(bundle_file)
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes)
        packed(bundle_file, members)
        return bundle_file

    return change


def packed(path, members, method=zipfile.ZIP_STORED):
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(text.getvalue())


@pytest.fixture
def members(bundle_file):
    """What `bundle_file` holds, name to bytes."""
    return members_of(bundle_file)


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
