"""The archives of pictures that benchmarks read: the real ones or, for a tiny setting, small ones that are made up."""

import io
import os
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

CIFAR10, HYMENOPTERA = "cifar10-jpeg.zip", "hymenoptera.zip"
MADE_UP = {
    CIFAR10: ((32, 32), [f"class{number}" for number in range(10)], {"train": 16, "test": 4}),
    HYMENOPTERA: ((120, 90), ["ants", "bees"], {"train": 12, "val": 6}),
}
"""Of each archive the size in pixels, the classes, and how many pictures each has in a part."""


@contextmanager
def archive(name, *, tiny):
    """Yield the path of an archive: below ``SIGHTLINE_DATA``, or of a made-up one that is gone after the block."""
    if not tiny:
        if "SIGHTLINE_DATA" not in os.environ:
            sys.exit(f"SIGHTLINE_DATA names no folder, so there is no {name}; --tiny runs without it.")
        yield Path(os.environ["SIGHTLINE_DATA"]) / name
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        _write(path, *MADE_UP[name])
        yield path


def cloud(seed, size, **options):
    """Return a JPEG file of clouds of colour, which has about the bytes of a photo of its size.

    Args:
        seed: A number or a list of numbers.
        size: Width and height in pixels.
        options: Of Pillow's JPEG writer.
    """
    rough = np.random.default_rng(seed).integers(0, 256, (max(4, size[1] // 8), max(4, size[0] // 8), 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(rough).resize(size, Image.Resampling.BICUBIC).save(file, "JPEG", **options)
    return file.getvalue()


def _write(path, size, classes, parts):
    with zipfile.ZipFile(path, "w") as members:
        for place, (part, count) in enumerate(parts.items()):
            for label, name in enumerate(classes):
                for number in range(count):
                    members.writestr(f"pictures/{part}/{name}/{number}.jpg", cloud([place, label, number], size))
