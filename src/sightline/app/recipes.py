"""From the names and numbers in the settings to the objects that train."""

import torch

from sightline.app.setting_rules import AUTO
from sightline.app.settings import Settings
from sightline.classical import PIPELINES
from sightline.classical.building import build_pipeline
from sightline.imaging.augmentation import require_colours
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.preprocess import InputFormat
from sightline.models.arithmetic import check_sizes
from sightline.models.building import build_layers
from sightline.training.devices import choose_device, choose_precision
from sightline.training.losses import LOSSES, Criterion, Penalties, balanced_weights
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.recipe import Augment, Recipe, unaltered
from sightline.training.samples import Samples
from sightline.training.schedules import SCHEDULES, warmed_up


def recipe_of(settings: Settings, training: Samples) -> Recipe:
    """Return the objects behind the settings.

    Args:
        settings: Names and numbers.
        training: What is learnt from; class weights are made of its counts.

    Raises:
        SettingsError: The device is not there.
    """
    device = choose_device(settings.device)
    return Recipe(
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        optimizer=OPTIMIZERS[settings.optimizer],
        learning_rate=settings.learning_rate,
        schedule=warmed_up(SCHEDULES[settings.schedule].factor, settings.warmup_epochs / settings.epochs),
        patience=settings.patience,
        seed=settings.seed,
        criterion=Criterion(
            loss=LOSSES[settings.loss].function,
            label_smoothing=settings.label_smoothing,
            class_weights=balanced_weights(training.counts()) if settings.class_weights == "balanced" else (),
        ),
        penalties=Penalties(l1=settings.l1, l2=settings.l2),
        weight_decay=None if settings.weight_decay == AUTO else float(settings.weight_decay),
        clip_norm=settings.clip_norm,
        ema_decay=settings.ema_decay,
        sampling=settings.sampling,
        augment=_augment(settings),
        device=device,
        precision=choose_precision(settings.precision, device),
    )


def require_possible(settings: Settings, input_format: InputFormat, *, classes: int) -> None:
    """Raise, before any picture is read, if the settings do not go together with input, network and machine.

    A network is built on torch's meta device, where nothing is allocated; a pipeline is small before it is fitted.

    Raises:
        SettingsError: A pipeline's parts do not fit the size or colours; or, of a network, the device is
            not there, a change of the pictures does not fit the colours, a layer does not fit the size,
            or a technique or the optimizer does not fit the network.
    """
    if settings.is_pipeline:
        build_pipeline(settings.model_options(), input_format.shape)
        return
    if settings.baseline in PIPELINES:
        build_pipeline(PIPELINES[settings.baseline].plan.as_options(), input_format.shape)
    choose_precision(settings.precision, choose_device(settings.device))
    require_colours(settings.amounts(), input_format.colours)
    with torch.device("meta"):
        network = build_layers(settings.model, input_format.shape, classes, settings.model_options())
    check_sizes(network, input_format.shape, strict=settings.size_rule == "strict")
    OPTIMIZERS[settings.optimizer].build(network, learning_rate=settings.learning_rate)


def _augment(settings: Settings) -> Augment:
    amounts = settings.amounts()
    return Augmentation(amounts) if any(amounts.values()) else unaltered
