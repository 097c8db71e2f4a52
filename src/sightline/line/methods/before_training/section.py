"""From a pre-flight to its section of a page."""

from sightline.evaluation.report.network.preflight import BeforeTraining, CheckRow
from sightline.training.preflight.checks import CHECKS
from sightline.training.preflight.flight import Preflight


def before_training(flown: Preflight) -> BeforeTraining:
    """Return what each check saw, and the climbs of the learning rate."""
    rows = tuple(
        CheckRow(name, CHECKS[name].question, seen.line, tuple(finding.code for finding in seen.findings))
        for name, seen in flown.measured.items()
    )
    climbs = flown.measured.get("rate-range")
    if climbs is None or "curves" not in climbs.figures:
        return BeforeTraining(rows, flown.left_out)
    curves = tuple((tuple(each["rates"]), _numbers(each["losses"])) for each in climbs.figures["curves"])
    return BeforeTraining(rows, flown.left_out, curves, climbs.figures["suggestion"])


def _numbers(losses: tuple[float | None, ...]) -> tuple[float, ...]:
    """Return losses, of which a file has None for one that was no number, as numbers."""
    return tuple(float("inf") if loss is None else loss for loss in losses)
