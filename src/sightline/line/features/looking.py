"""A data set looked at through a base, for those who need what it sees and train nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sightline.core.errors import MissingExtraError
from sightline.core.rules import AUTO
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import Catalog
from sightline.data.survey import survey
from sightline.data.survey.record import Surveyed
from sightline.line.features.extractor import DEFAULT_BASE, Extractor, extractor_of
from sightline.line.narrator import Narrator
from sightline.line.settings.transfer import TransferSettings


def required_extractor(settings: TransferSettings, *, purpose: str) -> Extractor:
    """Return the base that settings name, the first of the table where they name none.

    Args:
        settings: Of a transfer; ``unfreeze`` is not read.
        purpose: What it is for, as a sentence that the reason follows.

    Raises:
        MissingExtraError: It is not on this machine, with the command that installs it.
    """
    try:
        return extractor_of(replace(settings, base=DEFAULT_BASE) if settings.base == AUTO else settings)
    except MissingExtraError as error:
        raise MissingExtraError(f"{purpose}: {error.problem}", hint=error.hint) from error


@contextmanager
def looked_through(catalog: Catalog, base: Extractor, narrator: Narrator, *, doing: str) -> Iterator[Surveyed]:
    """Yield what a look at every sample showed, with pixels as the base reads them; they are gone afterwards.

    Args:
        doing: What the progress says.
    """
    with TemporaryDirectory() as folder, narrator.counting(doing, len(catalog)) as advance:
        yield survey(catalog, base.format, keep_in=Path(folder), cache_in=pixel_folder(), advance=advance)
