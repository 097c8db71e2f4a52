"""``sightline.suspects``."""

from pathlib import Path

from sightline.app.api.inputs import Place, catalog_of
from sightline.core.choose import require_extra
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.line.features.extractor import DEFAULT_BASE
from sightline.line.narrator import Narrator
from sightline.line.settings.transfer import TransferSettings
from sightline.line.trust.suspects import Suspects, suspects_of


def suspects(
    data: Catalog | Place,
    *,
    export: Place | None = None,
    html: Place | None = None,
    base: str = "",
    folders: Folders = "auto",
    seed: int = 0,
    force: bool = False,
    narrator: Narrator | None = None,
) -> Suspects:
    """Say which labels look wrong: each is judged by a head, on what a base sees, that has not learnt from it.

    Args:
        data: A catalog, or anything that `open_catalog` takes.
        export: Where to write ``suspects.csv``, which ``train --corrections`` takes; None writes nothing.
        html: Where to write a page with the surest twenty as pictures; None writes nothing.
        base: One that ``sightline models`` lists, or a model file of yours; the first that is listed if empty.
        folders: What folders called train, val or test are: ``"parts"``, ``"classes"``, or what the tree suggests.
        seed: Decides which pictures are in which fold.
        force: Replace files that are there.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        The suspects, the surest first, and about how many labels are wrong.

    Raises:
        DataError: There is nothing there that could be a data set, or a file is there already.
        MissingExtraError: There is no base on this machine, with the command that installs one.
        RunError: A file can't be written.

    Example::

        found = sightline.suspects("flowers", export="suspects.csv")
        found.errors.words
    """
    from sightline.app.terminal import Terminal

    if html is not None:
        require_extra("jinja2", extra="train", purpose="a page of suspects")
    named = TransferSettings(base=base) if base else TransferSettings(base=DEFAULT_BASE)
    catalog = catalog_of(data, folders=folders)
    found = suspects_of(catalog, narrator=narrator or Terminal(), base=named, seed=seed)
    places = {"export": export, "html": html}
    found.write(**{name: Path(place) for name, place in places.items() if place is not None}, force=force)
    return found
