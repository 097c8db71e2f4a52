"""``sightline.evaluate``."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from sightline.app.api.inputs import Place, catalog_of, classifier_of
from sightline.core.choose import require_extra
from sightline.data.by_class.episode_runs import holds_runs
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.evaluation.report.next_steps import NextStep
from sightline.inference.classifier import Classifier
from sightline.inference.support.assembly import SIMILARITY
from sightline.line import evaluation
from sightline.line.evaluation import Evaluation, require_place
from sightline.line.narrator import Narrator
from sightline.line.output_place import require_output_place
from sightline.line.pages.evaluation_steps import Evaluated, evaluation_steps
from sightline.line.similarity.evaluation import SimilarityEvaluation, evaluate_similarity, has_new_classes
from sightline.line.similarity.fixed_episodes import FixedEpisodes, evaluate_runs


def evaluate(
    model: Classifier | Place,
    data: Catalog | Place,
    *,
    part: str | None = None,
    new_only: bool = False,
    by: Sequence[str] = (),
    corruptions: bool = False,
    out: Place | None = None,
    force: bool = False,
    folders: Folders = "auto",
    download: bool = False,
    narrator: Narrator | None = None,
) -> Evaluation | SimilarityEvaluation | FixedEpisodes:
    """Measure a model on labelled pictures.

    A classifier names them. A model of the task similarity names those of classes that it knows; where the data has
    other classes, it is measured how well it compares. A folder of fixed episodes (``runNN/training``, ``runNN/test``,
    ``runNN/class_labels.txt``) is followed as it stands, whatever the model.

    Args:
        model: A classifier, a ``model.sightline`` file or a run's folder.
        data: A catalog, or anything that `open_catalog` takes; its classes are among a classifier's. Or a folder of
            fixed episodes.
        part: ``"train"``, ``"validation"`` or ``"test"``, if the data has parts, or ``"all"``; None takes the test
            part if there is one, else all.
        new_only: Leave out what the model has learnt from or was chosen by, as far as its file says.
        by: What tells kinds of pictures apart: ``"class"``, ``"size"``, ``"brightness"``, ``"file type"``, a column
            of the table; all that there are if empty.
        corruptions: Ask about damaged pictures too, in 15 ways and five strengths: 75 times for each of 500 at most.
        out: A folder for ``report.html``, ``report.json`` and ``predictions.csv``; None writes nothing.
        force: Replace a report that is there.
        folders: What folders at the root are: ``"parts"``, ``"classes"``, ``"nested"``, or what the tree suggests.
        download: Fetch a known set's original files when they are missing.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        Scores with their 95 % intervals, the answers, and the findings about the pictures.

    Raises:
        BundleError: The model is missing, damaged, foreign or too new, or only new pictures are asked for and its
            file does not say which those are.
        DataError: The data can't be opened or read, lacks the part, has no new picture where only those
            are asked for, or has classes that the model does not know.
        RunError: `out` holds a report already, is a run's folder, lies in the data's, or can't be written.
        SettingsError: The pictures have no attribute that `by` names.
        MissingExtraError: A package that draws the report is not installed.

    Example::

        evaluation = sightline.evaluate("run", "flowers", out="evaluation")
        low, high = evaluation.scores.accuracy_interval
    """
    from sightline.app.terminal import Terminal

    if out is not None:
        require_extra("matplotlib", "jinja2", extra="train", purpose="the report of an evaluation")
        require_output_place(out, data=data)
        require_place(Path(out), force=force)
    classifier, narrator = classifier_of(model, threads=1), narrator or Terminal()  # a batch a core
    if holds_runs(data):
        return evaluate_runs(classifier, Path(os.fspath(cast("Place", data))), narrator)
    catalog = catalog_of(data, download=download, folders=folders)
    if classifier.manifest["task"] == SIMILARITY and has_new_classes(classifier, catalog):
        compared = evaluate_similarity(classifier, catalog, part=part, narrator=narrator)
        if out is not None:
            compared.write(Path(out), force=force)
        return compared
    outcome = evaluation.evaluate(
        classifier,
        catalog,
        part=part,
        new_only=new_only,
        by=by,
        corruptions=corruptions,
        narrator=narrator,
    )
    outcome = replace(outcome, steps=_steps(outcome, model, data, out=out, folders=folders))
    if out is not None:
        outcome.write(Path(out), force=force)
    return outcome


def _steps(
    outcome: Evaluation, model: Classifier | Place, data: Catalog | Place, *, out: Place | None, folders: Folders
) -> tuple[NextStep, ...]:
    """Return what to do next; nothing where no command could name the model or the data."""
    if isinstance(model, Classifier) or isinstance(data, Catalog):
        return ()
    place = None if out is None else Path(out)
    return evaluation_steps(outcome, Evaluated(os.fspath(model), os.fspath(data), place, folders))
