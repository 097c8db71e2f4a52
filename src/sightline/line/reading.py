"""The one look at the pictures of a training: it begins before torch is imported, and ends when all goes together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import TRAIN, Catalog
from sightline.data.splits import leave_out
from sightline.data.survey import Survey
from sightline.data.survey.record import Surveyed
from sightline.imaging.picture_format import PictureFormat
from sightline.line.health.copies import with_copies
from sightline.line.input.checked_split import checked_split
from sightline.line.input.deep_pictures import in_measured_range
from sightline.line.input.second_look import with_colours, without_refusals
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared, prepare
from sightline.line.resolution import method_for
from sightline.line.settings.values import Settings

Preparing = Callable[[Narrator], Prepared]


@contextmanager
def reading(catalog: Catalog, settings: Settings, *, test_fraction: float, keep_in: Path) -> Iterator[Preparing]:
    """Begin to look at every picture; the value finishes that, once it is known that all goes together.

    Args:
        settings: What every picture becomes.
        test_fraction: Of the pictures, for the test part where the data gives none; 0 for no test part.
        keep_in: A folder for pixels that do not fit into memory.

    Raises:
        SettingsError: The size is too small for the model.
        RunError: The folder is needed and can't be written.
    """
    method = method_for(settings)
    input_format = method.input_format(catalog, settings)
    method.require_size(settings["model"], input_format.height, input_format.width)
    with Survey(catalog, input_format, keep_in=keep_in, cache_in=pixel_folder()) as begun:
        yield lambda narrator: _prepared(begun, settings, narrator, test_fraction=test_fraction, keep_in=keep_in)


def _prepared(
    begun: Survey, settings: Settings, narrator: Narrator, *, test_fraction: float, keep_in: Path
) -> Prepared:
    """Return everything that a training needs, once it is known that the settings go together with the pictures.

    Raises:
        SettingsError: They don't.
        DataError: The data must be mended first.
    """
    surveyed = _surveyed(begun, settings, narrator)
    read = cast("PictureFormat", begun.format)
    meant = with_colours(read, settings.data, modes=surveyed.modes)
    if meant != read:
        narrator.say("some pictures have colours, though those looked at first are grey: reading them in colour")
        with Survey(begun.catalog, meant, keep_in=keep_in, cache_in=pixel_folder()) as again:
            surveyed = _surveyed(again, settings, narrator)
    surveyed = with_copies(without_refusals(surveyed, settings.data), narrator)
    division, findings = checked_split(surveyed, settings, test_fraction=test_fraction)
    training = division.rows(TRAIN).tolist()
    surveyed = in_measured_range(surveyed, training, settings.data, narrator=narrator, keep_in=keep_in)
    division = leave_out(surveyed, division)
    scaling = method_for(settings).scaling(settings)
    return prepare(surveyed, division, scaling=scaling, seed=settings["seed"], findings=findings)


def _surveyed(begun: Survey, settings: Settings, narrator: Narrator) -> Surveyed:
    """Return what a look at every picture showed, once it is known that the settings go together with their format.

    Raises:
        SettingsError: They don't.
    """
    catalog, input_format = begun.catalog, cast("PictureFormat", begun.format)
    method_for(settings).require_possible(settings, input_format, classes=len(catalog.classes))
    with narrator.counting("reading pictures", len(catalog)) as advance:
        return begun.finished(advance)
