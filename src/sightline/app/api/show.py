"""``sightline.show``."""

from pathlib import Path

from sightline.app.api.inputs import Place
from sightline.core.choose import require_extra
from sightline.evaluation.pages.model_card import ModelCard
from sightline.line.pages import card


def show(model: Place, *, html: Place | None = None) -> ModelCard:
    """Say what a model is: its card.

    Args:
        model: A ``model.sightline`` file or a run's folder.
        html: Where to write the card as a page; None writes nothing.

    Returns:
        What the model takes, what it was measured at, and how another program reads it.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new.
        RunError: There is another file at `html`, or it can't be written.
        MissingExtraError: The package that writes the page is not installed.

    Example::

        card = sightline.show("run")
        card.title, card.classes
    """
    if html is not None:
        require_extra("jinja2", extra="train", purpose="a model's card as a page")
    shown = card.show(Path(model))
    if html is not None:
        card.write_card(shown, Path(html))
    return shown
