"""What the settings make of a network's options."""

from typing import Any

from sightline.core.rules import AUTO
from sightline.line.settings.values import Settings
from sightline.models import MODELS


def network_options(settings: Settings) -> dict[str, Any]:
    """Return what a network is built with besides input and classes, where that is not its author's choice."""
    own = {name: settings[name] for name in MODELS[settings["model"]].options if settings[name] != AUTO}
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in own.items()}
    views = settings.network.views
    return listed | settings.variation.as_options() | ({} if views == "picture" else {"views": views})
