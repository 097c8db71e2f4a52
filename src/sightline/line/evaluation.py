"""Figures of a finished model on any labelled data."""

from pathlib import Path

import numpy as np

from sightline.core.errors import DataError, RunError
from sightline.core.findings import Finding
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import TEST, Catalog
from sightline.data.checks import PICTURE_CHECKS, check
from sightline.data.survey import survey
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier
from sightline.line.answers import Answers, ask, class_places
from sightline.line.narrator import Narrator
from sightline.line.report import report_on_data, write_report

ALL = "all"


def evaluate(
    classifier: Classifier, catalog: Catalog, *, part: str | None, narrator: Narrator
) -> tuple[Answers, tuple[Finding, ...]]:
    """Ask a model about the labelled pictures of a catalog.

    Args:
        classifier: The model.
        catalog: The pictures.
        part: ``"train"``, ``"validation"``, ``"test"`` as the data gives them, or ``"all"``; the test
            part if it is given and None is said, else all.
        narrator: Who tells the user.

    Raises:
        DataError: The data lacks that part, has classes that the model does not know, or no picture
            that can be read.
    """
    chosen = part or (TEST if TEST in catalog.given_parts else ALL)
    if chosen not in (ALL, *catalog.given_parts):
        raise DataError(
            f"{catalog.name} gives no {chosen} part",
            hint=f"it gives {', '.join(catalog.given_parts) or 'none'}; --part all takes every picture",
        )
    asked = catalog if chosen == ALL else catalog.only(chosen)
    class_places(asked, classifier.classes)
    narrator.say(f"evaluating on {len(asked):,} pictures ({'all' if chosen == ALL else f'the {chosen} part'})")
    with narrator.counting("reading pictures", len(asked)) as advance:
        seen = survey(asked, classifier.format, cache_in=pixel_folder(), advance=advance)
    rows = np.flatnonzero(seen.usable & asked.labelled)
    if not len(rows):
        raise DataError(
            f"{catalog.name} holds no picture that can be read and has a label", hint="`sightline check DATA` says why"
        )
    pixels: Pixels = seen.pixels if seen.pixels is not None else np.empty(0, dtype=np.uint8)
    answers = ask(classifier, asked, rows, pixels[rows])
    return answers, check(seen, checks=PICTURE_CHECKS)


def write_evaluation(
    answers: Answers, classifier: Classifier, *, findings: tuple[Finding, ...], out: Path, force: bool
) -> Path:
    """Write ``predictions.csv``, ``report.html`` and ``report.json`` into a folder; return the page.

    Raises:
        RunError: There is a report already, the folder is a run's, or it can't be written.
    """
    page = out / "report.html"
    if (out / "settings.toml").exists():
        raise RunError(f"{out} holds a run with a report of its own", hint="choose another --out")
    if page.exists() and not force:
        raise RunError(f"{page} exists", hint="choose another --out, or replace it with --force")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{out} can't be written: {error}", hint="choose another --out") from error
    answers.write(out / "predictions.csv")
    report = report_on_data(answers, classifier, findings=findings)
    write_report(report, html=page, json=out / "report.json")
    return page
