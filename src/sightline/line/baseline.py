"""A quick classical pipeline beside a network, on the same pictures: was the network worth it?"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from sightline.classical.building import build_pipeline
from sightline.classical.pipelines import PIPELINES
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError
from sightline.core.findings import Finding, Severity
from sightline.core.rules import AUTO
from sightline.core.seeding import derived_seed
from sightline.data.catalog import TRAIN, VALIDATION, Rows
from sightline.evaluation.comparison import BaselineComparison, compare
from sightline.line.answers import Answers
from sightline.line.learnt import Learnt, learn_pipeline
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.settings import Settings

QUICK = "hog-colour-svm"
SHARE_OF_TIME = 10
"""The baseline may take one part in so many of the network's time; some pictures of each class it has in any case."""
TIMED_PICTURES = 64
FOR_FEATURES = 0.5
"""Share of that time for describing pictures; the classifier takes about as long."""
FEWEST_A_CLASS = 20
CELLS = 8
"""Along a picture's shorter side."""


def baseline_of(settings: Settings) -> str | None:
    """Return the name of the pipeline that a network is compared with; None if there shall be none."""
    if settings.is_pipeline or settings.baseline == "none":
        return None
    return QUICK if settings.baseline == AUTO else settings.baseline


def compared(
    prepared: Prepared, settings: Settings, learnt: Learnt, answers: Answers, narrator: Narrator
) -> tuple[BaselineComparison | None, tuple[Finding, ...]]:
    """Fit the baseline on the network's training part, ask both about its test part, and compare.

    Args:
        prepared: The pictures.
        settings: Which baseline.
        learnt: The network, for the time that it took.
        answers: What the network's model file said of the test part.
        narrator: Who tells the user.

    Returns:
        The comparison, and a note instead of it where the pipeline can't take such pictures.
    """
    name = baseline_of(settings)
    if name is None:
        return None, ()
    plan = (
        sized(PIPELINES[name].plan, prepared.preprocess.format.shape)
        if settings.baseline == AUTO
        else PIPELINES[name].plan
    )
    started = time.perf_counter()
    try:
        rows = _affordable(prepared, plan, learnt.seconds / SHARE_OF_TIME, len(answers.rows), settings.seed)
        with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
            simple = learn_pipeline(prepared, plan, settings.seed, Path(folder), narrator, training=rows)
    except SettingsError as error:
        return None, (_left_out(name, error),)
    found = simple.logits(prepared.pixels, answers.rows).argmax(axis=1)
    seconds = time.perf_counter() - started
    comparison = BaselineComparison(
        comparison=compare(answers.truth, answers.probabilities.argmax(axis=1), found),
        name=name,
        line=PIPELINES[name].line,
        seconds=seconds,
        pictures=len(rows),
        pictures_in_all=len(prepared.split.rows(TRAIN)),
        network_seconds=learnt.seconds,
    )
    return comparison, ()


def sized(plan: Plan, shape: tuple[int, int, int]) -> Plan:
    """Return a plan whose cells grow with pictures (H, W, C), so that large ones are not described by more numbers."""
    return replace(plan, cell=max(plan.cell, min(shape[:2]) // CELLS))


def _affordable(prepared: Prepared, plan: Plan, seconds: float, asked: int, seed: int) -> Rows:
    """Return as many training rows, drawn at random, as can be described in the time, at least some of each class."""
    training = prepared.split.rows(TRAIN)
    a_picture = _seconds_a_picture(prepared, plan, training[:TIMED_PICTURES])
    others = asked + len(prepared.split.rows(VALIDATION))
    count = int(FOR_FEATURES * seconds / a_picture) - others
    least = FEWEST_A_CLASS * len(prepared.catalog.classes)
    count = min(len(training), max(count, least))
    chance = np.random.default_rng(derived_seed(seed, "baseline"))
    return np.sort(chance.permutation(training)[:count])


def _seconds_a_picture(prepared: Prepared, plan: Plan, rows: Rows) -> float:
    describe = build_pipeline(plan.as_options(), prepared.preprocess.format.shape).get_submodule("features")
    pictures = torch.from_numpy(prepared.pixels[rows])
    with torch.inference_mode():
        describe(pictures[:1])  # the first call pays for what later ones do not
        started = time.perf_counter()
        describe(pictures)
    return (time.perf_counter() - started) / len(rows)


def _left_out(name: str, error: SettingsError) -> Finding:
    return Finding(
        "no-baseline",
        Severity.NOTE,
        f"the network is not compared with {name}: {error.problem}",
        f"{error.hint}; or leave the comparison out with baseline=none",
    )
