"""What to do after an evaluation, as commands that are made from what was evaluated."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.data.known import KNOWN_SETS
from sightline.data.layout import Folders
from sightline.evaluation.pictures import confident_mistakes
from sightline.evaluation.report.next_steps import NextStep
from sightline.evaluation.score_verdict import judge_scores
from sightline.line.evaluation import Evaluation
from sightline.line.pages.command_words import as_word, file_of


@dataclass(frozen=True)
class Evaluated:
    """What a command names of an evaluation.

    Args:
        model: A model file, or a run's folder.
        data: As `open_catalog` takes it.
        out: The folder of the report; None without one.
        folders: What folders that are called like parts were said to be.
    """

    model: str
    data: str
    out: Path | None = None
    folders: Folders = "auto"


def evaluation_steps(evaluation: Evaluation, evaluated: Evaluated) -> tuple[NextStep, ...]:
    """Return two to five commands, the most useful first; each runs as it stands where the evaluation was started."""
    return tuple(_steps(evaluation, evaluated))


def _steps(evaluation: Evaluation, evaluated: Evaluated) -> Iterator[NextStep]:
    model, data = as_word(evaluated.model), _data_of(evaluated)
    if data is not None and evaluation.overlap.flatters and evaluation.overlap.seen < evaluation.scores.count:
        command = f"sightline evaluate {model} {data} --new-only{_beside(evaluated)}"
        yield NextStep("Measure it on the pictures alone that it has not seen", command)
    worth = judge_scores(evaluation.scores)
    if data is not None and (worth is not None or evaluation.findings):
        yield NextStep("Look for what is wrong with the pictures", f"sightline check {data}")
    if (mistake := _mistake(evaluation, evaluated)) is not None:
        yield NextStep("Name its surest mistake", f"sightline predict {model} {as_word(mistake)} --top 2")
    yield NextStep("See what the model file says of itself", f"sightline show {model}")
    yield NextStep("Try it in a browser", f"sightline serve {model}")


def _data_of(evaluated: Evaluated) -> str | None:
    """Return DATA as the words of a command; None for what only this process has."""
    if evaluated.data.partition(":")[0] not in KNOWN_SETS and not Path(evaluated.data).exists():
        return None
    flag = "" if evaluated.folders == "auto" else f" --folders {evaluated.folders}"
    return as_word(evaluated.data) + flag


def _beside(evaluated: Evaluated) -> str:
    out = evaluated.out
    return "" if out is None else f" --out {as_word(out.with_name(f'{out.name}-new'))}"


def _mistake(evaluation: Evaluation, evaluated: Evaluated) -> Path | None:
    """Return the file of the picture that the model is most sure and wrong about."""
    answers = evaluation.answers
    surest = confident_mistakes(answers.truth, answers.probabilities, 1)
    return file_of(evaluated.data, answers.catalog.paths[answers.rows[surest[0]]]) if len(surest) else None
