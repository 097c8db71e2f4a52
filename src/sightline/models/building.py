"""From a table entry to a module that takes raw pixels."""

from collections import OrderedDict
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import torch
from torch import nn

from sightline.core.choose import choose
from sightline.core.errors import SettingsError
from sightline.imaging.preprocess import Preprocess
from sightline.models import LEGS, MODELS
from sightline.models.changes.mean_of_views import looking_at
from sightline.models.changes.techniques import vary
from sightline.models.changes.unit_length import UnitLength
from sightline.models.changes.variation import variation_of
from sightline.models.changes.views import VIEWS
from sightline.models.families.timm_networks import PREFIX, timm_network


class Normalise(nn.Module):
    """The first layer of every network: decoded pixels to centred, scaled floats.

    Because it is a layer, training, evaluation, prediction and any exported graph share it, and its
    two arrays are stored among the weights.

    Args:
        preprocess: Its `mean` and `factor` become buffers.
    """

    mean: torch.Tensor
    factor: torch.Tensor

    def __init__(self, preprocess: Preprocess) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(preprocess.mean.copy()))
        self.register_buffer("factor", torch.from_numpy(preprocess.factor.copy()))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return ``(pixels - mean) * factor``.

        Args:
            pixels: (N, H, W, C) uint8, as the input format makes them.

        Returns:
            (N, C, H, W) float32, in `channels_last` memory order as the pixels are.
        """
        return ((pixels.float() - self.mean) * self.factor).permute(0, 3, 1, 2)


def build_layers(
    name: str, shape: tuple[int, int, int], classes: int, options: Mapping[str, Any] | None = None
) -> nn.Module:
    """Build a network with fresh weights from torch's current seed.

    Args:
        name: A name in `MODELS` or `LEGS`, or one of timm's with ``timm/`` in front.
        shape: (H, W, C) of the input.
        classes: How many, or how many numbers a leg makes of a picture.
        options: The settings that this network takes besides, those of a `Variation` of it, and
            ``views``, a name in `VIEWS`, in one dict that JSON knows.

    Returns:
        A module from (N, C, H, W) float32 to logits (N, classes).

    Raises:
        SettingsError: There is no such network, the input is too small for it, the layers are too large for
            this machine, or an option is not known, has an impossible value or would change nothing in this network.
    """
    if name.startswith(PREFIX):
        return timm_network(name, classes=classes)
    entry = choose(name, {**MODELS, **LEGS}, kind="model")
    entry.check_size(name, *shape[:2])
    rest = dict(options or {})
    rest.pop("views", None)  # of what is built around the layers, see `build_network`
    own = {option: rest.pop(option) for option in entry.options if option in rest}
    variation = variation_of(rest, model=name, own=entry.options)
    module, _, function = entry.builder.partition(":")
    try:
        layers: nn.Module = getattr(import_module(module), function)(shape, classes, **own)
        return vary(layers, shape, variation, model=name)
    except RuntimeError as error:  # torch's word for sizes that no machine can address, and for lack of memory
        raise SettingsError(
            f"{name} can't be built for {shape[0]}x{shape[1]}x{shape[2]} pictures and {classes} classes with "
            f"{own or 'its own options'}: {str(error).splitlines()[0]}",
            hint="choose smaller layers or smaller pictures",
        ) from error


def build_network(
    name: str, preprocess: Preprocess, classes: int, options: Mapping[str, Any] | None = None
) -> nn.Sequential:
    """Build a network that takes decoded pixels.

    Args:
        name: A name in `MODELS` or `LEGS`.
        preprocess: Fitted centring and scaling; gives the input's shape too.
        options: As `build_layers` takes them.

    Returns:
        A module from (N, H, W, C) uint8 to logits (N, classes); its parts are named ``normalise``
        and ``network``.

    Raises:
        SettingsError: As `build_layers` raises it.
    """
    views = choose(str((options or {}).get("views", "picture")), VIEWS, kind="choice of views")
    layers = build_layers(name, preprocess.format.shape, classes, options)
    return looking_at(OrderedDict(normalise=Normalise(preprocess), network=layers), views)


def build_leg(name: str, preprocess: Preprocess, width: int, options: Mapping[str, Any] | None = None) -> nn.Sequential:
    """Build a network whose distance compares pictures: all pictures go through the same weights.

    Args:
        name: A name in `LEGS`.
        preprocess: Fitted centring and scaling; gives the input's shape too.
        width: How many numbers a picture becomes.
        options: As `build_layers` takes them.

    Returns:
        A module from (N, H, W, C) uint8 to embeddings (N, width) float32 of unit length; its parts are named
        ``normalise``, ``network`` and ``unit``.

    Raises:
        SettingsError: As `build_layers` raises it.
    """
    layers = build_layers(name, preprocess.format.shape, width, options)
    return nn.Sequential(OrderedDict(normalise=Normalise(preprocess), network=layers, unit=UnitLength()))


def parameter_count(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
