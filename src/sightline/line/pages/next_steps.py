"""What to do after a training, as commands that are made from its run."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.data.catalog import TEST
from sightline.data.known import KNOWN_SETS
from sightline.evaluation.report.next_steps import NextStep
from sightline.line.baseline import Baseline
from sightline.line.methods.contract import Subject
from sightline.line.pages.command_words import as_word, file_of
from sightline.line.resolution import method_for
from sightline.line.settings.tables import SETTINGS
from sightline.line.settings.values import Settings

CARRIED = (
    "seed",
    "split_seed",
    "validation_fraction",
    "test_fraction",
    "folders",
    "accept",
    "resize",
    "colours",
    "deep_range",
    "corrections",
)
"""Settings that any other model must share to be comparable."""
FEW_PICTURES = 2_000
"""Below so many, a test part leaves an interval of several points, and a training a fold costs little."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out of a run, as far as the next steps depend on it.

    Args:
        useless: Whether the model does no better than always giving one answer.
        verdict: The kind of the verdict on course or fit.
        simple: The baseline, if that is to be taken instead.
        mistake: The catalog's name of the surest mistake; empty if there is none.
    """

    useless: bool
    verdict: str
    simple: Baseline | None
    mistake: str


def next_steps(subject: Subject, outcome: Outcome) -> tuple[NextStep, ...]:
    """Return three to six commands, the most useful first; each runs as it stands where the run was started."""
    data, run = _data_of(subject), as_word(subject.run.folder)
    steps = [] if data is None else [_advice(subject, outcome, data)]
    steps += [] if data is None or outcome.useless else _folds(subject, data)
    steps += [*_looks(subject, outcome, data)]
    if data is None:
        steps.append(NextStep("See what the model file says of itself", f"sightline show {run}"))
        steps.append(
            NextStep("Give the model to another program", f"sightline export {run} --to onnx --out {run}/model.onnx")
        )
    else:
        command = f"sightline evaluate {run} {as_word(data)}{_folders(subject)} --new-only"
        command += f" --out {_beside(subject, 'evaluation')}"
        steps.append(NextStep("Measure it on pictures that it has not seen, also those that you add", command))
    steps.append(NextStep("Try it in a browser", f"sightline serve {run}"))
    return tuple(steps)


def correcting_step(subject: Subject) -> NextStep | None:
    """Return how to learn again without the labels that look wrong; None for pictures that only this process has."""
    data, run = _data_of(subject), subject.run
    if data is None:
        return None
    command = f"sightline train {as_word(data)} --out {_beside(subject, 'corrected')} --config {as_word(run.settings)}"
    if before := str(subject.settings["corrections"]):
        words = f"Look at them, add the lines that are right to {before}, which this run had, and learn again"
        return NextStep(words, command)
    words = "Look at them, change what you see otherwise, and learn again"
    return NextStep(words, f"{command} --corrections {as_word(run.suspects)}")


def _folds(subject: Subject, data: str) -> list[NextStep]:
    """Return how to test every picture, where there are few and that has not been done."""
    pictures = sum(subject.prepared.split.counts().values())
    if pictures >= FEW_PICTURES or (subject.run.folder / "folds.csv").exists():
        return []
    command = f"sightline crossval {as_word(data)} --folds 5 --out {_beside(subject, 'crossval')}"
    words = f"Test every one of the {pictures:,} pictures, not the few of the test part alone"
    return [NextStep(words, f"{command} --config {as_word(subject.run.settings)}")]


def _looks(subject: Subject, outcome: Outcome, data: str | None) -> Iterator[NextStep]:
    """Yield how to see one answer, and how to look inside."""
    run = as_word(subject.run.folder)
    mistake = file_of(data, outcome.mistake)
    catalog, tested = subject.prepared.catalog, subject.prepared.split.rows(TEST)
    picture = mistake or file_of(data, catalog.paths[tested[0]])
    if picture is not None:
        words = (
            "Name pictures, such as its surest mistake" if mistake else "Name pictures, such as one of the test part"
        )
        yield NextStep(words, f"sightline predict {run} {as_word(picture)} --top 2")
    if _has_layers(subject.settings):
        words = "See what each layer makes of it" if picture else "See inside it"
        yield NextStep(words, " ".join(["sightline inspect", run, *([as_word(picture)] if picture else [])]))


def _has_layers(settings: Settings) -> bool:
    try:
        method_for(settings).require_layers(settings["model"])
    except SettingsError:
        return False
    return True


def _advice(subject: Subject, outcome: Outcome, data: str) -> NextStep:
    """Return what would help most."""
    again = f"sightline train {as_word(data)} --out"
    if outcome.useless:
        return NextStep(
            "Look for what is wrong with the pictures", f"sightline check {as_word(data)}{_folders(subject)}"
        )
    if outcome.simple is not None:
        named = {"model": outcome.simple.name, **_simple_settings(subject, outcome.simple)}
        command = f"{again} {_beside(subject, 'simple')}{_set(named)}"
        return NextStep("Train the simple pipeline alone, and use it", command)
    words, changed = method_for(subject.settings).improvement(subject.settings, outcome.verdict)
    if "model" in changed:  # the settings of the run are those of another kind of model
        return NextStep(
            words, f"{again} {_beside(subject, str(changed['model']))}{_set({**changed, **_carried(subject)})}"
        )
    same = f"--config {as_word(subject.run.settings)}"
    return NextStep(words, f"{again} {_beside(subject, '2')} {same}{_set(changed)}")


def _simple_settings(subject: Subject, simple: Baseline) -> dict[str, Any]:
    """Return the settings with which the baseline is learnt from the same parts, at the same size."""
    height, width, _ = subject.prepared.preprocess.format.shape
    return {**_carried(subject), "size": f"{height}x{width}", "cell": simple.plan.cell}


def _carried(subject: Subject) -> dict[str, Any]:
    settings = subject.settings
    return {name: settings[name] for name in CARRIED if settings[name] not in (SETTINGS[name].default, AUTO)}


def _folders(subject: Subject) -> str:
    """Return the flag that says what folders called train are, if somebody had to."""
    folders = subject.settings["folders"]
    return "" if folders == AUTO else f" --folders {folders}"


def _set(values: dict[str, Any]) -> str:
    texts = {name: ",".join(map(str, value)) if isinstance(value, tuple) else value for name, value in values.items()}
    return "".join(f" --set {shlex.quote(f'{name}={text}')}" for name, text in texts.items())


def _data_of(subject: Subject) -> str | None:
    """Return DATA as a command takes it; None for pictures that only this process has."""
    data = str(subject.settings["data"])
    return data if data in KNOWN_SETS or Path(data).exists() else None


def _beside(subject: Subject, ending: str) -> str:
    folder = subject.run.folder
    return as_word(folder.with_name(f"{folder.name}-{ending}"))
