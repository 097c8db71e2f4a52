"""The pre-flight of a network's training: as many checks as a twentieth of it pays, once a run."""

import json
import math
import time

from sightline.core.errors import RunError, SettingsError
from sightline.core.findings import Finding, errors_among
from sightline.core.regular import text_of
from sightline.core.rules import AUTO
from sightline.core.storage import write_json
from sightline.line.narrator import Narrator
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.training.preflight.flight import SHARE, Preflight, planned_passes, preflight
from sightline.training.preflight.settings import NONE
from sightline.training.preflight.setup import Setup, learner_of

TIMED_SAMPLES, TIMED_STEPS = 32, 2


def fly(setup: Setup, settings: Settings, *, run: Run, narrator: Narrator) -> Preflight:
    """Make the checks before the first step of a run, and remember them for when it goes on.

    Args:
        setup: The network is left as it is.
        settings: Of the run, with the findings that are accepted.
        run: Takes ``preflight.json``, or has it already.
        narrator: Hears what was noticed.

    Raises:
        SettingsError: Something must be mended first; the message names all of it.
        RunError: What was seen before the run was interrupted can't be read.
    """
    if run.preflight.exists():
        return _remembered(run)
    if settings["preflight"] == NONE:
        return Preflight({})
    flown = preflight(setup, budget=_budget(setup, settings), accept=settings.data.accept)
    narrator.tell_findings(flown.findings)
    _require_mended(errors_among(flown.findings))
    write_json(run.preflight, flown.as_json())
    return flown


def _budget(setup: Setup, settings: Settings) -> float:
    """Return what the checks may cost, in samples that are learnt from once."""
    if settings["preflight"] != AUTO:
        return math.inf
    seconds = setup.recipe.seconds
    planned = planned_passes(setup)
    return SHARE * (min(planned, seconds * _passes_a_second(setup)) if seconds else planned)


def _passes_a_second(setup: Setup) -> float:
    batch, taken = setup.batch(TIMED_SAMPLES), []
    with setup.copied() as network:
        learner = learner_of(network, setup.recipe)
        for _ in range(TIMED_STEPS):
            started = time.perf_counter()
            learner.gradients(batch)
            taken.append(time.perf_counter() - started)
    return len(batch) / min(taken)


def _remembered(run: Run) -> Preflight:
    try:
        return Preflight.of_json(json.loads(text_of(run.preflight)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"{run.preflight} is damaged: {error}", hint="begin the run anew with --force") from error


def _require_mended(errors: tuple[Finding, ...]) -> None:
    """Raise if there are errors, naming all of them.

    Raises:
        SettingsError: There are.
    """
    if errors:
        problems = "\n".join(f"  - [{finding.code}] {finding.symptom}: {finding.advice}" for finding in errors)
        raise SettingsError(
            f"before training, this must be mended:\n{problems}",
            hint="`sightline preflight DATA` says what was measured",
        )
