"""``sightline.crossval``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from sightline.app.api.inputs import Place
from sightline.data.catalog import Catalog
from sightline.line.crossval import crossval as validation
from sightline.line.crossval.crossval import CrossValidated, Plan
from sightline.line.narrator import Narrator
from sightline.line.settings.keywords import SettingsKeywords

if TYPE_CHECKING:
    from sightline.line.cost import Cost


def crossval(
    data: Catalog | Place,
    *,
    out: Place,
    folds: int = 5,
    repeats: int = 1,
    force: bool = False,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Unpack[SettingsKeywords],
) -> CrossValidated:
    """Judge a kind of training by folds, then train the final model; the same call again goes on where it was.

    Args:
        data: A catalog, or anything that `open_catalog` takes.
        out: The folder of the final model's run, with the folds' runs in it.
        folds: K, into how many parts what the test part leaves is divided, 2 or more.
        repeats: How often it is divided, each time in another way, 1 or more.
        force: Begin a finished one, or one with other settings, anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Shows progress; if None, a terminal on the standard error.
        file: Settings from a file, by name, as `read_settings` returns them; those that are named win.
        settings: Any setting that ``sightline settings`` lists; ``minutes`` are for all trainings together.

    Returns:
        The run of the final model, whose report has the figures over all folds.

    Raises:
        DataError: The data must be mended first, or a class has too few pictures for so many folds.
        SettingsError: A setting is unknown or impossible.
        RunError: The folder can't be used, or a training diverged.
        MissingExtraError: A package that trainings need is not installed.

    Example::

        judged = sightline.crossval("flowers", out="judged", folds=5, model="hog-svm")
        low, high = judged.report["cross_validation"]["accuracy"]["interval"]
    """
    from sightline.app.terminal import Terminal

    return validation.cross_validate(
        data,
        Plan(folds, repeats),
        out=out,
        force=force,
        download=download,
        narrator=narrator or Terminal(),
        file=file,
        **settings,
    )


def cost(
    data: Catalog | Place,
    *,
    out: Place,
    folds: int = 5,
    repeats: int = 1,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Unpack[SettingsKeywords],
) -> "Cost":
    """Say what `crossval` with the same arguments will cost, from a few timed steps; nothing is trained.

    Raises:
        DataError: The data must be mended first, or a class has too few pictures for so many folds.
        SettingsError: A setting is unknown or impossible, or nothing of this kind of model can be timed.
        RunError: The folder can't be used, or the minutes leave too little time.
        MissingExtraError: A package that trainings need is not installed.
    """
    from sightline.app.terminal import Terminal

    return validation.cost_of_cross_validation(
        data,
        Plan(folds, repeats),
        out=out,
        download=download,
        narrator=narrator or Terminal(),
        file=file,
        **settings,
    )
