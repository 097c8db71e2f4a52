"""What figures say in plain words, with an advice."""

from dataclasses import dataclass

from sightline.core.percent import percent

WIDE_GAP = 0.1
"""Training accuracy that exceeds validation accuracy by this much is worth a word."""


@dataclass(frozen=True)
class Verdict:
    """What the curves, or the two accuracies, say.

    Args:
        kind: Of curves ``"diverged"``, ``"nothing-missing"``, ``"too-short"``, ``"overfitting"``,
            ``"still-improving"``, ``"underfitting"`` or ``"levelled-off"``; of a fit ``"learns-nothing"``,
            ``"nothing-missing"``, ``"memorises"``, ``"room-for-more"`` or ``"sound"``; of scores see `judge_scores`.
        epoch: The epoch, counted from 1, at which it began; None where no epoch stands out.
        words: One or two sentences with the numbers and an advice.
    """

    kind: str
    epoch: int | None
    words: str


def nothing_missing(*, validation_accuracy: float, test_accuracy: float) -> str:
    """Return what to say where every validation or test picture was named rightly; empty where some was not.

    Args:
        validation_accuracy: 0 to 1, of the model that is kept.
        test_accuracy: 0 to 1, of the same model.
    """
    if test_accuracy == validation_accuracy == 1:
        return (
            "It named every test and validation picture rightly. Only harder pictures could show what it still lacks."
        )
    if test_accuracy == 1:
        return (
            f"It named every test picture rightly, and {percent(validation_accuracy)} of the validation pictures. More "
            "test pictures would show what it still lacks."
        )
    if validation_accuracy == 1:
        return (
            f"It named every validation picture rightly, so nothing better could be chosen by them; on the test part "
            f"it is right in {percent(test_accuracy)}. More pictures would help, a larger validation part too."
        )
    return ""


def halfway(baseline_accuracy: float) -> float:
    """Return the accuracy below which an answer is nearer to guessing than to right."""
    return (1 + baseline_accuracy) / 2
