"""``sightline.summary``."""

from typing import Any

from sightline.line import summary as summaries
from sightline.line.methods.contract import Summary


def summary(name: str, *, shape: tuple[int, int, int] = (32, 32, 3), classes: int = 10, **settings: Any) -> Summary:
    """Return a network's layers, or a classical pipeline's parts, for an input; nothing is computed.

    Args:
        name: A model that ``sightline models`` lists.
        shape: (H, W, C) of the input, each side at most 4096.
        classes: How many there are, 2 or more.
        settings: Settings of the model that ``sightline settings`` lists, such as ``hidden=(128, 64)``.

    Returns:
        Each layer's output shape, parameters and work, or each part's output in words.

    Raises:
        SettingsError: There is no such model or setting, or the input does not fit.
        MissingExtraError: torch is not installed.

    Example:
        >>> summary("lenet", shape=(28, 28, 1)).parameters
        44426
    """
    return summaries.summary(name, shape, classes, settings)
