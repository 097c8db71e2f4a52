"""The one look at the pictures of a training: it begins before torch is imported, and ends when all goes together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import cast

import numpy as np

from sightline.core.findings import Finding
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import TRAIN, Catalog
from sightline.data.splits import Split, leave_out
from sightline.data.survey import Survey
from sightline.data.survey.record import Surveyed
from sightline.imaging.picture_format import PictureFormat
from sightline.line.health.copies import with_copies
from sightline.line.input.deep_pictures import in_measured_range
from sightline.line.input.second_look import with_colours, without_refusals
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared, prepare
from sightline.line.resolution import method_for
from sightline.line.settings.values import Settings


@dataclass(frozen=True, eq=False)
class Divided:
    """Pictures that were read, checked and split once; any number of trainings may be prepared from them.

    Args:
        surveyed: Every picture, with its pixels.
        split: The one that the settings ask for.
        findings: What was noticed of the data and of that split; no error among them.
    """

    surveyed: Surveyed
    split: Split
    findings: tuple[Finding, ...]

    def prepared(self, settings: Settings) -> Prepared:
        """Return everything that a training by the split needs."""
        return self.by(self.split, settings, self.findings)

    def by(self, split: Split, settings: Settings, findings: tuple[Finding, ...] = ()) -> Prepared:
        """Return everything that a training by another split of the same pictures needs.

        Args:
            split: Of the same pictures.
            findings: What was noticed of that split.
        """
        scaling = method_for(settings).scaling(settings)
        return prepare(self.surveyed, split, scaling=scaling, seed=settings["seed"], findings=findings)


Preparing = Callable[[Narrator], Prepared]
Dividing = Callable[[Narrator], Divided]


@contextmanager
def reading(catalog: Catalog, settings: Settings, *, test_fraction: float, keep_in: Path) -> Iterator[Preparing]:
    """Begin to look at every picture; the value finishes that, and prepares one training.

    The arguments and errors are those of `dividing`.
    """
    with dividing(catalog, settings, test_fraction=test_fraction, keep_in=keep_in) as divide:
        yield lambda narrator: divide(narrator).prepared(settings)


@contextmanager
def dividing(catalog: Catalog, settings: Settings, *, test_fraction: float, keep_in: Path) -> Iterator[Dividing]:
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
    known = catalog if catalog.labelled.all() else catalog.at(np.flatnonzero(catalog.labelled))
    input_format = method.input_format(known, settings)  # those without a label say nothing of what is meant
    method.require_size(settings["model"], input_format.height, input_format.width)
    with Survey(catalog, input_format, keep_in=keep_in, cache_in=pixel_folder()) as begun:
        yield lambda narrator: _divided(begun, settings, narrator, test_fraction=test_fraction, keep_in=keep_in)


def _divided(begun: Survey, settings: Settings, narrator: Narrator, *, test_fraction: float, keep_in: Path) -> Divided:
    """Return the pictures and their split, once it is known that the settings go together with the pictures.

    Raises:
        SettingsError: They don't.
        DataError: The data must be mended first.
    """
    surveyed = _surveyed(begun, settings, narrator)
    read = cast("PictureFormat", begun.format)
    meant = with_colours(read, settings.data, modes=compress(surveyed.modes, surveyed.catalog.labelled))
    if meant != read:
        narrator.say("some pictures have colours, though those looked at first are grey: reading them in colour")
        with Survey(begun.catalog, meant, keep_in=keep_in, cache_in=pixel_folder()) as again:
            surveyed = _surveyed(again, settings, narrator)
    surveyed = with_copies(without_refusals(surveyed, settings.data), narrator)
    method = method_for(settings)
    division, findings = method.checked_split(surveyed, settings, test_fraction=test_fraction)
    training = division.rows(TRAIN).tolist()
    surveyed = in_measured_range(surveyed, training, settings.data, narrator=narrator, keep_in=keep_in)
    return Divided(surveyed, leave_out(surveyed, division), findings)


def _surveyed(begun: Survey, settings: Settings, narrator: Narrator) -> Surveyed:
    """Return what a look at every picture showed, once it is known that the settings go together with their format.

    Raises:
        SettingsError: They don't.
    """
    catalog, input_format = begun.catalog, cast("PictureFormat", begun.format)
    method_for(settings).require_possible(settings, input_format, classes=len(catalog.classes))
    with narrator.counting("reading pictures", len(catalog)) as advance:
        return begun.finished(advance)
