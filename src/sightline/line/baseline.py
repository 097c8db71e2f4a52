"""A quick classical pipeline beside a network, on the same pictures: was the network worth it?"""

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sightline.classical.pipelines import PIPELINES
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError
from sightline.core.findings import Finding, Severity
from sightline.core.rules import AUTO
from sightline.core.seeding import derived_seed
from sightline.data.catalog import TEST, TRAIN, VALIDATION, Rows
from sightline.evaluation.comparison import BaselineComparison
from sightline.evaluation.significance.paired import compare
from sightline.line.answers import Answers
from sightline.line.methods.pipeline.fitting import LearntPipeline, fit
from sightline.line.methods.pipeline.pace import FOR_FEATURES, seconds_a_picture
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.resolution import method_for
from sightline.line.settings.values import Settings

SHARE_OF_TIME = 10
"""The baseline may take one part in so many of the network's time; some pictures of each class it has in any case."""
MOST_OF_MINUTES = 0.05
"""Of the whole command's minutes, what the least of it may take."""
FEWEST_A_CLASS = 20
CELLS = 8
"""Along a picture's shorter side."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """What a model is compared with.

    Args:
        plan: What it is made of, its cells as large as these pictures ask for.
        learnt: The pipeline, fitted to training pictures of the model's.
        pictures: How many it learnt from.
        seconds: How long describing and fitting took.
    """

    name: str
    plan: Plan
    learnt: LearntPipeline
    pictures: int
    seconds: float

    def compared(
        self, prepared: Prepared, answers: Answers, *, model_seconds: float, largest_share: float
    ) -> BaselineComparison:
        """Ask the baseline about the model's test pictures, and compare.

        Args:
            answers: What the model file said of the test part.
            model_seconds: How long the model took to learn.
            largest_share: What always answering the largest class names rightly of the test part, 0 to 1.
        """
        started = time.perf_counter()
        predicted = self.learnt.logits(prepared.pixels, answers.rows).argmax(axis=1)
        return BaselineComparison(
            comparison=compare(answers.truth, answers.probabilities.argmax(axis=1), predicted),
            name=self.name,
            line=PIPELINES[self.name].line,
            seconds=self.seconds + time.perf_counter() - started,
            pictures=self.pictures,
            pictures_in_all=len(prepared.split.rows(TRAIN)),
            network_seconds=model_seconds,
            largest_share=largest_share,
        )


def learn_baseline(
    prepared: Prepared, settings: Settings, model_seconds: float, narrator: Narrator
) -> tuple[Baseline | None, tuple[Finding, ...]]:
    """Fit the pipeline that a model is compared with; the test part is not looked at.

    Args:
        model_seconds: How long the model took to learn.
        narrator: Who tells the user.

    Returns:
        The baseline, None where none is wanted or the pipeline can't take such pictures, and a note on the latter.
    """
    name = method_for(settings).baseline(settings)
    if name is None:
        return None, ()
    plan, shape = PIPELINES[name].plan, prepared.preprocess.format.shape
    plan = sized(plan, shape) if settings["baseline"] == AUTO else plan
    started = time.perf_counter()
    try:
        rows = _affordable(prepared, plan, model_seconds / SHARE_OF_TIME, settings)
        with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
            learnt = fit(prepared, plan, settings["seed"], folder=Path(folder), narrator=narrator, training=rows)
    except SettingsError as error:
        return None, (_left_out(name, error),)
    return Baseline(name, plan, learnt, len(rows), time.perf_counter() - started), ()


def sized(plan: Plan, shape: tuple[int, int, int]) -> Plan:
    """Return a plan whose cells grow with pictures (H, W, C), so that large ones are not described by more numbers."""
    return replace(plan, cell=max(plan.cell, min(shape[:2]) // CELLS))


def _affordable(prepared: Prepared, plan: Plan, seconds: float, settings: Settings) -> Rows:
    """Return as many training rows, drawn at random, as can be described in the time, at least some of each class.

    Raises:
        SettingsError: The whole command has a limit, and even the least takes too much of it.
    """
    training = prepared.split.rows(TRAIN)
    a_picture = seconds_a_picture(prepared, plan)
    others = sum(len(prepared.split.rows(part)) for part in (VALIDATION, TEST))  # they are described too
    count = int(FOR_FEATURES * seconds / a_picture) - others
    least = min(len(training), FEWEST_A_CLASS * len(prepared.catalog.classes))
    needed, limit = (least + others) * a_picture / FOR_FEATURES, MOST_OF_MINUTES * 60 * settings["minutes"]
    if settings["minutes"] and needed > max(seconds, limit):
        raise SettingsError(f"it needs {needed:.0f} s of minutes = {settings['minutes']:g}", hint="give more --minutes")
    count = min(len(training), max(count, least))
    chance = np.random.default_rng(derived_seed(settings["seed"], "baseline"))
    return np.sort(chance.permutation(training)[:count])


def _left_out(name: str, error: SettingsError) -> Finding:
    return Finding(
        "no-baseline",
        Severity.NOTE,
        f"the network is not compared with {name}: {error.problem}",
        f"{error.hint}; or leave the comparison out with baseline=none",
    )
