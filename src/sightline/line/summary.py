"""What a network's layers, or a classical pipeline's parts, make of an input; nothing is computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.classical import PIPELINES
from sightline.core.choose import choose, require_extra
from sightline.core.errors import SettingsError
from sightline.line.settings import Settings, settings_of
from sightline.models import MODELS

if TYPE_CHECKING:
    from sightline.models.measures.summary import LayerSummary

LARGEST_SIDE = 4096
LEAST_CLASSES = 2

Shape = tuple[int, int, int]
"""(H, W, C) of an input."""


@dataclass(frozen=True)
class NetworkSummary:
    """A network from the input to the logits.

    Args:
        shape: (H, W, C) of the input.
        layers: In the order in which a picture passes them.
        remark: What the network changes for small inputs; ``""`` if nothing.
    """

    shape: Shape
    layers: "tuple[LayerSummary, ...]"
    remark: str

    @property
    def parameters(self) -> int:
        """How many numbers are learnt, without those of auxiliary heads."""
        return sum(layer.parameters for layer in self.layers if not layer.auxiliary)

    @property
    def auxiliary_parameters(self) -> int:
        """How many more numbers auxiliary heads learn, which only a training uses."""
        return sum(layer.parameters for layer in self.layers if layer.auxiliary)

    @property
    def multiply_adds(self) -> int:
        """How many multiplications with an addition one answer takes, in convolutions and dense layers."""
        return sum(layer.multiply_adds for layer in self.layers if not layer.auxiliary)


@dataclass(frozen=True)
class PipelineSummary:
    """A classical pipeline from the input to the scores.

    Args:
        shape: (H, W, C) of the input.
        parts: (name, output in words) of each part, in the order in which a picture passes them.
        classes: How many scores come out.
    """

    shape: Shape
    parts: tuple[tuple[str, str], ...]
    classes: int


def summary(
    name: str, shape: Shape, classes: int, settings: Mapping[str, Any] | None = None
) -> NetworkSummary | PipelineSummary:
    """Return the layers or parts of a model that `sightline models` lists.

    Args:
        name: A network or pipeline.
        shape: (H, W, C) of the input, each from 1 to 4096.
        classes: How many there are, 2 or more.
        settings: Values of the model's own settings, such as ``{"hidden": (128, 64)}``.

    Raises:
        SettingsError: There is no such model or setting, or the input does not fit.
        MissingExtraError: torch is not installed.
    """
    summarise = choose(name, SUMMARIES, kind="model")
    _require_possible(shape, classes)
    require_extra("torch", extra="train", purpose="sightline summary")
    return summarise(settings_of({**(settings or {}), "model": name}), shape, classes)


def _require_possible(shape: Shape, classes: int) -> None:
    if len(shape) != 3 or not all(1 <= side <= LARGEST_SIDE for side in shape):  # noqa: PLR2004 - (H, W, C)
        raise SettingsError(
            f"the input's shape is {shape}", hint=f"give (height, width, channels), each from 1 to {LARGEST_SIDE}"
        )
    if classes < LEAST_CLASSES:
        raise SettingsError(f"classes = {classes}", hint=f"give {LEAST_CLASSES} or more")


def _network(settings: Settings, shape: Shape, classes: int) -> NetworkSummary:
    from sightline.models.measures.summary import summarise

    strict = settings.size_rule == "strict"
    layers = summarise(settings.model, shape, classes, settings.model_options(), strict=strict)
    return NetworkSummary(shape, layers, MODELS[settings.model].remark(*shape[:2]))


def _pipeline(settings: Settings, shape: Shape, classes: int) -> PipelineSummary:
    from sightline.classical.building import part_outputs

    return PipelineSummary(shape, tuple(part_outputs(settings.model_options(), shape)), classes)


SUMMARIES: dict[str, Callable[[Settings, Shape, int], NetworkSummary | PipelineSummary]] = {
    **dict.fromkeys(MODELS, _network),
    **dict.fromkeys(PIPELINES, _pipeline),
}
"""Each model's name to what summarises it."""
