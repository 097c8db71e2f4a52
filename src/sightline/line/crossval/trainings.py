"""A training a fold, through the same line as any other; those that are finished are not done again."""

import time

from sightline.core.findings import errors_among
from sightline.core.percent import percent
from sightline.data.checks import check_split
from sightline.data.folds import Fold, Folds, split_of
from sightline.data.health.corrections import CORRECTED_PARTS
from sightline.data.health.part_checks import SMALL_PART
from sightline.line.crossval.folder import CrossValidationFolder
from sightline.line.input.checked_split import require_mended
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.reading import Divided
from sightline.line.settings.values import Settings
from sightline.line.steps import follow

OF_ONE_SPLIT = (SMALL_PART, CORRECTED_PARTS)
"""Codes of findings that say nothing of a fold: all of them are tested, and pooled."""


def train_folds(
    divided: Divided, folds: Folds, place: CrossValidationFolder, settings: Settings, narrator: Narrator
) -> None:
    """Train a model for every fold, on the others, and ask it about its fold.

    Args:
        divided: Read once for all folds.
        place: Where the runs are; those that are finished stay as they are, one that was interrupted goes on.
        narrator: Who tells the user.

    Raises:
        DataError: A fold can't be learnt for.
        SettingsError: The settings do not go together with the pictures.
        RunError: A fold's run can't be continued, or a training diverged.
    """
    for number, fold in enumerate(folds, 1):
        run = place.run_of(fold)
        narrator.say(f"fold {fold.number} of {folds.count}, repeat {fold.repeat} ({number} of {len(folds)} trainings)")
        with run.locked():
            run.begin(settings, force=False)
            report = follow(
                run,
                prepared_for(divided, folds, fold, settings),
                settings,
                narrator,
                started=time.perf_counter(),
            )
        narrator.say(f"  {percent(report['test']['accuracy'])} of {report['test']['count']:,} pictures")


def prepared_for(divided: Divided, folds: Folds, fold: Fold, settings: Settings) -> Prepared:
    """Return what the training of a fold needs, cut out of the pictures that were read once.

    Raises:
        DataError: The fold can't be learnt for.
    """
    division = split_of(
        divided.surveyed,
        divided.split,
        folds,
        fold,
        validation_fraction=settings.data.validation_fraction,
        seed=settings.split_seed,
    )
    noticed = check_split(divided.surveyed, division, accept=settings.data.accept)
    require_mended(errors_among(noticed))
    return divided.by(division, settings, tuple(each for each in noticed if each.code not in OF_ONE_SPLIT))
