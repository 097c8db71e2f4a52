"""Decoded pictures, and untrained models to answer them."""

from typing import NamedTuple

import numpy as np

PROOF_PICTURES, CLASSES = 16, 10


class Decoded(NamedTuple):
    """Pixels (N, H, W, C) uint8, labels (N,) int64, and the number of classes."""

    pixels: np.ndarray
    labels: np.ndarray
    classes: int


def square(side, resize="squash"):
    """Return the format of square colour pictures."""
    from sightline.imaging.picture_format import PictureFormat

    return PictureFormat(side, side, "rgb", resize=resize)


def decoded(path, part, picture_format, *, count):
    """Return `count` pictures of one part of an archive, well mixed; they repeat where there are fewer."""
    from sightline.data.opening import open_catalog
    from sightline.data.survey import survey

    catalog = open_catalog(path).only(part)
    pixels = survey(catalog, picture_format).pixels
    chosen = np.resize(np.random.default_rng(0).permutation(len(pixels)), count)
    return Decoded(pixels[chosen], catalog.labels[chosen], len(catalog.classes))


def noise(side, count):
    """Return pictures of noise in ten classes."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return Decoded(pixels, np.arange(count) % CLASSES, CLASSES)


def untrained(name, pictures, *, picture_format=None):
    """Return a network with the first weights of seed 0, and the preprocessing fitted to the pictures."""
    import torch

    from sightline.imaging.preprocess import fitted
    from sightline.models.building import build_network

    torch.manual_seed(0)
    picture_format = picture_format or square(pictures.pixels.shape[1])
    preprocess = fitted(picture_format, [pictures.pixels], centre="channel", scale="deviation")
    return build_network(name, preprocess, pictures.classes), preprocess


def write_untrained(name, side, folder):
    """Write the model file of an untrained network, and return its path; its answers take as long as any."""
    from sightline.inference.assembly import assembled
    from sightline.inference.bundle import write_bundle

    pictures = noise(side, PROOF_PICTURES)
    network, preprocess = untrained(name, pictures)
    manifest = {
        "method": "network",
        "model": {"name": name, "options": {}},
        "classes": [f"class {number}" for number in range(CLASSES)],
        "preprocess": preprocess.describe(),
    }
    write_bundle(folder / f"{name}.sightline", assembled(manifest, network, pictures.pixels))
    return folder / f"{name}.sightline"
