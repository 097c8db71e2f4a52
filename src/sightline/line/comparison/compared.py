"""Models that are compared: their answers to one and the same pictures."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.core.errors import DataError, RunError, SettingsError
from sightline.core.regular import content_of
from sightline.core.text import listed
from sightline.data.catalog import Catalog
from sightline.evaluation.significance.ranking import Ranked, Ranking, ranking, ranking_over_folds
from sightline.inference.picture_digests import PictureDigests
from sightline.inference.tasks import load_classifier
from sightline.line.answers import Answers
from sightline.line.comparison.predictions import Predicted, read_contents, read_predictions
from sightline.line.crossval.folder import CrossValidationFolder
from sightline.line.evaluation import evaluate
from sightline.line.narrator import Narrator
from sightline.line.run import Run

FEWEST = 2


def compare_runs(places: Sequence[Path]) -> Ranking:
    """Compare finished runs by their answers to one test part, or cross-validations by their folds.

    Args:
        places: Folders of two runs or more.

    Raises:
        SettingsError: There are fewer than two, or one is named twice.
        RunError: One is not finished, or has another test part or other classes than the first; it says which.
    """
    _require_several([str(place) for place in places])
    crossed = [CrossValidationFolder(place) for place in places]
    if all(place.table.exists() and place.final.is_finished for place in crossed):
        return _over_folds(crossed)
    answered = {str(place): read_predictions(_finished(place).predictions) for place in places}
    _require_same_pictures(answered)
    _require_same_contents({str(place): Run(place) for place in places}, answered)
    return _ranked(answered, what="test pictures that none of them learnt from")


def compare_on_data(models: Sequence[Path], catalog: Catalog, *, part: str | None, narrator: Narrator) -> Ranking:
    """Compare models by their answers to labelled pictures, without those that one of them has learnt from.

    Args:
        models: Model files or folders of runs, two or more.
        part: ``"train"``, ``"validation"``, ``"test"``, ``"all"``, or None for the test part if there is one.
        narrator: Who tells the user.

    Raises:
        SettingsError: There are fewer than two, or one is named twice.
        BundleError: A model can't be read.
        DataError: The data can't be read, has classes that a model does not know, or no picture that is new to all.
        RunError: The models know other classes; it says which.
    """
    _require_several([str(model) for model in models])
    answers = {str(model): _evaluated(model, catalog, part=part, narrator=narrator) for model in models}
    answered = {name: _predicted(each) for name, each in answers.items()}
    asked = max(len(each.catalog) for each in answers.values())
    common = set.intersection(*(set(predicted.paths) for predicted in answered.values()))
    if not common:
        raise DataError(
            f"{catalog.name} holds no picture that is new to all of them",
            hint="give pictures that none has learnt from",
        )
    if len(common) < asked:
        narrator.say(
            f"left out for all: {asked - len(common):,} of {asked:,} pictures, which one of them has learnt from or "
            "was chosen by, or which can't be read"
        )
    return _ranked(answered, what=f"pictures of {catalog.name}", common=common)


def _ranked(answered: Mapping[str, Predicted], *, what: str, common: Collection[str] | None = None) -> Ranking:
    """Return the ranking of models by what they answered to the same pictures.

    Args:
        answered: From a model's name to its answers.
        what: The pictures, in words that follow their number.
        common: The names of those that count; those of the first one if not given.

    Raises:
        RunError: The models know other classes; it says which.
    """
    _require_same_classes(answered)
    first = next(iter(answered.values()))
    paths = [path for path in first.paths if common is None or path in common]
    aligned = [predicted.at(paths, first.classes) for predicted in answered.values()]
    return ranking(
        list(answered),
        aligned[0].truth,
        [predicted.answers for predicted in aligned],
        what=f"the same {len(paths):,} {what}",
    )


def _require_several(names: Sequence[str]) -> None:
    if len(names) < FEWEST:
        raise SettingsError(f"{len(names)} model to compare", hint="name two or more runs or model files")
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise SettingsError(f"{twice[0]} is named twice", hint="name each run or model file once")


def _finished(place: Path) -> Run:
    """Return a finished run.

    Raises:
        RunError: There is none in the folder.
    """
    run = Run(place)
    if not run.predictions.exists():
        raise RunError(
            f"{place} is no finished run: it has no {run.predictions.name}",
            hint="finish it first, or compare model files on labelled pictures with --data",
        )
    return run


def _require_same_classes(answered: Mapping[str, Predicted]) -> None:
    """Raise unless all know the same classes.

    Raises:
        RunError: One does not; it says which, and what differs.
    """
    (first, one), *others = answered.items()
    for name, other in others:
        apart = set(one.classes) ^ set(other.classes)
        if apart:
            raise RunError(
                f"{first} and {name} know other classes: {listed(sorted(map(repr, apart)))} in one of them only",
                hint="compare models that were trained on the same classes",
            )


def _require_same_pictures(answered: Mapping[str, Predicted]) -> None:
    """Raise unless all were tested on the same pictures, with the same labels.

    Raises:
        RunError: One was not; it says which, and what differs.
    """
    _require_same_classes(answered)
    (first, one), *others = answered.items()
    labels = one.labels()
    for name, other in others:
        of_other = other.labels()
        apart = [path for path in (labels | of_other) if labels.get(path) != of_other.get(path)]
        if apart:
            raise RunError(
                f"{first} and {name} were tested on other pictures or labels: {len(apart):,} differ, such as "
                f"{listed(sorted(apart), 3)}",
                hint="train both with the same data, parts and seed, or compare them on labelled pictures with --data",
            )


def _require_same_contents(runs: Mapping[str, Run], answered: Mapping[str, Predicted]) -> None:
    """Raise unless the pictures that all were tested on are the same, not their names alone.

    Raises:
        RunError: They are not; it says which.
    """
    (first, one), *others = ((name, read_contents(run.split)) for name, run in runs.items())
    for name, other in others:
        apart = [path for path in answered[first].paths if one.get(path) != other.get(path)]
        if apart:
            raise RunError(
                f"{first} and {name} were tested on other pictures of the same names: {len(apart):,} differ, such as "
                f"{listed(sorted(apart), 3)}",
                hint="train both on the same data, or compare them on labelled pictures with --data",
            )


def _evaluated(model: Path, catalog: Catalog, *, part: str | None, narrator: Narrator) -> Answers:
    """Return a model's answers to pictures that it has not learnt from, as far as its file says."""
    classifier = load_classifier(model, threads=1)
    says = PictureDigests.of_bundle(classifier.bundle) is not None
    if not says:
        narrator.say(f"{model} does not say what it has learnt from: make sure yourself that these pictures are new")
    return evaluate(classifier, catalog, part=part, narrator=narrator, new_only=says).answers


def _predicted(answers: Answers) -> Predicted:
    paths = tuple(answers.catalog.paths[row] for row in answers.rows)
    return Predicted(paths, answers.classes, answers.truth, answers.probabilities)


def _over_folds(places: Sequence[CrossValidationFolder]) -> Ranking:
    """Compare cross-validations.

    Raises:
        RunError: They divide other pictures, or in another way; it says which.
    """
    first = content_of(places[0].table)
    for other in places[1:]:
        if content_of(other.table) != first:
            raise RunError(
                f"{places[0].folder} and {other.folder} divide other pictures, or into other folds (see their "
                f"{other.table.name})",
                hint="cross-validate both with the same data, folds, repeats and seed",
            )
    figures: list[dict[str, Any]] = [place.final.finished_report()["cross_validation"] for place in places]
    names = [str(place.folder) for place in places]
    return ranking_over_folds(
        names,
        [[fold["accuracy"] for fold in each["of_folds"]] for each in figures],
        models=[
            Ranked(name, each["accuracy"]["share"], tuple(each["accuracy"]["interval"]))
            for name, each in zip(names, figures, strict=True)
        ],
        folds=figures[0]["folds"],
        what=f"{figures[0]['accuracy']['pictures']:,} pictures in the same folds",
    )
