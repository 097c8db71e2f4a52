"""From the names and numbers in the settings to the objects that train."""

import torch
from torch import nn

from sightline.classical import PIPELINES
from sightline.classical.building import build_pipeline
from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.imaging.augmentation import require_colours
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.picture_format import PictureFormat
from sightline.line.settings import Settings
from sightline.line.settings.presets import FAST_RECIPE
from sightline.models.building import build_layers
from sightline.models.measures.arithmetic import check_sizes
from sightline.training.devices import choose_device, choose_precision
from sightline.training.losses import LOSSES, Criterion, Penalties, balanced_weights
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.recipe import Augment, Recipe, unaltered
from sightline.training.resizing import resized_shape
from sightline.training.samples import Samples
from sightline.training.schedules import SCHEDULES, warmed_up


def recipe_of(settings: Settings, training: Samples, *, seconds: float = 0.0) -> Recipe:
    """Return the objects behind the settings.

    Args:
        settings: Names and numbers, none of them ``auto`` that the recipe leaves to the data.
        seconds: How long it may take; 0 for no limit.
        training: What is learnt from; class weights are made of its counts.

    Raises:
        SettingsError: The device is not there.
    """
    device = choose_device(settings.device)
    return Recipe(
        epochs=int(settings.epochs),
        seconds=seconds,
        batch_size=int(settings.batch_size),
        optimizer=OPTIMIZERS[settings.optimizer],
        learning_rate=settings.learning_rate,
        schedule=warmed_up(SCHEDULES[settings.schedule].factor, settings.warmup_epochs / int(settings.epochs)),
        patience=int(settings.patience),
        seed=settings.seed,
        criterion=Criterion(
            loss=LOSSES[settings.loss].function,
            label_smoothing=float(settings.label_smoothing),
            class_weights=balanced_weights(training.counts()) if settings.class_weights == "balanced" else (),
        ),
        penalties=Penalties(l1=settings.l1, l2=settings.l2),
        weight_decay=None if settings.weight_decay == AUTO else float(settings.weight_decay),
        clip_norm=settings.clip_norm,
        ema_decay=settings.ema_decay,
        sampling=settings.sampling,
        augment=_augment(settings),
        start_scale=float(settings.start_scale),
        device=device,
        precision=precision_of(settings, device),
    )


def require_possible(settings: Settings, input_format: PictureFormat, *, classes: int) -> None:
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
    precision_of(settings, choose_device(settings.device))
    require_colours(settings.amounts(), input_format.colours)
    with torch.device("meta"):
        network = build_layers(settings.model, input_format.shape, classes, settings.model_options())
    check_sizes(network, input_format.shape, strict=settings.size_rule == "strict")
    if settings.start_scale not in (AUTO, 1.0):
        _require_any_size(network, input_format.shape, float(settings.start_scale))
    OPTIMIZERS[settings.optimizer].build(network, learning_rate=settings.learning_rate)


def _require_any_size(network: nn.Module, shape: tuple[int, int, int], start_scale: float) -> None:
    """Raise unless a network on torch's meta device takes the small pictures that a training begins with.

    Raises:
        SettingsError: It does not.
    """
    first = resized_shape(shape[:2], start_scale)
    try:
        network.eval()(torch.empty(1, shape[2], *first, device="meta"))
    except RuntimeError as error:
        raise SettingsError(
            f"start_scale = {start_scale:g}, but the network does not take pictures of {first[0]}x{first[1]} pixels: "
            f"{str(error).splitlines()[0]}",
            hint="take a larger start_scale, or a network whose last map is pooled to one place, such as a resnet",
        ) from error


def precision_of(settings: Settings, device: torch.device) -> str:
    """Return in how many bits a network is trained; only the fast recipe takes half precision on a CPU by itself.

    Raises:
        SettingsError: The device is slow in what was asked for.
    """
    return choose_precision(settings.precision, device, half_on_cpu=settings.recipe == FAST_RECIPE)


def _augment(settings: Settings) -> Augment:
    amounts = settings.amounts()
    return Augmentation(amounts) if any(amounts.values()) else unaltered
