"""Training, from a folder of pictures to a finished run: pictures are read while torch is imported."""

import os
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sightline.core.choose import require_extra
from sightline.data.catalog import Catalog
from sightline.data.opening import open_catalog
from sightline.inference.bundle import bundle_file
from sightline.inference.classifier import Classifier
from sightline.inference.tasks import load_classifier
from sightline.line.narrator import Narrator
from sightline.line.prepared import begin_reading
from sightline.line.settings import settings_of

NEEDED = ("torch", "sklearn", "matplotlib", "jinja2", "onnx", "onnxscript")
NEEDED_AT_THE_END = ("onnxscript", "matplotlib.figure")
"""For the model file and the report."""


@dataclass(frozen=True)
class FinishedRun:
    """A run that has come to its end.

    Args:
        folder: Where everything is.
        report: What ``report.json`` holds.
    """

    folder: Path
    report: dict[str, Any]

    @property
    def model(self) -> Path:
        """The bundle."""
        return bundle_file(self.folder)

    @property
    def report_html(self) -> Path:
        """The report as one page."""
        return self.folder / "report.html"

    def classifier(self) -> Classifier:
        """Load the bundle."""
        return load_classifier(self.model)


def train(
    data: Catalog | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    force: bool = False,
    download: bool = False,
    narrator: Narrator,
    **settings: Any,
) -> FinishedRun:
    """Train a classifier and report on it; the same call again continues an interrupted run.

    Args:
        data: A catalog, or what `open_catalog` takes.
        out: The run's folder.
        force: Begin a finished run, or one with other settings, anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Who tells the user.
        settings: Any setting of `sightline.line.settings.Settings`, such as ``epochs=5``.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible.
        RunError: The run's folder can't be used, or the training diverged.
    """
    started = time.perf_counter()
    require_extra(*NEEDED, extra="train", purpose="training")
    chosen = settings_of({**settings, "data": data.name if isinstance(data, Catalog) else os.fspath(data)})
    catalog = data if isinstance(data, Catalog) else open_catalog(data, download=download)
    folder = Path(out)
    with begin_reading(catalog, chosen, keep_in=folder) as begun:
        from sightline.line.run import Run
        from sightline.line.steps import follow_line  # imports torch, while other processes read pictures

        for module in NEEDED_AT_THE_END:
            import_module(module)
        run = Run(folder)
        with run.locked():
            run.begin(chosen.toml(), force=force)
            return FinishedRun(folder, follow_line(run, begun, chosen, narrator, started=started))
