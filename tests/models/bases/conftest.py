import hashlib
from dataclasses import replace

import pytest
import torch

from sightline.models.bases.table import BASES
from sightline.models.building import build_layers


@pytest.fixture(scope="session")
def squeezenet_arrays():
    """A state dict of SqueezeNet 1.1 under its published names, of one's own first weights; five classes."""
    torch.manual_seed(5)
    return build_layers("squeezenet1_1", (224, 224, 3), 5).state_dict()


@pytest.fixture
def saved(tmp_path, squeezenet_arrays):
    """Return a maker of files of weights, of SqueezeNet's if nothing else is named."""

    def save(contents=None, *, legacy=False):
        path = tmp_path / "weights.pth"
        torch.save(contents or squeezenet_arrays, path, _use_new_zipfile_serialization=not legacy)
        return path

    return save


@pytest.fixture
def published():
    """Return a maker of a row like SqueezeNet's for a file's bytes."""

    def row(content, address="http://127.0.0.1:9/squeezenet.pth", digits=8):
        digest = hashlib.sha256(content).hexdigest()[:digits]
        return replace(BASES["squeezenet1_1"], digest=digest, address=address)

    return row
