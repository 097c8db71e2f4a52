"""Pictures a second of augmentation on batches, beside a copy of the batch and Pillow picture by picture.

    .venv/bin/python benchmarks/augmentation.py

Everything runs on one thread; the table is in docs/benchmarks/augmentation.md.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps

from sightline.imaging.augmentation import AUGMENTATIONS
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.augmentation.settings import AugmentSettings

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "augmentation.md"
BATCHES = {32: 128, 224: 32}
TURNS, SECONDS_A_TURN = 5, 0.4

FLIP_AND_CROP = {"flip_horizontal": 0.5, "crop": 0.125}
EVERYTHING = AugmentSettings(augment=1, flip_vertical=0.5, mixup=0.2, cutmix=1).amounts()


def pictures_a_second(batch: int, action: Callable[[], object]) -> float:
    """Return the median of some turns."""
    action()
    rates = []
    for _ in range(TURNS):
        started, count = time.perf_counter(), 0
        while time.perf_counter() - started < SECONDS_A_TURN:
            action()
            count += batch
        rates.append(count / (time.perf_counter() - started))
    return median(rates)


def rate_of(amounts: dict[str, float], side: int) -> float:
    """Return the pictures a second of some amounts."""
    pixels, targets = batch_of(side)
    change, generator = Augmentation(amounts), torch.Generator().manual_seed(0)
    return pictures_a_second(len(pixels), lambda: change(pixels, targets, generator))


def batch_of(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random pixels and targets of ten classes."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (BATCHES[side], side, side, 3), dtype=torch.uint8, generator=generator)
    return pixels, torch.eye(10)[torch.arange(len(pixels)) % 10]


def copying(side: int) -> float:
    """Return the rate of a plain copy of the batch."""
    pixels, _ = batch_of(side)
    return pictures_a_second(len(pixels), pixels.clone)


def pillow(side: int, change: Callable[[Image.Image, np.random.Generator], Image.Image]) -> float:
    """Return the rate of changing the same pictures one by one, from arrays to one array."""
    pixels, chance = batch_of(side)[0].numpy(), np.random.default_rng(0)
    return pictures_a_second(
        len(pixels), lambda: np.stack([np.asarray(change(Image.fromarray(one), chance)) for one in pixels])
    )


def pillow_flip_and_crop(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Flip, pad and crop as a plain Pillow script does."""
    if chance.random() < 0.5:
        image = ImageOps.mirror(image)
    padding = image.width // 8
    left, top = chance.integers(0, 2 * padding + 1, 2)
    return ImageOps.expand(image, padding).crop((left, top, left + image.width, top + image.height))


def pillow_geometry_and_colour(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Do the same and turn, brighten, stretch and saturate: a part of what augment=1 does."""
    image = pillow_flip_and_crop(image, chance)
    image = image.rotate(chance.uniform(-10, 10), Image.Resampling.BILINEAR)
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = kind(image).enhance(chance.uniform(0.8, 1.2))
    return image


def main() -> None:
    """Measure and write the table."""
    torch.set_num_threads(1)
    rows: list[tuple[str, Callable[[int], float]]] = [
        ("a plain copy of the batch", copying),
        ("`flip_horizontal=0.5 crop=0.125`", lambda side: rate_of(FLIP_AND_CROP, side)),
        ("the same with Pillow, picture by picture", lambda side: pillow(side, pillow_flip_and_crop)),
        ("`augment=1`", lambda side: rate_of(AugmentSettings(augment=1).amounts(), side)),
        (
            "`augment=1 blur=0 noise=0`",
            lambda side: rate_of(AugmentSettings(augment=1, blur=0, noise=0).amounts(), side),
        ),
        ("flip, crop, rotation, three colours with Pillow", lambda side: pillow(side, pillow_geometry_and_colour)),
        ("everything, MixUp or CutMix too", lambda side: rate_of(EVERYTHING, side)),
        *(
            (f"`{name}` alone", lambda side, name=name, entry=entry: rate_of({name: entry.standard or 0.5}, side))
            for name, entry in AUGMENTATIONS.items()
        ),
    ]
    lines = []
    for name, rate in rows:
        lines.append(f"| {name} | {rate(32):,.0f} | {rate(224):,.0f} |")
        print(lines[-1], flush=True)
    text = "\n".join(lines)
    TABLE.write_text(f"""# Augmentation

Written by `benchmarks/augmentation.py`: pictures a second on one thread, in batches of {BATCHES[32]} pictures
of 32x32x3 and of {BATCHES[224]} of 224x224x3; medians of {TURNS} turns.

| | 32x32 | 224x224 |
|---|---|---|
{text}
""")


if __name__ == "__main__":
    main()
