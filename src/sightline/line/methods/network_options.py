"""What the settings make of a network's options, and of the pictures that it looks at."""

from typing import Any

from sightline.core.rules import AUTO
from sightline.line.settings.values import Settings
from sightline.models import MODELS
from sightline.models.changes.views import VIEWS


def network_options(settings: Settings) -> dict[str, Any]:
    """Return what a network is built with besides input and classes, where that is not its author's choice."""
    own = {name: settings[name] for name in MODELS[settings["model"]].options if settings[name] != AUTO}
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in own.items()}
    views = settings.network.views
    return listed | settings.variation.as_options() | ({} if views == "picture" else {"views": views})


def looked_at(settings: Settings) -> dict[str, float]:
    """Return how much of every change the network meets, in training or where it looks at mirror images to answer."""
    amounts = settings.augmentation.amounts()
    return amounts | {"flip_horizontal": 0.5} if VIEWS[settings.network.views].mirrored else amounts
