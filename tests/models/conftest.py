import numpy as np
import pytest
import torch

from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Preprocess, fitted
from sightline.models import MODELS
from sightline.models.building import build_network

COLOURS = {1: "grey", 3: "rgb", 4: "cmyk"}


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def pictures_of():
    """Return a maker of random pictures (N, H, W, C)."""

    def make(count, shape):
        return np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)

    return make


@pytest.fixture
def preprocess_of(pictures_of):
    """Return a maker of preprocessing that is fitted on random pictures of a shape."""

    def make(shape, centre="channel", scale="deviation") -> Preprocess:
        height, width, channels = shape
        input_format = PictureFormat(height, width, COLOURS[channels])
        return fitted(input_format, [pictures_of(8, shape)], centre=centre, scale=scale)

    return make


@pytest.fixture
def network_of(preprocess_of):
    """Return a maker of whole networks, always with the same weights."""

    def make(name, shape=(32, 32, 3), classes=10, options=None):
        torch.manual_seed(0)
        return build_network(name, preprocess_of(shape), classes, options)

    return make
