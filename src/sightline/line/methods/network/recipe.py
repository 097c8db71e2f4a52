"""From settings to the recipe of a network's training: what only the line knows of both pictures and steps."""

from dataclasses import replace

from sightline.imaging.augmentation.policy import Augmentation
from sightline.line.methods.network.machine import machine_of
from sightline.line.settings.values import Settings
from sightline.training.objectives import recipe as classification
from sightline.training.objectives.classification import class_counts
from sightline.training.recipe import Recipe
from sightline.training.samples import Samples


def recipe_of(settings: Settings, training: Samples, *, classes: int, seconds: float = 0.0) -> Recipe:
    """Return the objects behind the settings.

    Args:
        settings: In which nothing is open any more that pictures or clock decide.
        training: What is learnt from; class weights are made of its counts.
        classes: 1 or more.
        seconds: How long it may take; 0 for no limit.

    Raises:
        SettingsError: The device is not there, or slow in the precision that was named.
    """
    amounts = settings.augmentation.amounts()
    recipe = classification.recipe_of(
        settings.steps,
        settings.loss,
        machine_of(settings),
        counts=class_counts(training, classes),
        seed=settings["seed"],
        change=Augmentation(amounts) if any(amounts.values()) else None,
    )
    return replace(recipe, seconds=seconds)
