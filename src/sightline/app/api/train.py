"""``sightline.train``."""

from collections.abc import Mapping
from typing import Any, Unpack

from sightline.app.api.inputs import Place
from sightline.data.catalog import Catalog
from sightline.line import train as training
from sightline.line.narrator import Narrator
from sightline.line.settings.keywords import SettingsKeywords
from sightline.line.train import FinishedRun


def train(
    data: Catalog | Place,
    *,
    out: Place,
    force: bool = False,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Unpack[SettingsKeywords],
) -> FinishedRun:
    """Train a classifier and report on it; the same call again continues an interrupted run, or returns a finished one.

    Args:
        data: A catalog, or anything that `open_catalog` takes.
        out: The folder of the run, which is made if it does not exist.
        force: Begin a finished run, or one with other settings, anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Shows progress; if None, a terminal on the standard error.
        file: Settings from a file, by name, as `read_settings` returns them; those that are named win.
        settings: Any setting that ``sightline settings`` lists, such as ``epochs=5``.

    Returns:
        The run, with its report and the model file.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible.
        RunError: The run's folder can't be used, or the training diverged.
        MissingExtraError: A package that trainings need is not installed.

    Example::

        run = sightline.train("flowers", out="new-run", model="linear", epochs=2)
        accuracy = run.report["test"]["accuracy"]
        prediction = run.classifier().predict("new.png")
    """
    from sightline.app.terminal import Terminal

    return training.train(
        data, out=out, force=force, download=download, narrator=narrator or Terminal(), file=file, **settings
    )
