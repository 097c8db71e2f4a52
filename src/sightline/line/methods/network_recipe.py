"""From settings to the objects that train a network."""

import torch

from sightline.imaging.augmentation.policy import Augmentation
from sightline.line.settings.run import FAST_RECIPE
from sightline.line.settings.values import Settings
from sightline.training.devices import choose_device, choose_precision
from sightline.training.losses import LOSSES, Criterion, Penalties, balanced_weights
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.recipe import Augment, Recipe, unaltered
from sightline.training.samples import Samples
from sightline.training.schedules import SCHEDULES, warmed_up


def recipe_of(settings: Settings, training: Samples, *, seconds: float = 0.0) -> Recipe:
    """Return the objects behind the settings.

    Args:
        settings: In which nothing is open any more that pictures or clock decide.
        training: What is learnt from; class weights are made of its counts.
        seconds: How long it may take; 0 for no limit.

    Raises:
        SettingsError: The device is not there.
    """
    steps, loss = settings.steps, settings.loss
    device = choose_device(settings["device"])
    entry = OPTIMIZERS[steps.optimizer]
    return Recipe(
        epochs=steps.epochs,
        seconds=seconds,
        batch_size=steps.batch_size,
        optimizer=entry,
        learning_rate=entry.learning_rate if steps.learning_rate is None else steps.learning_rate,
        schedule=warmed_up(SCHEDULES[steps.schedule].factor, steps.warmup_epochs / steps.epochs),
        patience=steps.patience,
        seed=settings["seed"],
        criterion=Criterion(
            loss=LOSSES[loss.loss].function,
            label_smoothing=loss.label_smoothing,
            class_weights=balanced_weights(training.counts()) if loss.class_weights == "balanced" else (),
        ),
        penalties=Penalties(l1=loss.l1, l2=loss.l2),
        weight_decay=steps.weight_decay,
        clip_norm=steps.clip_norm,
        ema_decay=steps.ema_decay,
        sampling=steps.sampling,
        augment=_augment(settings),
        start_scale=steps.start_scale,
        device=device,
        precision=precision_of(settings, device),
    )


def precision_of(settings: Settings, device: torch.device) -> str:
    """Return in how many bits a network is trained; only the fast recipe takes half precision on a CPU by itself.

    Raises:
        SettingsError: The device is slow in what was asked for.
    """
    return choose_precision(settings["precision"], device, half_on_cpu=settings["recipe"] == FAST_RECIPE)


def _augment(settings: Settings) -> Augment:
    amounts = settings.augmentation.amounts()
    return Augmentation(amounts) if any(amounts.values()) else unaltered
