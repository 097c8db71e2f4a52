"""What a named recipe puts in the place of ``auto``: the values that nobody named and that need no picture."""

from typing import Any

from sightline.data.settings import NONE
from sightline.line.settings.run import FAST_RECIPE, PLAIN_RECIPE
from sightline.line.settings.values import Settings
from sightline.training.optimizers import OPTIMIZERS

SMALL_SIDE = 64
"""The longest side of pictures that the fast recipe is made for."""
CROSS_ENTROPY = "cross-entropy"

PLAIN: dict[str, Any] = {
    "model": "basic-cnn",
    "optimizer": "adam",
    "schedule": "cosine",
    "label_smoothing": 0.0,
    "epochs": 20,
    "batch_size": 32,
    "patience": 10,
    "views": "picture",
    "start_scale": 1.0,
}
"""Settings as a textbook would have them, and nothing more."""

FAST: dict[str, Any] = {"model": "quick-cnn", "patience": 0, "crop": 0.06}
"""A network and a schedule that learn most of what there is to learn in little time.

Whitened patches, few wide blocks, smoothed labels and moved pictures are those of Jordan, "94% on CIFAR-10 in 3.29
seconds on a single GPU" (2024), https://arxiv.org/abs/2404.00498; pictures that grow are Howard's, see
`sightline.training.resizing`.
"""
FAST_STEPS: dict[str, Any] = {"optimizer": "muon-normalised", "schedule": "linear"}
"""Of `quick-cnn`, whose filters all stand before batch normalisation; the rate is for the number of steps."""
FAST_STEPS_OF_OTHERS: dict[str, Any] = {
    "optimizer": "muon",
    "learning_rate": 0.01,
    "weight_decay": 0.5,
    "schedule": "one-cycle",
}
"""Of any other network: where the length of filters counts, it must be free to grow."""
WITH_UNLABELLED: dict[str, Any] = {"batch_size": 64, "ema_decay": 0.99, "label_smoothing": 0.0, "patience": 0}
"""Of a network that learns from pictures without labels too: FixMatch's batch and moving average, a faster one, since
trainings here have thousands of steps and not a million; and targets that let a network be sure."""
FAST_SMOOTHING = 0.2
"""Of the targets of cross-entropy; other losses have none."""


def preset(settings: Settings) -> dict[str, Any]:
    """Return what the recipe decides of a network's training, the recipe itself among it."""
    recipe = recipe_name(settings)
    if recipe == PLAIN_RECIPE:
        values = {"recipe": recipe, **PLAIN}
    else:
        smoothing = FAST_SMOOTHING if settings["loss"] == CROSS_ENTROPY else 0.0
        values = {"recipe": recipe, **FAST, **_fast_steps(settings), "label_smoothing": smoothing}
    if settings["unlabelled"] != NONE:
        values |= WITH_UNLABELLED
    if settings["minutes"]:
        values.pop("epochs", None)  # the clock decides
    chosen = settings.decided("recipe", values)
    if chosen.is_open("learning_rate") and not _has_fast_steps(settings, recipe):
        values["learning_rate"] = OPTIMIZERS[chosen["optimizer"]].learning_rate
    return values


def recipe_name(settings: Settings) -> str:
    """Return the recipe's name: the one that was named, else ``fast`` for small pictures where no model was named."""
    if not settings.is_open("recipe"):
        return str(settings["recipe"])
    is_small = max(settings.data.input_size() or (0,)) <= SMALL_SIDE
    return FAST_RECIPE if settings.is_open("model") and is_small else PLAIN_RECIPE


def _steps_of_model(settings: Settings) -> dict[str, Any]:
    own = settings.is_open("model") or settings["model"] == FAST["model"]
    return FAST_STEPS if own else FAST_STEPS_OF_OTHERS


def _has_fast_steps(settings: Settings, recipe: str) -> bool:
    """Return whether the steps are the fast recipe's: another optimizer has its own rate and decay."""
    own = _steps_of_model(settings)["optimizer"]
    return recipe == FAST_RECIPE and (settings.is_open("optimizer") or settings["optimizer"] == own)


def _fast_steps(settings: Settings) -> dict[str, Any]:
    steps = _steps_of_model(settings)
    return steps if _has_fast_steps(settings, FAST_RECIPE) else {"schedule": steps["schedule"]}
