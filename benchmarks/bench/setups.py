"""Small trainings that are right in every part, to plant faults in: pictures, networks, recipes."""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from bench.pictures import Decoded

SLIM = {"widths": [8, 16, 16]}
"""Of `quick-cnn`, for trainings that are many."""
KINDS = ("digits", "photos", "stripes", "colours", "rare")
"""Kinds of pictures, see `pictures_of`."""


@dataclass(frozen=True)
class Plan:
    """A training in words.

    Args:
        model: A name in `MODELS`.
        kind: One of `KINDS`.
        options: Of the network.
        settings: Of steps and loss, by name.
        augment: Amounts by name.
        seed: Decides pictures, first weights and order.
        side: Of the pictures, in pixels.
        count: Of training pictures.
        without: Names of checks that cost too much in so large a network.
    """

    model: str
    kind: str
    options: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    augment: dict = field(default_factory=dict)
    seed: int = 0
    side: int = 16
    count: int = 320
    without: tuple = ()

    @property
    def name(self):
        """Return the training's name in a table."""
        words = [
            f"{key}={value}" for part in (self.options, self.settings, self.augment) for key, value in part.items()
        ]
        return " ".join((self.model, self.kind, *words))


@cache
def pictures_of(kind, side, count, seed, archive):
    """Return pictures (N, side, side, C) uint8 with labels: scanned digits, small photos, and what is made up.

    Args:
        kind: ``digits`` of scikit-learn; ``photos`` of CIFAR-10; ``stripes``, grey, whose direction is the class;
            ``colours``, blobs whose hue is the class; ``rare``, stripes of which the second class is a tenth.
        archive: The path of CIFAR-10's archive.
    """
    generator = np.random.default_rng([seed, side])
    if kind == "digits":
        return _digits(side, count, generator)
    if kind == "photos":
        return _photos(side, count, generator, archive)
    if kind == "colours":
        return _colours(side, count, generator)
    return _stripes(side, count, generator, rare=kind == "rare")


def _digits(side, count, generator):
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    chosen = generator.permutation(len(digits.images))[:count]
    pixels = [
        np.asarray(Image.fromarray((digits.images[row] * 15.9).astype(np.uint8)).resize((side, side), Image.BILINEAR))
        for row in chosen
    ]
    return Decoded(np.stack(pixels)[..., None], digits.target[chosen].astype(np.int64), 10)


@cache
def _photos_of(side, archive):
    from bench.pictures import decoded, square

    return decoded(archive, "train", square(side), count=6_000)


def _photos(side, count, generator, archive):
    photos = _photos_of(side, archive)
    chosen = generator.permutation(len(photos.pixels))[:count]
    return Decoded(photos.pixels[chosen], photos.labels[chosen], photos.classes)


def _stripes(side, count, generator, *, rare):
    labels = (generator.random(count) < 0.1).astype(np.int64) if rare else np.arange(count) % 4
    phases, places = generator.random(count) * 2 * np.pi, np.arange(side)
    angles = labels * (np.pi / (2 if rare else 4))
    across = np.cos(angles)[:, None, None] * places[None, :, None] + np.sin(angles)[:, None, None] * places
    waves = np.sin(across * 1.2 + phases[:, None, None])
    noisy = 110 + 60 * waves + generator.normal(0, 25, waves.shape)
    return Decoded(noisy.clip(0, 255).astype(np.uint8)[..., None], labels, 2 if rare else 4)


def _colours(side, count, generator):
    hues = np.array([[200, 60, 60], [60, 200, 60], [60, 60, 200], [190, 190, 60], [60, 190, 190]])
    labels = np.arange(count) % len(hues)
    pixels = generator.normal(110, 30, (count, side, side, 3))
    half = side // 2
    for picture, label in zip(pixels, labels, strict=True):
        top, left = generator.integers(0, side - half, 2)
        picture[top : top + half, left : left + half] = hues[label] + generator.normal(0, 20, (half, half, 3))
    return Decoded(pixels.clip(0, 255).astype(np.uint8), labels, len(hues))


def setup_of(plan, archive):
    """Return the `Setup` of a plan, by the functions that a training goes through."""
    import torch

    from sightline.core.seeding import derived_seed
    from sightline.imaging.augmentation.policy import Augmentation
    from sightline.imaging.augmentation.settings import AugmentSettings
    from sightline.imaging.picture_format import PictureFormat
    from sightline.imaging.preprocess import fitted
    from sightline.models.building import build_network
    from sightline.models.changes.whitening import fit_to_pictures
    from sightline.training.losses import LossSettings
    from sightline.training.machine.devices import MachineSettings
    from sightline.training.objectives.classification import class_counts
    from sightline.training.objectives.recipe import recipe_of
    from sightline.training.preflight.setup import Setup
    from sightline.training.recipe import StepSettings
    from sightline.training.samplers import LABEL
    from sightline.training.samples import Parts, Samples

    validation = max(200, plan.count // 4)
    pictures = pictures_of(plan.kind, plan.side, plan.count + validation, plan.seed, archive)
    pixels, labels = torch.from_numpy(pictures.pixels), torch.from_numpy(pictures.labels)
    rows = torch.arange(len(labels))
    parts = Parts(
        Samples(pixels, {LABEL: labels}, rows[: plan.count]), Samples(pixels, {LABEL: labels}, rows[plan.count :])
    )
    picture_format = PictureFormat(plan.side, plan.side, "grey" if pixels.shape[3] == 1 else "rgb")
    preprocess = fitted(picture_format, [pictures.pixels[: plan.count]], centre="channel", scale="deviation")
    torch.manual_seed(derived_seed(plan.seed, "weights"))
    network = build_network(plan.model, preprocess, pictures.classes, plan.options)
    fit_to_pictures(network, pixels, parts.training.rows)
    values = {"epochs": 8, "batch_size": 16, "patience": 0, **plan.settings}
    amounts = AugmentSettings.named(plan.augment).amounts()
    recipe = recipe_of(
        StepSettings.of(values),
        LossSettings.of(values),
        MachineSettings("cpu", "fp32"),
        counts=class_counts(parts.training, pictures.classes),
        seed=plan.seed,
        change=Augmentation(amounts) if any(amounts.values()) else None,
    )
    return Setup(network, parts, recipe)


def changed(setup, **changes):
    """Return a set-up with other parts: of its own, or of its recipe."""
    own = {name: changes.pop(name) for name in ("network", "parts") if name in changes}
    return replace(setup, recipe=replace(setup.recipe, **changes), **own)
