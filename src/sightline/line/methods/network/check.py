"""What can't work of a network, found before any picture is read: sizes, colours, the device."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from sightline.classical.building import build_pipeline
from sightline.classical.pipelines import PIPELINES
from sightline.core.errors import SettingsError
from sightline.data.settings import NONE
from sightline.imaging.augmentation import require_colours
from sightline.imaging.augmentation.strong import STRONG
from sightline.imaging.picture_format import PictureFormat
from sightline.line.methods.network.machine import machine_of
from sightline.line.settings.values import Settings
from sightline.models.building import build_layers, parameter_count
from sightline.models.changes.views import VIEWS
from sightline.models.measures.arithmetic import check_sizes
from sightline.training.machine.memory import free_bytes
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.resizing import resized_shape


def require_possible(
    settings: Settings, input_format: PictureFormat, options: Mapping[str, Any], *, classes: int
) -> None:
    """Raise if settings, input, network and machine do not go together.

    The network is built on torch's meta device, where nothing is allocated.

    Args:
        settings: In which the recipe has decided what it can.
        input_format: What every picture will be.
        options: What the network is built with.
        classes: 1 or more.

    Raises:
        SettingsError: The device is not there, the weights do not fit into its memory, a change of the pictures does
            not fit the colours, a layer does not fit the size, or a technique or the optimizer does not fit the
            network; or the baseline that was named can't take such pictures.
    """
    if settings["baseline"] in PIPELINES:
        build_pipeline(PIPELINES[settings["baseline"]].plan.as_options(), input_format.shape)
    machine_of(settings)
    amounts = settings.augmentation.amounts()
    strong = STRONG if settings.data.unlabelled != NONE else {}
    require_colours({**amounts, **strong}, input_format.colours)
    with torch.device("meta"):
        network = build_layers(settings["model"], input_format.shape, classes, options)
    _require_room(network, settings["model"])
    check_sizes(network, input_format.shape, strict=settings["size_rule"] == "strict")
    if not settings.is_open("start_scale") and settings["start_scale"] != 1:
        scale = settings["start_scale"]
        _require_any_size(network, input_format.shape, scale, named=f"start_scale = {scale:g}")
    cropped = VIEWS[settings.network.views].cropped
    if cropped != 1:
        _require_any_size(network, input_format.shape, cropped, named=f"views = {settings.network.views!r}")
    OPTIMIZERS[settings["optimizer"]].build(network, learning_rate=settings.steps.learning_rate or 0.0)


def _require_room(network: nn.Module, model: str) -> None:
    """Raise if the weights and their gradients alone are more than the machine has memory for.

    Raises:
        SettingsError: They are.
    """
    count, free = parameter_count(network), free_bytes()
    needed = 2 * count * torch.float32.itemsize
    if free is not None and needed > free:
        raise SettingsError(
            f"{model} has {count:,} weights, which take {needed / 2**30:,.1f} GB with their gradients; "
            f"{free / 2**30:,.1f} GB are free",
            hint="choose smaller layers, smaller pictures or another model",
        )


def _require_any_size(network: nn.Module, shape: tuple[int, int, int], scale: float, *, named: str) -> None:
    """Raise unless a network on torch's meta device takes smaller pictures: a training begins with them, or crops do.

    Args:
        scale: Share of the sides that they have.
        named: The setting that asks for them, with its value.

    Raises:
        SettingsError: It does not.
    """
    first = resized_shape(shape[:2], scale)
    try:
        network.eval()(torch.empty(1, shape[2], *first, device="meta"))
    except RuntimeError as error:
        raise SettingsError(
            f"{named}, but the network does not take pictures of {first[0]}x{first[1]} pixels: "
            f"{str(error).splitlines()[0]}",
            hint="leave it out, or take a network whose last map is pooled to one place, such as a resnet",
        ) from error
