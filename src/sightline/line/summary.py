"""What a model is made of, before any training; nothing is computed."""

from collections.abc import Mapping
from typing import Any

from sightline.core.choose import require_extra
from sightline.core.errors import SettingsError
from sightline.line.methods import method_of
from sightline.line.methods.contract import Summary
from sightline.line.resolution import resolved

LARGEST_SIDE = 4096
LEAST_CLASSES = 2


def summary(name: str, shape: tuple[int, int, int], classes: int, settings: Mapping[str, Any] | None = None) -> Summary:
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
    method = method_of(name)
    _require_possible(shape, classes)
    require_extra("torch", extra="train", purpose="sightline summary")
    return method.summary(resolved({**(settings or {}), "model": name}), shape, classes)


def _require_possible(shape: tuple[int, int, int], classes: int) -> None:
    if len(shape) != 3 or not all(1 <= side <= LARGEST_SIDE for side in shape):  # noqa: PLR2004 - (H, W, C)
        raise SettingsError(
            f"the input's shape is {shape}", hint=f"give (height, width, channels), each from 1 to {LARGEST_SIDE}"
        )
    if classes < LEAST_CLASSES:
        raise SettingsError(f"classes = {classes}", hint=f"give {LEAST_CLASSES} or more")
