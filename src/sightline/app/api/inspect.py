"""``sightline.inspect``."""

from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.app.api.inputs import Place
from sightline.core.choose import require_extra
from sightline.core.errors import RunError
from sightline.core.storage import require_nameable

if TYPE_CHECKING:
    from sightline.evaluation.pages.inspection import Inspection


def inspect(place: Place, picture: Place | None = None, *, out: Place | None = None) -> "Inspection":
    """See inside a network: its first filters, its layers, and how they changed while it was trained.

    Args:
        place: A run's folder or a ``model.sightline`` file.
        picture: A picture's file, to see what each layer makes of it.
        out: Where to write the inspection as one HTML page; None writes nothing.

    Returns:
        Filters, layers and, with a picture, its maps.

    Raises:
        RunError: `place` is neither run nor model, or `out` can't be written.
        BundleError: The model file is damaged, foreign or too new.
        SettingsError: The model is a classical pipeline, which has no layers.
        PictureError: The picture can't be read.
        MissingExtraError: torch, or a package that draws the page, is not installed.

    Example::

        inspection = sightline.inspect("run", "new.png", out="inside.html")
        names = [row.name for row in inspection.rows]
    """
    require_extra("torch", "matplotlib", "jinja2", extra="train", purpose="sightline inspect")
    from sightline.line.pages import inspection

    if out is not None:
        require_nameable(out, RunError)
    inside = inspection.inspect(Path(place), None if picture is None else fspath(picture))
    if out is not None:
        inspection.write_inspection(inside, Path(out))
    return inside
