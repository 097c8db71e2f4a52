"""What the curves of one training say, or the two accuracies of a fitted pipeline, in plain words.

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

from sightline.evaluation.scores import wilson_interval

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
STILL = 0.01
"""Accuracy that gained less than this over the last quarter has stopped moving; so has a loss."""
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


@dataclass(frozen=True)
class _Curves:
    """The per-epoch figures of one training, each (T,)."""

    training_loss: NDArray[np.float64]
    validation_loss: NDArray[np.float64]
    training_accuracy: NDArray[np.float64]
    validation_accuracy: NDArray[np.float64]
    baseline_accuracy: float

    @property
    def epochs(self) -> int:
        """How many epochs there are."""
        return len(self.training_loss)

    @property
    def before(self) -> int:
        """The index of the epoch a quarter of the training ago, at least two epochs."""
        return self.epochs - 1 - max(2, self.epochs // 4)


def judge_curves(
    *,
    training_loss: Sequence[float],
    validation_loss: Sequence[float],
    training_accuracy: Sequence[float],
    validation_accuracy: Sequence[float],
    baseline_accuracy: float,
) -> Verdict:
    """Say what the curves of one training mean and what to do.

    The rules are asked in this order, and the first that applies speaks: diverged, too short,
    overfitting, still improving, underfitting, levelled off.

    Args:
        training_loss: (T,) one value an epoch, in nats.
        validation_loss: (T,) the same on the validation part.
        training_accuracy: (T,) in 0 to 1.
        validation_accuracy: (T,) the same on the validation part.
        baseline_accuracy: What always answering the largest class gives, in 0 to 1.

    Returns:
        The verdict.

    Raises:
        ValueError: The sequences are empty or differ in length.
    """
    sequences = (training_loss, validation_loss, training_accuracy, validation_accuracy)
    arrays = [np.asarray(sequence, dtype=np.float64) for sequence in sequences]
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1 or not arrays[0].size:
        raise ValueError(f"the curves must be (T,) and alike, not {[array.shape for array in arrays]}")
    curves = _Curves(arrays[0], arrays[1], arrays[2], arrays[3], baseline_accuracy)
    for rule in (_diverged, _too_short, _overfitting, _still_improving, _underfitting):
        verdict = rule(curves)
        if verdict is not None:
            return verdict
    return _levelled_off(curves)


def judge_fit(*, training_accuracy: float, validation_accuracy: float, baseline_accuracy: float, count: int) -> Verdict:
    """Say what the two accuracies of a fitted pipeline mean and what to do.

    The rules are asked in this order, and the first that applies speaks: learns nothing (of use for new
    pictures), memorises, room for more, sound.

    Args:
        training_accuracy: 0 to 1.
        validation_accuracy: 0 to 1.
        baseline_accuracy: What always answering the largest class gives, 0 to 1.
        count: How many pictures the validation part has.

    Returns:
        The verdict, without an epoch.

    Raises:
        ValueError: The validation accuracy is no share of ``count`` pictures.
    """
    low, high = wilson_interval(round(validation_accuracy * count), count)
    training, validation = _share(training_accuracy), _share(validation_accuracy)
    both = f"{training} of its training pictures and {validation} in validation"
    if low <= baseline_accuracy:
        words = (
            f"It has not clearly learnt anything that helps with new pictures: right on {both}, where always "
            f"answering the largest class gives {_share(baseline_accuracy)}. Try other features; if the validation "
            f"part is small (here: {count:,} pictures), try more of them."
        )
        return Verdict("learns-nothing", None, words)
    if training_accuracy - validation_accuracy > WIDE_GAP and training_accuracy > high:
        words = (
            f"It knows its training pictures much better than new ones: right on {both}. "
            "More pictures, or fewer features (fewer words, a coarser grid), would help."
        )
        return Verdict("memorises", None, words)
    if max(training_accuracy, validation_accuracy) < _halfway(baseline_accuracy):
        words = (
            f"Even on its training pictures it is right in only {training} (in validation {validation}; always "
            f"answering the largest class: {_share(baseline_accuracy)}): these features do not tell the classes "
            "apart. Try richer ones or a network; more pictures would change little."
        )
        return Verdict("room-for-more", None, words)
    words = (
        f"Sound: right on {both}, so it has learnt little by heart. What is missing, richer features or a network "
        "may find; more pictures would change little."
    )
    return Verdict("sound", None, words)


def _halfway(baseline_accuracy: float) -> float:
    """Return the accuracy below which an answer is nearer to guessing than to right."""
    return (1 + baseline_accuracy) / 2


def _share(share: float) -> str:
    """Return a share in whole percent; only all is 100 %, and only none is 0 %."""
    return f"{share:.0%}" if share in (0, 1) else f"{min(max(share, 0.01), 0.99):.0%}"


def _diverged(curves: _Curves) -> Verdict | None:
    """A loss is no number any more, or the training loss ended clearly above where it began."""
    broken = ~(np.isfinite(curves.training_loss) & np.isfinite(curves.validation_loss))
    advice = "Try a learning rate ten times smaller."
    if broken.any():
        epoch = int(broken.argmax()) + 1
        return Verdict("diverged", epoch, f"The loss stopped being a number in epoch {epoch}. {advice}")
    first, last = float(curves.training_loss[0]), float(np.median(curves.training_loss[-3:]))
    if curves.epochs < FEWEST_EPOCHS or last <= first + DIVERGENCE * max(1.0, first):
        return None
    words = f"Training loss ended above where it began ({first:.3g}, then {last:.3g}). {advice}"
    return Verdict("diverged", None, words)


def _too_short(curves: _Curves) -> Verdict | None:
    if curves.epochs >= FEWEST_EPOCHS:
        return None
    ran = "One epoch" if curves.epochs == 1 else "Two epochs"
    return Verdict("too-short", None, f"{ran} can't show a course. Train for more epochs to get a verdict.")


def _overfitting(curves: _Curves) -> Verdict | None:
    """Validation loss has risen clearly from its lowest level while training loss went on falling."""
    validation, training = _smooth(curves.validation_loss), _smooth(curves.training_loss)
    lowest = int(validation.argmin())
    low, end = float(validation[lowest]), float(validation[-1])
    needed = max(CLEAR_RISE * low, SMALLEST_RISE, NOISE_FACTOR * _noise(curves.validation_loss))
    if end - low <= needed or training[-1] >= training[lowest]:
        return None
    words = (
        f"Since about epoch {lowest + 1} it has learnt its training pictures by heart: "
        f"validation loss rose from {low:.3g} to {end:.3g} while training loss fell to {training[-1]:.3g}. "
        "More pictures, stronger augmentation or weight decay would help; more epochs would not."
    )
    return Verdict("overfitting", lowest + 1, words)


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


def _underfitting(curves: _Curves) -> Verdict | None:
    """Even training accuracy is nearer to the baseline than to 100 %, and has stopped moving.

    Strong augmentation can push training accuracy below validation accuracy, so the better one counts.
    """
    training, validation = _smooth(curves.training_accuracy), _smooth(curves.validation_accuracy)
    poor = _halfway(curves.baseline_accuracy)
    moved = float(training[-1] - training[curves.before])
    if max(training[-1], validation[-1]) >= poor or moved >= STILL:
        return None
    words = (
        f"Even on its training pictures it is right in only {training[-1]:.0%} "
        f"(always answering the largest class: {curves.baseline_accuracy:.0%}), and this has stopped rising. "
        "Try a larger model, a larger learning rate or more epochs."
    )
    return Verdict("underfitting", None, words)


def _levelled_off(curves: _Curves) -> Verdict:
    validation = _smooth(curves.validation_loss)
    near = max(CLEAR_FALL * validation.min(), STILL, NOISE_FACTOR * _noise(curves.validation_loss))
    epoch = int((validation <= validation.min() + near).argmax()) + 1
    words = f"Validation loss levelled off around epoch {epoch} and did not clearly rise again"
    training, held_out = float(curves.training_accuracy[-1]), float(curves.validation_accuracy[-1])
    if held_out < _halfway(curves.baseline_accuracy):
        guess = f"{held_out:.0%} in validation (always answering the largest class: {curves.baseline_accuracy:.0%})"
        advice = f"But {guess} is nearer to guessing than to right: more pictures or another model may help."
        return Verdict("levelled-off", epoch, f"{words}. {advice}")
    if training - held_out > WIDE_GAP:
        gap = f"the gap between {training:.0%} in training and {held_out:.0%} in validation"
        advice = f"More epochs would change little; {gap} asks for more pictures or augmentation."
        return Verdict("levelled-off", epoch, f"{words}. {advice}")
    return Verdict("levelled-off", epoch, f"{words}: good. More epochs would change little.")


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
