"""From settings to the recipe of a network that learns to compare."""

from dataclasses import replace

import torch

from sightline.core.choose import choose
from sightline.core.rules import AUTO
from sightline.imaging.augmentation.policy import Augmentation
from sightline.line.settings.values import Settings
from sightline.training.batch import Batch
from sightline.training.by_class.batches import ClassBatches
from sightline.training.by_class.turned_classes import TurnedClasses
from sightline.training.losses import Penalties
from sightline.training.machine.devices import choose_device, choose_precision, half_precision
from sightline.training.objectives.embedding_losses import EMBEDDING_LOSSES
from sightline.training.objectives.recipe import schedule_of
from sightline.training.objectives.similarity import Similarity
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.recipe import Augment, Recipe, unaltered

JUDGED_PICTURES = 2
"""Of each class in a batch of the validation part: each has one other that is like it."""


def recipe_of(settings: Settings, *, seconds: float = 0.0) -> Recipe:
    """Return the objects behind the settings.

    Args:
        settings: In which nothing is open any more that pictures or clock decide.
        seconds: How long it may take; 0 for no limit.

    Raises:
        SettingsError: The device is not there, or slow in the precision that was named.
    """
    own, device = settings.similarity, choose_device(settings["device"])
    steps = replace(settings.steps, batch_size=own.classes_a_step * own.pictures_a_class, start_scale=1.0)
    return Recipe(
        steps=steps,
        seed=settings["seed"],
        optimizer=choose(steps.optimizer, OPTIMIZERS, kind="optimizer"),
        schedule=schedule_of(steps),
        objective=Similarity(choose(settings["loss"], EMBEDDING_LOSSES, kind="loss").make(settings.embedding_loss)),
        sampler=ClassBatches(own.classes_a_step, own.pictures_a_class, own.within_groups),
        validation_sampler=ClassBatches(own.classes_a_step, JUDGED_PICTURES, within=1.0),
        device=device,
        precision=_precision(settings["precision"], device),
        penalties=Penalties(l1=settings["l1"], l2=settings["l2"]),
        augment=_augment(settings),
        seconds=seconds,
    )


def _precision(named: str, device: torch.device) -> str:
    """Return the precision that was named, else half precision where the device is quick in it."""
    return half_precision(device) if named == AUTO else choose_precision(named, device)


def _augment(settings: Settings) -> Augment:
    amounts = settings.augmentation.amounts()
    changed = _Changed(Augmentation(amounts)) if any(amounts.values()) else unaltered
    return TurnedClasses(changed) if settings["turned_classes"] == "yes" else changed


class _Changed:
    """Lets what alters pictures and class shares alter pictures whose classes stay as they are."""

    def __init__(self, change: Augmentation) -> None:
        self._change = change

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        no_shares = torch.empty((len(batch), 0))
        return batch.with_inputs(self._change(batch.inputs, no_shares, generator)[0])
