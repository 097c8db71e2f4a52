"""``sightline.search``."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from sightline.app.api.inputs import Place
from sightline.data.catalog import Catalog
from sightline.line.narrator import Narrator
from sightline.line.search import search as searching
from sightline.line.search.search import Request, Searched
from sightline.line.settings.keywords import SettingsKeywords

if TYPE_CHECKING:
    from sightline.line.cost import Cost

Space = str | os.PathLike[str] | Mapping[str, Any]


def search(
    data: Catalog | Place,
    *,
    out: Place,
    space: Space = "auto",
    trials: int = 0,
    sampler: str = "tpe",
    folds: int = 0,
    finalists: int = 3,
    finalist_seeds: int = 3,
    storage: str = "",
    force: bool = False,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Unpack[SettingsKeywords],
) -> Searched:
    """Search for good settings by validation pictures alone, and train the winner, which meets the test part once.

    Args:
        data: A catalog, or anything that `open_catalog` takes.
        out: The folder of the winner's run, with the study and the trials in it.
        space: ``"auto"``, a TOML file, or a document of the same form, such as ``{"optimizer": ["sgd", "adam"]}``.
        trials: How many settings are tried in short trainings; 0 for as many as ``minutes`` allow.
        sampler: ``"tpe"``, ``"random"`` or ``"grid"``.
        folds: Judge each trial by so many folds of all that is outside the test part; 0 for the validation part.
        finalists: How many of the best are trained in full.
        finalist_seeds: With how many seeds each of them.
        storage: A URL of a database, for several machines at one study; empty for a journal file in the folder.
        force: Begin anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Shows progress; if None, a terminal on the standard error.
        file: Settings from a file, by name, as `read_settings` returns them; those that are named win.
        settings: Any setting that is not searched; ``minutes`` are for the trials together.

    Returns:
        The run of the winner, whose report has the search.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting or the space is impossible.
        RunError: The folder or the study can't be used, or no trial came to its end.
        MissingExtraError: Optuna, or a package that trainings need, is not installed.

    Example::

        found = sightline.search("flowers", out="found", trials=20, model="basic-cnn")
        found.report["search"]["finalists"][0]["settings"]
    """
    from sightline.app.terminal import Terminal

    request = Request(space, trials, sampler, folds, finalists, finalist_seeds, storage)
    return searching.search(
        data, request, out=out, force=force, download=download, narrator=narrator or Terminal(), file=file, **settings
    )


def cost(
    data: Catalog | Place,
    *,
    out: Place,
    space: Space = "auto",
    trials: int = 0,
    sampler: str = "tpe",
    folds: int = 0,
    finalists: int = 3,
    finalist_seeds: int = 3,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Unpack[SettingsKeywords],
) -> "Cost":
    """Say what `search` with the same arguments will cost at most, from a few timed steps; nothing is trained.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting or the space is impossible, or nothing of this kind of model can be timed.
        RunError: The folder can't be used.
        MissingExtraError: Optuna, or a package that trainings need, is not installed.
    """
    from sightline.app.terminal import Terminal

    request = Request(space, trials, sampler, folds, finalists, finalist_seeds)
    return searching.cost_of_search(
        data, request, out=out, download=download, narrator=narrator or Terminal(), file=file, **settings
    )
