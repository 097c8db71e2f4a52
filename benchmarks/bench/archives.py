"""The archives of pictures that benchmarks read: the real ones or, for a tiny setting, small ones that are made up."""

import io
import os
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CIFAR10, HYMENOPTERA, OMNIGLOT = "cifar10-jpeg.zip", "hymenoptera.zip", "omniglot-background.zip"
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
        if name == OMNIGLOT:
            _write_letters(path)
        else:
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


def _write_letters(path, alphabets=6, letters=4, drawers=4):
    """Write an archive of made-up letters: strokes between points that every drawer shakes a little."""
    chance = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as members:
        for alphabet, letter in np.ndindex(alphabets, letters):
            points = chance.uniform(15, 90, (4, 2))
            for drawer in range(1, drawers + 1):
                file = io.BytesIO()
                drawing = Image.new("L", (105, 105), 255)
                ImageDraw.Draw(drawing).line([tuple(point) for point in points + chance.normal(0, 3, (4, 2))], 0, 3)
                drawing.save(file, "PNG")
                name = f"images/alphabet{alphabet}/character{letter}/{letter:04d}_{drawer:02d}.png"
                members.writestr(name, file.getvalue())
