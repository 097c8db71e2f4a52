"""The pre-flight: checks of a set-up one after the other, as many as its budget allows."""

import math
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sightline.core.findings import Finding, Severity, accepted, errors_among, gravest_first
from sightline.training.preflight.checks import CHECKS
from sightline.training.preflight.setup import Measured, Setup

SHARE = 0.05
"""Of a training, that its pre-flight may cost where nobody says otherwise."""
BEFORE_ALL_OTHERS = ("inputs", "labels")
"""The checks after whose errors no other can be made."""


@dataclass(frozen=True)
class Preflight:
    """What was asked of a training before it began.

    Args:
        measured: What each check that was made saw, by its name.
        left_out: The names of checks for which there was no budget, or which an error before made impossible.
    """

    measured: Mapping[str, Measured]
    left_out: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, gravest first."""
        return gravest_first(finding for measured in self.measured.values() for finding in measured.findings)

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the pre-flight of which `as_json` and JSON have these values.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: They are something else.
        """
        measured = {
            name: Measured(
                str(seen["line"]),
                dict(seen["figures"]),
                tuple(Finding.of_json(finding) for finding in seen["findings"]),
            )
            for name, seen in values["checks"].items()
        }
        return cls(measured, tuple(map(str, values["left_out"])))

    def as_json(self) -> dict[str, Any]:
        """Return what was seen as plain values."""
        return {
            "checks": {name: seen.as_json() for name, seen in self.measured.items()},
            "left_out": list(self.left_out),
        }


def planned_passes(setup: Setup) -> float:
    """Return how many samples the training is to learn from, each time counted, if no clock ends it."""
    return float(setup.recipe.steps.epochs * len(setup.parts.training))


def preflight(
    setup: Setup,
    *,
    budget: float = math.inf,
    accept: Iterable[str] = (),
    advance: Callable[[int], None] = lambda _: None,
) -> Preflight:
    """Make the checks in their order, each if what is left of the budget pays it.

    Args:
        budget: In samples that are learnt from once.
        accept: Codes of findings that are taken as they are.
        advance: Called with 1 after each check.
    """
    measured: dict[str, Measured] = {}
    for name in _affordable(setup, budget):
        measured[name] = _said_once(made(name, setup), measured.values())
        advance(1)
        if name in BEFORE_ALL_OTHERS and errors_among(measured[name].findings):
            break
    softened = {
        name: Measured(seen.line, seen.figures, accepted(map(setup.advise, seen.findings), accept))
        for name, seen in measured.items()
    }
    return Preflight(softened, tuple(name for name in CHECKS if name not in measured))


def made(name: str, setup: Setup) -> Measured:
    """Make a check by its name; where the network raises, that is what was found."""
    try:
        return CHECKS[name].check(setup)
    except Exception as error:  # noqa: BLE001 - somebody else's network may raise anything
        reason = str(error).splitlines()[0] if str(error) else "no reason given"
        symptom = f"the network or the loss raised {type(error).__name__}: {reason}"
        advice = "let the network take one batch in training and in evaluation mode by hand, and see where it fails"
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = (f"in the check {name}, raised at {last.filename}, line {last.lineno}",)
        return Measured("not made", findings=(Finding("network-fails", Severity.ERROR, symptom, advice, place),))


def _said_once(seen: Measured, before: Iterable[Measured]) -> Measured:
    """Return what a check saw without what others before it have said in the same words, such as that it raises."""
    symptoms = {finding.symptom for each in before for finding in each.findings}
    return replace(seen, findings=tuple(finding for finding in seen.findings if finding.symptom not in symptoms))


def _affordable(setup: Setup, budget: float) -> Iterator[str]:
    for name, entry in CHECKS.items():
        cost = entry.cost(setup)
        if cost <= budget:
            budget -= cost
            yield name
