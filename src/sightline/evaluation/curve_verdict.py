"""What the curves of one training say, in plain words.

Single epochs jump, so the rules look at a running median of three epochs, and a change counts as clear
only when it is several times the usual distance of an epoch from that median. A curve that never
turns has no such distance, so a smooth training is judged by the size of the change alone. On simulated
curves of 30 and 100 epochs with a flat noisy end this calls fewer than one in ten anything but levelled off.

Reference:
    L. Prechelt, "Early Stopping - But When?", Neural Networks: Tricks of the Trade, 1998.
    https://doi.org/10.1007/3-540-49430-8_3
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.core.percent import percent
from sightline.evaluation.verdict import WIDE_GAP, Verdict, halfway, nothing_missing

FEWEST_EPOCHS = 3
"""With fewer epochs there is no course to judge."""
NOISE_FACTOR = 6
"""A change must be so many times the usual distance from the running median, about 3.4 deviations."""
CLEAR_RISE = 0.1
"""Validation loss must have risen by this share of its lowest level to be called overfitting..."""
SMALLEST_RISE = 0.02
"""... and by this much at all, so that 0.001 becoming 0.002 is no alarm."""
CLEAR_FALL = 0.03
"""Validation loss must have fallen by this share over the last quarter to be called still improving."""
DIVERGENCE = 0.1
"""Training loss must end by this, and by this share, above its first epoch to be called diverged."""
FAR_OFF = 20.0
"""Nats of the lowest validation loss, past which there was no learning: guessing has the logarithm of the number of
classes, and 20 would give the true class a probability of one in half a billion."""
STILL = 0.01
"""Accuracy that gained less than this over the last quarter has stopped moving; so has a loss."""


@dataclass(frozen=True)
class _Curves:
    """The curves of one training, each (T,)."""

    training_loss: NDArray[np.float64]
    validation_loss: NDArray[np.float64]
    training_accuracy: NDArray[np.float64]
    validation_accuracy: NDArray[np.float64]
    baseline_accuracy: float
    test_accuracy: float

    @property
    def epochs(self) -> int:
        """How many epochs there are."""
        return len(self.training_loss)

    @property
    def before(self) -> int:
        """The index of the epoch a quarter of the training ago, at least two epochs."""
        return _quarter_before(self.epochs)


def _quarter_before(epochs: int) -> int:
    """Return the index of the epoch a quarter of a training before its last one, at least two epochs."""
    return epochs - 1 - max(2, epochs // 4)


def judge_curves(
    *,
    training_loss: Sequence[float],
    validation_loss: Sequence[float],
    training_accuracy: Sequence[float],
    validation_accuracy: Sequence[float],
    baseline_accuracy: float,
    test_accuracy: float,
) -> Verdict:
    """Say what the curves of one training mean and what to do.

    The rules are asked in this order, and the first that applies speaks: diverged, nothing missing, too short,
    overfitting, still improving, underfitting, levelled off.

    Args:
        training_loss: (T,) one value an epoch, in nats.
        validation_loss: (T,) the same on the validation part.
        training_accuracy: (T,) in 0 to 1.
        validation_accuracy: (T,) the same on the validation part.
        baseline_accuracy: What always answering the largest class gives, in 0 to 1.
        test_accuracy: Of the epoch that is kept, in 0 to 1.

    Returns:
        The verdict.

    Raises:
        ValueError: The sequences are empty or differ in length.
    """
    sequences = (training_loss, validation_loss, training_accuracy, validation_accuracy)
    arrays = [np.asarray(sequence, dtype=np.float64) for sequence in sequences]
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1 or not arrays[0].size:
        raise ValueError(f"the curves must be (T,) and alike, not {[array.shape for array in arrays]}")
    curves = _Curves(arrays[0], arrays[1], arrays[2], arrays[3], baseline_accuracy, test_accuracy)
    for rule in (_diverged, _nothing_missing, _too_short, _overfitting, _still_improving, _underfitting):
        verdict = rule(curves)
        if verdict is not None:
            return verdict
    return _levelled_off(curves)


def _diverged(curves: _Curves) -> Verdict | None:
    """A loss is no number any more, none is anywhere near guessing, or the training loss ended above where it began."""
    broken = ~(np.isfinite(curves.training_loss) & np.isfinite(curves.validation_loss))
    advice = "Try a learning rate ten times smaller."
    if broken.any():
        epoch = int(broken.argmax()) + 1
        return Verdict("diverged", epoch, f"The loss stopped being a number in epoch {epoch}. {advice}")
    if (lowest := float(curves.validation_loss.min())) > FAR_OFF:
        words = f"Even the lowest validation loss, {lowest:.3g}, is far above that of guessing: the steps are too long."
        return Verdict("diverged", None, f"{words} Try a learning rate a hundred times smaller, or the usual one.")
    first, last = float(curves.training_loss[0]), float(np.median(curves.training_loss[-3:]))
    if curves.epochs < FEWEST_EPOCHS or last <= first + DIVERGENCE * max(1.0, first):
        return None
    words = f"Training loss ended above where it began ({first:.3g}, then {last:.3g}). {advice}"
    return Verdict("diverged", None, words)


def _nothing_missing(curves: _Curves) -> Verdict | None:
    best = float(curves.validation_accuracy.max())
    words = nothing_missing(validation_accuracy=best, test_accuracy=curves.test_accuracy)
    if not words or curves.test_accuracy <= curves.baseline_accuracy:
        return None
    return Verdict("nothing-missing", int(curves.validation_accuracy.argmax()) + 1, words)


def _too_short(curves: _Curves) -> Verdict | None:
    if curves.epochs >= FEWEST_EPOCHS:
        return None
    ran = "One epoch" if curves.epochs == 1 else "Two epochs"
    return Verdict("too-short", None, f"{ran} can't show a course. Train for more epochs to get a verdict.")


def overfitting_since(training_loss: Sequence[float], validation_loss: Sequence[float]) -> int | None:
    """Return the epoch, from 1, since which validation loss has risen clearly while training loss went on falling.

    Args:
        training_loss: (T,) one value an epoch, T at least 3.
        validation_loss: (T,) the same on the validation part.

    Returns:
        The epoch, or None if there is no such rise.
    """
    losses = np.asarray(validation_loss, dtype=np.float64)
    validation, training = _smooth(losses), _smooth(np.asarray(training_loss, dtype=np.float64))
    lowest = int(validation.argmin())
    needed = max(CLEAR_RISE * validation[lowest], SMALLEST_RISE, NOISE_FACTOR * _noise(losses))
    if validation[-1] - validation[lowest] <= needed or training[-1] >= training[lowest]:
        return None
    return lowest + 1


def _overfitting(curves: _Curves) -> Verdict | None:
    """Validation loss has risen clearly from its lowest level while training loss went on falling."""
    since = overfitting_since(curves.training_loss.tolist(), curves.validation_loss.tolist())
    if since is None:
        return None
    validation, training = _smooth(curves.validation_loss), _smooth(curves.training_loss)
    low, end = float(validation.min()), float(validation[-1])
    words = (
        f"Since about epoch {since} it has learnt its training pictures by heart: "
        f"validation loss rose from {low:.3g} to {end:.3g} while training loss fell to {training[-1]:.3g}. "
        "More pictures, stronger augmentation or weight decay would help; more epochs would not."
    )
    return Verdict("overfitting", since, words)


def _still_improving(curves: _Curves) -> Verdict | None:
    """Validation loss fell clearly over the last quarter and ended about as low as it ever was."""
    validation = _smooth(curves.validation_loss)
    before, end = float(validation[curves.before]), float(validation[-1])
    needed = max(CLEAR_FALL * before, NOISE_FACTOR * _noise(curves.validation_loss))
    if before - end <= needed or validation.argmin() < curves.epochs - 2:
        return None
    since = curves.before + 1
    words = (
        f"Validation loss was still falling at the end (from {before:.3g} in epoch {since} to {end:.3g} in "
        f"epoch {curves.epochs}). More epochs may help."
    )
    return Verdict("still-improving", None, words)


def stays_poor(
    training_accuracy: Sequence[float], validation_accuracy: Sequence[float], *, baseline_accuracy: float
) -> bool:
    """Return whether even training accuracy is nearer to the baseline than to 100 %, and has stopped moving.

    Strong augmentation can push training accuracy below validation accuracy, so the better one counts.

    Args:
        training_accuracy: (T,) in 0 to 1, T at least 3.
        validation_accuracy: (T,) the same on the validation part.
        baseline_accuracy: What always answering the largest class gives, in 0 to 1.
    """
    training, validation = (
        _smooth(np.asarray(values, dtype=np.float64)) for values in (training_accuracy, validation_accuracy)
    )
    moved = float(training[-1] - training[_quarter_before(len(training))])
    return bool(max(training[-1], validation[-1]) < halfway(baseline_accuracy) and moved < STILL)


def _underfitting(curves: _Curves) -> Verdict | None:
    """Even training accuracy is nearer to the baseline than to 100 %, and has stopped moving."""
    training = _smooth(curves.training_accuracy)
    if not stays_poor(
        curves.training_accuracy.tolist(),
        curves.validation_accuracy.tolist(),
        baseline_accuracy=curves.baseline_accuracy,
    ):
        return None
    words = (
        f"Even on its training pictures it is right in only {percent(training[-1])} "
        f"(always answering the largest class: {percent(curves.baseline_accuracy)}), and this has stopped rising. "
        "Try a larger model, a larger learning rate or more epochs."
    )
    return Verdict("underfitting", None, words)


def _levelled_off(curves: _Curves) -> Verdict:
    validation = _smooth(curves.validation_loss)
    near = max(CLEAR_FALL * validation.min(), STILL, NOISE_FACTOR * _noise(curves.validation_loss))
    epoch = int((validation <= validation.min() + near).argmax()) + 1
    before, end = float(validation[curves.before]), float(validation[-1])
    falls = before - end > CLEAR_FALL * before and validation.argmin() >= curves.epochs - 2
    words = f"Validation loss levelled off around epoch {epoch} and did not clearly rise again"
    if falls:
        words = (
            f"Validation loss fell at the end (from {before:.3g} in epoch {curves.before + 1} to {end:.3g}), though no "
            "further than it jumps from one epoch to the next"
        )
    training, held_out = float(curves.training_accuracy[-1]), float(curves.validation_accuracy[-1])
    if curves.test_accuracy <= curves.baseline_accuracy:
        advice = "But on the test part it is no better than always answering the largest class."
        return Verdict("levelled-off", epoch, f"{words}. {advice}")
    if held_out < halfway(curves.baseline_accuracy):
        largest = f"always answering the largest class: {percent(curves.baseline_accuracy)}"
        guess = f"{percent(held_out)} in validation ({largest})"
        advice = f"But {guess} is nearer to guessing than to right: more pictures or another model may help."
        return Verdict("levelled-off", epoch, f"{words}. {advice}")
    if training - held_out > WIDE_GAP:
        gap = f"the gap between {percent(training)} in training and {percent(held_out)} in validation"
        more = "More epochs may help" if falls else "More epochs would change little"
        advice = f"{more}; {gap} asks for more pictures or augmentation."
        return Verdict("levelled-off", epoch, f"{words}. {advice}")
    advice = ". More epochs may help." if falls else ": good. More epochs would change little."
    return Verdict("levelled-off", epoch, f"{words}{advice}")


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running median of three; at both ends, of two."""
    inner = np.median([values[:-2], values[1:-1], values[2:]], axis=0)
    return np.concatenate([[values[:2].mean()], inner, [values[-2:].mean()]])


def _noise(values: NDArray[np.float64]) -> float:
    """Return the mean distance of an epoch from its running median; 0 for a curve that never turns.

    Only the later half counts: a steep beginning hides its noise. For independent normal noise the
    distance is 0.56 standard deviations.
    """
    distances = np.abs(values - _smooth(values))[1:-1]
    return float(distances[len(distances) // 2 :].mean())
