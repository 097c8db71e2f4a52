"""Every technique of training with the setting that asks for it, gathered from the tables of all floors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS, KERNELS
from sightline.core.choose import choose
from sightline.imaging.augmentation import AUGMENTATIONS
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import INITIALISATIONS
from sightline.models.changes.pooling import POOLINGS
from sightline.models.changes.regularisers import REGULARISERS
from sightline.models.changes.views import VIEWS
from sightline.training.losses import LOSSES
from sightline.training.objectives.embedding_losses import EMBEDDING_LOSSES
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.schedules import SCHEDULES


@dataclass(frozen=True)
class Technique:
    """One technique.

    Args:
        assignment: What to write after ``--set``.
        line: What it does, in one sentence.
        reference: Where it comes from.
    """

    assignment: str
    line: str
    reference: str


class Entry(Protocol):
    """An entry of any table."""

    @property
    def line(self) -> str:
        """What it does."""

    @property
    def reference(self) -> str:
        """Where it comes from."""


def _of(setting: str, table: Mapping[str, Entry]) -> tuple[Technique, ...]:
    return tuple(Technique(f"{setting}={name}", entry.line, entry.reference) for name, entry in table.items())


KIND = "technique"
ONLY_BY_NAME = {"flip_vertical": 0.5, "mixup": 0.2, "cutmix": 1.0}
"""Usual amounts of what `augment` leaves out."""

FAMILIES: dict[str, tuple[Technique, ...]] = {
    "activations": _of("activation", ACTIVATIONS),
    "pooling": _of("pooling", POOLINGS),
    "initialisation": (
        *_of("initialisation", INITIALISATIONS),
        Technique(
            "initial_bias=0.01",
            "a small positive bias in front of ReLU, so that every neuron fires at first",
            "Krizhevsky, Sutskever and Hinton, 'ImageNet classification with deep CNNs' (2012), section 5",
        ),
    ),
    "losses": (
        *_of("loss", LOSSES),
        *_of("loss", EMBEDDING_LOSSES),
        Technique(
            "label_smoothing=0.1",
            "spreads a tenth of each target over all classes, against too sure answers",
            "Szegedy et al., 'Rethinking the Inception architecture', arXiv 1512.00567 (2015), section 7",
        ),
        Technique(
            "l1=0.00001",
            "adds the sum of absolute weights times this to the loss: many weights become nought",
            "Tibshirani, 'Regression shrinkage and selection via the lasso' (1996)",
        ),
        Technique(
            "l2=0.0001",
            "adds the sum of squared weights times this to the loss: all weights stay small",
            "Hoerl and Kennard, 'Ridge regression' (1970)",
        ),
    ),
    "optimizers": tuple(
        Technique(f"optimizer={name}", f"{entry.line}; learning rate {entry.learning_rate:g}", entry.reference)
        for name, entry in OPTIMIZERS.items()
    ),
    "schedules": (
        *_of("schedule", SCHEDULES),
        Technique(
            "warmup_epochs=1",
            "the learning rate climbs from nought before the schedule begins",
            "Goyal et al., 'Accurate, large minibatch SGD', arXiv 1706.02677 (2017), section 2.2",
        ),
    ),
    "steps": (
        Technique(
            "patience=10",
            "stops after so many epochs without a better validation accuracy, and ships the best",
            "Prechelt, 'Early stopping, but when?' (1998)",
        ),
        Technique(
            "clip_norm=1",
            "shortens longer gradients, so that one steep place does not throw the weights far away",
            "Pascanu, Mikolov and Bengio, arXiv 1211.5063 (2012), section 3.2",
        ),
        Technique(
            "ema_decay=0.999",
            "validates and ships a moving average of the weights",
            "Polyak and Juditsky, 'Acceleration of stochastic approximation by averaging' (1992)",
        ),
        Technique(
            "precision=bf16",
            "half precision where it is safe, on a GPU; auto takes it there by itself",
            "Micikevicius et al., 'Mixed precision training', arXiv 1710.03740 (2017)",
        ),
    ),
    "regularisers": tuple(Technique(entry.setting, entry.line, entry.reference) for entry in REGULARISERS.values()),
    "answers": _of("views", VIEWS),
    "imbalance": (
        Technique(
            "class_weights=balanced",
            "mistakes on rare classes cost more, so that all classes count alike",
            "King and Zeng, 'Logistic regression in rare events data' (2001), section 4.2",
        ),
        Technique(
            "sampling=balanced",
            "draws pictures of rare classes more often, so that all classes are seen alike",
            "Japkowicz and Stephen, 'The class imbalance problem' (2002), section 3",
        ),
    ),
    "descriptors": _of("descriptor", DESCRIPTORS),
    "encoders": (
        *_of("encoder", {name: entry for name, entry in ENCODERS.items() if name != "none"}),
        Technique(
            "components=64",
            "projects local descriptors on their principal components before they are encoded",
            "Pearson, 'On lines and planes of closest fit to systems of points in space' (1901)",
        ),
        Technique(
            "pyramid=1,2,4",
            "pools the whole picture, its quarters and its sixteenths singly, so that places count",
            "Lazebnik, Schmid and Ponce, 'Beyond bags of features: spatial pyramid matching' (2006)",
        ),
    ),
    "kernels": (
        *_of("kernel_map", {name: entry for name, entry in KERNEL_MAPS.items() if name != "none"}),
        *_of("kernel", KERNELS),
    ),
    "classifiers": _of("classifier", CLASSIFIERS),
    "augmentation": (
        Technique(
            "augment=1",
            "all of these with a standard amount at once, times this; vertical flips, mixup and cutmix only by name",
            "see each",
        ),
        *(
            Technique(f"{name}={entry.standard or ONLY_BY_NAME[name]:g}", entry.line, entry.reference)
            for name, entry in AUGMENTATIONS.items()
        ),
    ),
}
"""Each family with its techniques."""


def techniques_named(name: str) -> dict[str, tuple[Technique, ...]]:
    """Return a family, or every technique that a setting's or a value's name asks for, by family.

    Raises:
        SettingsError: There is neither a family nor a technique of that name; the message names the nearest.

    Example:
        >>> [technique.assignment for technique in techniques_named("mixup")["augmentation"]]
        ['mixup=0.2']
    """
    if name in FAMILIES:
        return {name: FAMILIES[name]}
    named: dict[str, dict[str, tuple[Technique, ...]]] = {}
    for family, techniques in FAMILIES.items():
        for technique in techniques:
            for word in {*technique.assignment.split("="), technique.assignment}:
                by_family = named.setdefault(word, {})
                by_family[family] = (*by_family.get(family, ()), technique)
    meant = name.strip().lower()
    spelt = next((word for word in (meant, meant.replace("-", "_"), meant.replace("_", "-")) if word in named), name)
    return choose(spelt, {**{family: {family: entries} for family, entries in FAMILIES.items()}, **named}, kind=KIND)
