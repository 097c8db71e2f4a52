"""Pictures a second of augmentation on batches, beside a copy of the batch and Pillow picture by picture.

    .venv/bin/python benchmarks/augmentation.py

Everything runs on one thread; the table is in docs/benchmarks/augmentation.md.
"""

from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps

from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started
from bench.turns import in_turns, rate_of, spread
from sightline.imaging.augmentation import AUGMENTATIONS
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.augmentation.settings import AugmentSettings


class Setting(NamedTuple):
    """Pictures a batch by the side in pixels, turns, and seconds a turn."""

    batches: dict[int, int]
    turns: int
    seconds: float


FULL, TINY = Setting({32: 128, 224: 32}, 5, 0.4), Setting({32: 4, 48: 2}, 1, 0.001)
FLIP_AND_CROP = {"flip_horizontal": 0.5, "crop": 0.125}
EVERYTHING = AugmentSettings(augment=1, flip_vertical=0.5, mixup=0.2, cutmix=1).amounts()


def batch_of(side, count):
    """Return random pixels (count, side, side, 3) uint8 and targets (count, 10)."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, side, side, 3), dtype=torch.uint8, generator=generator)
    return pixels, torch.eye(10)[torch.arange(len(pixels)) % 10]


def ours(amounts):
    """Return what makes, from a batch, the augmentation of it by some amounts."""

    def way(pixels, targets):
        change, generator = Augmentation(amounts), torch.Generator().manual_seed(0)
        return lambda: change(pixels, targets, generator)

    return way


def copying(pixels, _targets):
    """Return the plain copy of a batch."""
    return pixels.clone


def pillow(change):
    """Return what changes the same pictures one by one, from arrays to one array."""

    def way(pixels, _targets):
        chance, arrays = np.random.default_rng(0), pixels.numpy()
        return lambda: np.stack([np.asarray(change(Image.fromarray(one), chance)) for one in arrays])

    return way


def pillow_flip_and_crop(image, chance):
    """Flip, pad and crop as a plain Pillow script does."""
    if chance.random() < 0.5:
        image = ImageOps.mirror(image)
    padding = image.width // 8
    left, top = chance.integers(0, 2 * padding + 1, 2)
    return ImageOps.expand(image, padding).crop((left, top, left + image.width, top + image.height))


def pillow_geometry_and_colour(image, chance):
    """Do the same and turn, brighten, stretch and saturate: a part of what augment=1 does."""
    image = pillow_flip_and_crop(image, chance)
    image = image.rotate(chance.uniform(-10, 10), Image.Resampling.BILINEAR)
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = kind(image).enhance(chance.uniform(0.8, 1.2))
    return image


WAYS = {
    "a plain copy of the batch": copying,
    "`flip_horizontal=0.5 crop=0.125`": ours(FLIP_AND_CROP),
    "the same with Pillow, picture by picture": pillow(pillow_flip_and_crop),
    "`augment=1`": ours(AugmentSettings(augment=1).amounts()),
    "`augment=1 blur=0 noise=0`": ours(AugmentSettings(augment=1, blur=0.0, noise=0.0).amounts()),
    "flip, crop, rotation, three colours with Pillow": pillow(pillow_geometry_and_colour),
    "everything, MixUp or CutMix too": ours(EVERYTHING),
    **{f"`{name}` alone": ours({name: entry.standard or 0.5}) for name, entry in AUGMENTATIONS.items()},
}


def rates_of(side, setting):
    """Return the median pictures a second of each way."""
    batch = batch_of(side, setting.batches[side])
    actions = {name: way(*batch) for name, way in WAYS.items()}
    timed = {
        name: lambda action=action: rate_of(action, setting.batches[side], seconds=setting.seconds)
        for name, action in actions.items()
    }
    return {name: spread(values).median for name, values in in_turns(timed, setting.turns).items()}


def main() -> None:
    """Measure and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    torch.set_num_threads(1)
    rates = [rates_of(side, setting) for side in setting.batches]
    rows = [[name, *(f"{column[name]:,.0f}" for column in rates)] for name in WAYS]
    sizes = " and ".join(f"{count} pictures of {side}x{side}x3" for side, count in setting.batches.items())
    note = f"pictures a second on one thread, in batches of {sizes}; medians of {setting.turns} turns"
    heads = ["", *(f"{side}x{side}" for side in setting.batches)]
    publish("benchmarks/augmentation.md", {"rates": f"{origin(note)}\n\n{table(heads, rows)}"}, tiny=tiny)


if __name__ == "__main__":
    main()
