"""Training, from a folder of pictures to a finished run: pictures are read while torch is imported."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sightline.core.choose import require_extra
from sightline.core.errors import SettingsError
from sightline.core.findings import Finding
from sightline.core.percent import percent
from sightline.data.catalog import Catalog
from sightline.data.health.corrections import corrected
from sightline.data.opening import open_catalog
from sightline.data.unlabelled import with_unlabelled
from sightline.inference.bundle import file_digest
from sightline.inference.classifier import Classifier
from sightline.inference.manifest import CLASSIFICATION
from sightline.inference.tasks import load_classifier
from sightline.line.methods.transfer.method import MODEL
from sightline.line.methods.transfer.photo_recipe import for_photos, require_photos, resolved_or_photos
from sightline.line.narrator import Narrator
from sightline.line.output_place import require_output_place
from sightline.line.reading import reading
from sightline.line.resolution import decided_aside, method_for
from sightline.line.run import Run
from sightline.line.settings.values import Settings

NEEDED = ("torch", "sklearn", "matplotlib", "jinja2", "onnx", "onnxscript")
NEEDED_AT_THE_END = ("onnxscript", "matplotlib.figure")
"""For the model file and the report."""


@dataclass(frozen=True, repr=False)
class FinishedRun:
    """A run that has come to its end."""

    folder: Path
    report: dict[str, Any]

    @property
    def model(self) -> Path:
        """The bundle."""
        return Run(self.folder).model

    @property
    def report_html(self) -> Path:
        """The report as one page."""
        return Run(self.folder).report_html

    @property
    def mistakes_html(self) -> Path:
        """Every mistake on the test part, as one page."""
        return Run(self.folder).mistakes_html

    def classifier(self) -> Classifier:
        """Load the bundle."""
        return load_classifier(self.model)

    def as_json(self) -> dict[str, Any]:
        """Return what ``train --progress jsonl`` prints last: places, and figures with the keys of ``report.json``."""
        names = ("model", "classes", "test", "similarity", "verdict", "comparison", "findings")
        kept = {name: self.report[name] for name in names}
        return {"digest": file_digest(self.model), "file": str(self.model), "report": str(self.report_html), **kept}

    def __repr__(self) -> str:
        """Return the folder, the accuracy, and on how many test pictures it was measured, in one line."""
        test = self.report["test"]
        if test is None:
            return f"<FinishedRun {self.folder}: {self.report['similarity']['words'][0]}>"
        return f"<FinishedRun {self.folder}: accuracy {percent(test['accuracy'])} on {test['count']:,} test pictures>"

    def _repr_html_(self) -> str:
        """Show the run in a notebook: its figures, its verdict, and where its files are."""
        from sightline.evaluation.pages.summary import run_summary_html

        return run_summary_html(self.report, files={"report": self.report_html, "model": self.model})


def train(
    data: Catalog | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    force: bool = False,
    download: bool = False,
    narrator: Narrator,
    file: Mapping[str, Any] | None = None,
    **settings: Any,
) -> FinishedRun:
    """Train a classifier and report on it; the same call again continues an interrupted run, or returns a finished one.

    Args:
        data: A catalog, or what `open_catalog` takes.
        force: Begin a finished run, or one with other settings, anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Who tells the user.
        file: Settings from a file, which those that are named win over.
        settings: Any setting of `sightline.line.settings.tables`, such as ``epochs=5``.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible.
        RunError: The run's folder can't be used, or the training diverged.
    """
    started = time.perf_counter()
    request = requested(
        data, out=out, purpose="training", download=download, narrator=narrator, file=file, named=settings
    )
    catalog, chosen = request.catalog, request.settings
    folder = Path(out)
    with reading(catalog, chosen, test_fraction=chosen["test_fraction"], keep_in=folder) as preparing:
        from sightline.line.steps import follow  # imports torch, while other processes read pictures

        import_what_reports_need()
        run = Run(folder)
        with run.locked():
            if not force:
                run.begin(chosen, force=False)  # what can't go on is said before the pictures are read
            prepared = preparing(narrator)
            if force:  # what is there goes when it is known that another can begin
                with decided_aside(prepared, chosen, started=started) as beginning:
                    run.begin(chosen, force=True)
                    run.take_decided(beginning)
            report = follow(run, prepared, chosen, narrator, started=started)
            return FinishedRun(folder, report)


@dataclass(frozen=True, eq=False)
class Request:
    """What a user asks a training for, before a picture is read.

    Args:
        settings: As named, and as the recipe has filled them.
    """

    catalog: Catalog
    settings: Settings


def requested(
    data: Catalog | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    purpose: str,
    download: bool,
    narrator: Narrator,
    file: Mapping[str, Any] | None,
    named: Mapping[str, Any],
) -> Request:
    """Open the data and make settings of what was named, once it is known that both are possible.

    Args:
        data: A catalog, or what `open_catalog` takes.
        out: Where the run shall be.
        purpose: What the packages are needed for.
        download: Fetch what is missing.
        narrator: Who tells the user.
        file: Settings from a file, which those that are named win over.
        named: Settings by their names.

    Raises:
        DataError: The data can't be opened.
        SettingsError: A setting is unknown or impossible.
        RunError: The run's folder can't be used.
        MissingExtraError: A package that trainings need is not installed.
    """
    require_extra(*NEEDED, extra="train", purpose=purpose)
    require_output_place(out, data=data)
    named = {**named, "data": data.name if isinstance(data, Catalog) else os.fspath(data)}
    began_with_base = Run(Path(out)).began_with(MODEL)
    catalog, chosen = _opened(data, named, file, download=download, narrator=narrator, began_with_base=began_with_base)
    if download:
        method_for(chosen).fetch(chosen, narrator)
    return Request(catalog, chosen)


def import_what_reports_need() -> None:
    """Import what the model file and the report need at the end, while other processes read pictures."""
    for module in NEEDED_AT_THE_END:
        import_module(module)


def _opened(
    data: Catalog | str | os.PathLike[str],
    named: Mapping[str, Any],
    file: Mapping[str, Any] | None = None,
    *,
    narrator: Narrator,
    download: bool = False,
    began_with_base: bool = False,
) -> tuple[Catalog, Settings]:
    """Return a data set with its unlabelled pictures, and the settings that its labelled ones make of what was named.

    Args:
        data: A catalog, or what `open_catalog` takes.
        named: Settings that the user named, by their names.
        file: Settings from a file, which those that are named win over.
        narrator: Is told what pictures decide.
        download: Fetch a known set's original files when they are missing.
        began_with_base: Whether a run goes on that began with a base.

    Raises:
        DataError: There is nothing there that could be a data set.
        SettingsError: A setting is unknown or impossible.
        MissingExtraError: The base that a run began with is not installed any more.
    """
    chosen, refusal = resolved_or_photos(named, file)
    catalog = data if isinstance(data, Catalog) else open_catalog(data, download=download, folders=chosen["folders"])
    if chosen["corrections"]:
        catalog = corrected(catalog, Path(chosen["corrections"]))
    if refusal is not None:
        require_photos(catalog, refusal)
    chosen = for_photos(chosen, catalog, narrator, began_with_base=began_with_base)
    chosen = method_for(chosen).for_pictures(chosen, catalog, narrator)
    return with_unlabelled(catalog, chosen["unlabelled"]), chosen


def require_classification(settings: Settings, purpose: str) -> None:
    """Raise if a model is asked for that compares pictures, where answers are counted right or wrong.

    Raises:
        SettingsError: It is.
    """
    if settings["task"] != CLASSIFICATION:
        raise SettingsError(
            f"task = {settings['task']!r} is not for {purpose}, which counts the pictures that are named rightly",
            hint=f"leave it out, or ask `sightline train` for {settings['task']}",
        )


def require_one_seed(settings: Settings, hint: str) -> None:
    """Raise if several seeds are asked for, which `train` alone compares: on the test part, once.

    Raises:
        SettingsError: They are.
    """
    if settings["seeds"] != 1:
        raise SettingsError(f"seeds = {settings['seeds']} is a setting of `sightline train`", hint=hint)


def train_without_test(
    catalog: Catalog, *, out: Path, narrator: Narrator, **settings: Any
) -> tuple[Classifier, tuple[Finding, ...]]:
    """Train on all that is given but a validation part; for callers that test in their own way.

    Args:
        out: An empty folder for the run.
        narrator: Who tells the user.

    Returns:
        The classifier, and what was noticed.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible.
        RunError: The training diverged.
    """
    started = time.perf_counter()
    catalog, chosen = _opened(catalog, {**settings, "data": catalog.name}, narrator=narrator)
    require_one_seed(chosen, "leave it out, and fit once for each seed")
    with reading(catalog, chosen, test_fraction=0.0, keep_in=out) as preparing:
        from sightline.line.steps import classifier_without_test

        return classifier_without_test(Run(out), preparing(narrator), chosen, narrator, started=started)
