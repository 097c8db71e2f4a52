"""``sightline.augment``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from sightline.app.api.inputs import Place, catalog_of
from sightline.core.choose import require_extra
from sightline.data.catalog import Catalog
from sightline.line.narrator import Narrator
from sightline.line.settings.keywords import SettingsKeywords

if TYPE_CHECKING:
    from sightline.line.augmentation.sheet import AugmentedSheet


def augment(
    data: Catalog | Place,
    *,
    pictures: int = 8,
    variants: int = 7,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Unpack[SettingsKeywords],
) -> "AugmentedSheet":
    """Show what the network will see of a data set in training: some pictures, each with variants.

    Args:
        data: A catalog, or anything that `open_catalog` takes; its own test part is not looked at.
        pictures: How many, 1 or more, taken from the classes in turn.
        variants: How many of each picture, 1 or more.
        download: Fetch a known set's original files when they are missing.
        narrator: Shows progress; if None, a terminal on the standard error.
        file: Settings from a file, by name; those that are named win.
        settings: Settings that ``sightline settings`` lists, such as ``augment=0.5`` or ``rotation=15``; where
            none is about augmentation, all changes have their standard amount.

    Returns:
        The pictures and variants as arrays; its `png` draws them.

    Raises:
        DataError: The data can't be opened, or no picture can be read.
        SettingsError: A setting is unknown or impossible, or every amount is zero.
        MissingExtraError: torch or matplotlib is not installed.

    Example::

        sheet = sightline.augment("flowers", pictures=2, variants=3, rotation=15)
        sheet.originals.shape, sheet.amounts["rotation"]
    """
    from sightline.app.terminal import Terminal

    require_extra("torch", "matplotlib", extra="train", purpose="sightline augment")

    from sightline.line.augmentation import preview

    chosen = preview.sheet_settings(settings, file)
    catalog = catalog_of(data, download=download, folders=chosen["folders"])
    return preview.augment(catalog, chosen, pictures=pictures, variants=variants, narrator=narrator or Terminal())
