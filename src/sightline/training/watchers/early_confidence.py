"""Watches that a network is not sure of everything before it has learnt anything."""

from collections.abc import Sequence

from sightline.core.findings import Finding, Severity
from sightline.core.percent import percent
from sightline.training.watchers.watcher import Step, Watcher

EARLY = 0.1
"""The part of the training, of 1, at whose end is asked."""
MOST = 0.9
"""Of the pictures without a label: so many are above the threshold late, if at all."""


class EarlyConfidence(Watcher):
    """Finds that nearly all pictures without labels were above the threshold in the first steps.

    What a network says so early is hardly better than a guess, and from then on it learns its own guesses.

    Args:
        steps: Of the whole training.
    """

    def __init__(self, steps: int) -> None:
        self._asked = max(1, round(EARLY * steps))
        self._noticed: list[Finding] = []

    def after_step(self, step: Step) -> None:
        """Ask once, in the first epoch."""
        if step.epoch == 1 and step.number == self._asked:
            above = step.figures().get("above", 0.0)
            self._noticed += [_too_early(above, step.number)] if above > MOST else []

    def findings(self) -> Sequence[Finding]:
        """Return what was noticed since this was asked last."""
        noticed, self._noticed = self._noticed, []
        return noticed


def _too_early(above: float, steps: int) -> Finding:
    return Finding(
        "confident-too-early",
        Severity.WARNING,
        f"{percent(above)} of the pictures without labels were above the threshold in the first {steps:,} steps, "
        "before there was much to be sure of",
        "take smaller steps (--learning-rate), or give more labelled pictures of each class",
    )
