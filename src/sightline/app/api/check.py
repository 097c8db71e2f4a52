"""``sightline.check``."""

from collections.abc import Iterable

from sightline.app.api.inputs import Place, catalog_of
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.line.health import checkup
from sightline.line.health.checkup import Checkup
from sightline.line.narrator import Narrator


def check(
    data: Catalog | Place,
    *,
    accept: Iterable[str] = (),
    folders: Folders = "auto",
    download: bool = False,
    base: str = "",
    narrator: Narrator | None = None,
) -> Checkup:
    """Say what is wrong with a data set, all at once; every picture is read and decoded once.

    Args:
        data: A catalog, or anything that `open_catalog` takes.
        accept: Codes of errors to take as they are, such as ``("empty-class",)``; they become warnings.
        folders: What folders called train, val or test are: ``"parts"``, ``"classes"``, or what the tree suggests.
        download: Fetch a known set's original files when they are missing.
        base: One that ``sightline models`` lists, ``"auto"`` for the first, or a model file: it looks for shots of one
            scene and for pictures unlike all others. Without one nobody does, for it takes far longer than all else.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        The catalog and its findings; `errors` holds those that must be mended before a training.

    Raises:
        DataError: There is nothing there that could be a data set.
        MissingExtraError: The base is not on this machine, with the command that installs it.

    Example:
        >>> checkup = check("digits")
        >>> len(checkup.catalog), checkup.errors
        (1797, ())
    """
    from sightline.app.terminal import Terminal

    catalog = catalog_of(data, download=download, folders=folders)
    return checkup.check(catalog, accept=accept, narrator=narrator or Terminal(), base=base)
