"""The product in Python: what ``sightline.VERB`` does, with progress on standard error as the command line shows it."""

import os
from typing import Any

from sightline.data.catalog import Catalog
from sightline.line import train as training
from sightline.line.narrator import Narrator
from sightline.line.train import FinishedRun


def train(
    data: Catalog | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    force: bool = False,
    download: bool = False,
    narrator: Narrator | None = None,
    **settings: Any,
) -> FinishedRun:
    """Train a classifier and report on it; the same call again continues an interrupted run.

    Args:
        data: A catalog, or what `open_catalog` takes.
        out: The run's folder.
        force: Begin a finished run, or one with other settings, anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Who tells the user; a terminal on standard error if not given.
        settings: Any setting that ``sightline train --help`` lists, such as ``epochs=5``.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible.
        RunError: The run's folder can't be used, or the training diverged.
    """
    from sightline.app.terminal import Terminal

    return training.train(data, out=out, force=force, download=download, narrator=narrator or Terminal(), **settings)
