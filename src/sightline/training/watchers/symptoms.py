"""What can be wrong with a training that runs, each symptom a function from its course to a finding or none."""

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from sightline.core.findings import Finding, Severity
from sightline.core.percent import percent
from sightline.core.text import listed
from sightline.evaluation.curve_verdict import overfitting_since, stays_poor
from sightline.evaluation.verdict import halfway
from sightline.training.thresholds import threshold
from sightline.training.watchers.course import Course

Symptom = Callable[[Course], Finding | None]
"""From a course to what is wrong with it, if that is."""

SHOWN = 3
LATEST = 4
"""Epochs whose middle accuracy is looked at, so that a lucky one says nothing."""


def not_moving(course: Course) -> Finding | None:
    """Some epochs have not lowered the training loss, which is about where it began."""
    losses, epochs = course.training("loss"), int(threshold("still-epochs"))
    if course.first_loss is None or len(losses) != epochs or len(losses) != len(course.history):
        return None
    is_still = losses[-1] >= (1 - threshold("still-loss")) * losses[0]
    if not is_still or losses[-1] < threshold("still-start") * course.first_loss:
        return None
    return _warning(
        "loss-not-moving",
        f"the training loss is {losses[-1]:.4g} after {epochs} epochs; in the first it was {losses[0]:.4g}",
        f"take a learning rate ten times larger ({_rate(course, 10)}), or let a range test choose (--learning-rate "
        "auto); `sightline preflight` says whether network and loss can learn at all",
    )


def exploding(course: Course) -> Finding | None:
    """The loss is far above where it began."""
    loss, start = course.last.training["loss"], course.first_loss
    if start is None or loss <= threshold("exploding-loss") * max(start, 1.0):
        return None
    return _warning(
        "loss-exploding",
        f"the training loss began at {start:.3g} and is {loss:.3g} in epoch {course.last.epoch}",
        f"take a learning rate ten times smaller ({_rate(course, 0.1)}), or shorten the longest gradients: clip_norm=1",
    )


def plateau(course: Course) -> Finding | None:
    """Nothing gets better any more, at a rate that is still high."""
    epochs, losses = int(threshold("plateau-epochs")), course.validation("loss")
    scores = [record.score for record in course.phase]
    training = course.training("loss")
    if len(losses) <= epochs or course.last.learning_rate < threshold("plateau-rate") * course.recipe.learning_rate:
        return None
    is_better = min(losses[-epochs:]) < min(losses[:-epochs]) or max(scores[-epochs:]) > max(scores[:-epochs])
    still_learns = min(training[-epochs:]) < (1 - threshold("still-loss")) * min(training[:-epochs])
    if is_better or still_learns or course.last.training.get("accuracy", 0.0) >= halfway(course.guess or 0.0):
        return None
    return _note(
        "plateau",
        f"for {epochs} epochs neither loss nor score of the validation part has become better, at a learning rate of "
        f"{course.last.learning_rate:.2g}",
        "let the rate fall: schedule=cosine",
    )


def overfitting(course: Course) -> Finding | None:
    """The gap between the losses has grown epoch after epoch, and clearly."""
    epochs, training, validation = (
        int(threshold("overfitting-epochs")),
        course.training("loss"),
        course.validation("loss"),
    )
    gaps = [after - before for before, after in zip(training, validation, strict=True)][-epochs - 1 :]
    grows = len(gaps) > epochs and all(after > before for before, after in pairwise(gaps))
    since = overfitting_since(training, validation) if grows else None
    if since is None:
        return None
    return _note(
        "overfitting",
        f"for {epochs} epochs the validation loss has moved away from the training loss ({validation[-1]:.3g} against "
        f"{training[-1]:.3g}); it was lowest around epoch {since}",
        "the best epoch is kept; more augmentation (augment=0.5), weight decay or pictures would help, more epochs not",
    )


def underfitting(course: Course) -> Finding | None:
    """Half of the training is over, and even its own pictures are hardly known."""
    training, validation = course.training("accuracy"), course.validation("accuracy")
    planned = course.recipe.steps.epochs
    if course.guess is None or len(training) < max(int(threshold("underfitting-epochs")), planned // 2):
        return None
    if not stays_poor(training, validation, baseline_accuracy=course.guess):
        return None
    return _note(
        "underfitting",
        f"after {len(training)} epochs it is right on {percent(training[-1])} of its training pictures (always the "
        f"largest class: {percent(course.guess)}), and this has stopped rising",
        "take a larger model or learning rate, or less of what hinders learning: dropout, weight decay, augmentation",
    )


def nothing_carries_over(course: Course) -> Finding | None:
    """Others than the training pictures are not known at all: labels and pictures hardly belong together."""
    if course.guess is None or not course.validation("accuracy"):
        return None
    training, validation = course.last.training["accuracy"], course.last.validation["accuracy"]
    error = math.sqrt(course.guess * (1 - course.guess) / course.validated)
    is_guessing = _known_by_heart_alone(course, error) or _never_above_guessing(course, error)
    if not is_guessing:
        return None
    return _warning(
        "nothing-carries-over",
        f"in epoch {course.last.epoch} it is right on {percent(training)} of its training pictures and on "
        f"{percent(validation)} of {course.validated:,} others, no more than by guessing ({percent(course.guess)})",
        "look at some pictures with their labels: they are shuffled, shifted, or not those of the validation part",
    )


def _known_by_heart_alone(course: Course, error: float) -> bool:
    """Return whether most training pictures are known, and others no better than chance may have it."""
    training, guess = course.last.training["accuracy"], course.guess or 0.0
    most = guess + threshold("carry-over-errors") * error
    return training >= halfway(guess) and course.last.validation["accuracy"] <= most <= training / 2


def _never_above_guessing(course: Course, error: float) -> bool:
    """Return whether some epochs have brought nothing for others, where classes are even enough to tell."""
    guess, accuracies = course.guess or 0.0, course.validation("accuracy")
    can_tell = guess <= threshold("carry-over-even") and guess + threshold("carry-over-errors") * error <= halfway(
        guess
    )
    is_late = len(accuracies) >= threshold("carry-over-epochs")
    return can_tell and is_late and median(accuracies[-LATEST:]) <= guess + threshold("carry-over-clear") * error


def steps_too_large(course: Course) -> Finding | None:
    """Steps move weights by a large part of themselves."""
    most = threshold("update-ratio-high")
    found = [name for name, ratio in course.ratios.items() if ratio > most]
    if not found:
        return None
    return _warning(
        "steps-too-large",
        f"a step moves {listed(found, SHOWN)} by {max(course.ratios.values()):.2g} of its length; about 0.001 is usual",
        f"take a learning rate ten times smaller: {_rate(course, 0.1)}",
    )


def steps_too_small(course: Course) -> Finding | None:
    """Steps move no weight by anything that matters."""
    if not course.ratios or max(course.ratios.values()) >= threshold("update-ratio-low"):
        return None
    return _warning(
        "steps-too-small",
        f"a step moves no weight by more than {max(course.ratios.values()):.1g} of its length; about 0.001 is usual",
        f"take a far larger learning rate: {_rate(course, 100)}, or let a range test choose (--learning-rate auto)",
    )


def dead_units(course: Course) -> Finding | None:
    """Nearly all units of a layer are zero on every picture."""
    found = {name: share for name, share in course.dead.items() if share >= threshold("dead-units")}
    if not found:
        return None
    name, share = max(found.items(), key=lambda item: item[1])
    return _warning(
        "dead-units",
        f"after epoch {course.last.epoch}, {percent(share)} of the units of {name} are zero on every picture"
        + (f", and so in {len(found) - 1} more layers" if len(found) > 1 else ""),
        f"take a smaller learning rate ({_rate(course, 0.1)}), or activation=leaky-relu",
    )


def one_answer(course: Course) -> Finding | None:
    """Nearly every picture is called the same, though they are not."""
    answers, truths, guess = course.answers, course.truths, course.guess
    if answers is None or truths is None or guess is None or len(course.history) == 1:
        return None
    share = float(answers.max() / answers.sum())
    if share < threshold("one-answer") or guess > threshold("one-answer-largest"):
        return None
    return _warning(
        "one-answer",
        f"in epoch {course.last.epoch}, {percent(share)} of the training pictures were called by one class, which "
        f"{percent(float(truths[answers.argmax()] / truths.sum()))} are",
        "take a smaller learning rate; where classes are of very unlike sizes, class_weights=balanced",
    )


def waiting(course: Course) -> Finding | None:
    """The network waits for pictures longer than it computes."""
    waited, seconds = course.last.waiting_seconds, course.last.seconds
    if waited < threshold("waiting-seconds") or waited < threshold("waiting-share") * seconds:
        return None
    return _note(
        "waiting-for-pictures",
        f"{waited:.0f} of the {seconds:.0f} s of epoch {course.last.epoch} went into cutting out and altering pictures",
        "alter them less (augment=0.5, or without blur and noise), or take smaller ones: size=...",
    )


SYMPTOMS: tuple[Symptom, ...] = (
    exploding,
    not_moving,
    one_answer,
    dead_units,
    steps_too_large,
    steps_too_small,
    nothing_carries_over,
    overfitting,
    underfitting,
    plateau,
    waiting,
)
"""Every symptom, those first that explain others."""


def _rate(course: Course, times: float) -> str:
    return f"learning_rate={times * course.recipe.learning_rate:.2g}"


def _warning(code: str, symptom: str, advice: str) -> Finding:
    return Finding(code, Severity.WARNING, symptom, advice)


def _note(code: str, symptom: str, advice: str) -> Finding:
    return Finding(code, Severity.NOTE, symptom, advice)
