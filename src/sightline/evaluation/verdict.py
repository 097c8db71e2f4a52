"""What figures say in plain words, with an advice."""

from dataclasses import dataclass

WIDE_GAP = 0.1
"""Training accuracy that exceeds validation accuracy by this much is worth a word."""


@dataclass(frozen=True)
class Verdict:
    """What the curves, or the two accuracies, say.

    Args:
        kind: Of curves ``"diverged"``, ``"too-short"``, ``"overfitting"``, ``"still-improving"``,
            ``"underfitting"`` or ``"levelled-off"``; of a fit ``"learns-nothing"``, ``"memorises"``,
            ``"room-for-more"`` or ``"sound"``.
        epoch: The epoch, counted from 1, at which it began; None where no epoch stands out.
        words: One or two sentences with the numbers and an advice.
    """

    kind: str
    epoch: int | None
    words: str


def halfway(baseline_accuracy: float) -> float:
    """Return the accuracy below which an answer is nearer to guessing than to right."""
    return (1 + baseline_accuracy) / 2
