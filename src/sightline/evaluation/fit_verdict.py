"""What the two accuracies of a fitted pipeline say, in plain words."""

from dataclasses import dataclass

from sightline.core.intervals import wilson_interval
from sightline.core.percent import percent
from sightline.evaluation.verdict import WIDE_GAP, Verdict, halfway, nothing_missing


@dataclass(frozen=True)
class WaysOut:
    """What can be done about a fit, as a kind of model has it.

    Args:
        richer: What tells the classes apart better.
        simpler: What learns less by heart.
        more_pictures: What is known of them where a fit is sound, if anything is.
    """

    richer: str
    simpler: str
    more_pictures: str = ""


OF_PIPELINES = WaysOut("richer features or a network", "fewer features (fewer words, a coarser grid)")
OF_FROZEN_BASES = WaysOut("another base, or a base that learns on (--epochs 8)", "a stronger penalty (strength)")
OF_BASES = WaysOut("another base", "a stronger penalty (strength)")


def judge_fit(
    *,
    training_accuracy: float,
    validation_accuracy: float,
    test_accuracy: float,
    baseline_accuracy: float,
    count: int,
    test_count: int,
    ways_out: WaysOut = OF_PIPELINES,
) -> Verdict:
    """Say what the two accuracies of a fitted pipeline mean and what to do.

    The rules are asked in this order, and the first that applies speaks: learns nothing (of use for new
    pictures), nothing missing, memorises, room for more, sound.

    Args:
        training_accuracy: 0 to 1, on the training part.
        validation_accuracy: 0 to 1, on the validation part.
        test_accuracy: 0 to 1, on the test part.
        baseline_accuracy: What always answering the largest class gives, 0 to 1.
        count: How many pictures the validation part has.
        test_count: How many pictures the test part has.
        ways_out: What the words advise.

    Returns:
        The verdict, without an epoch.

    Raises:
        ValueError: An accuracy is no share of so many pictures.
    """
    named = round(validation_accuracy * count)
    _, high = wilson_interval(named, count)
    low, _ = wilson_interval(named + round(test_accuracy * test_count), count + test_count)
    training, validation = percent(training_accuracy), percent(validation_accuracy)
    test = f"{percent(test_accuracy)} in the test"
    both = f"{training} of its training pictures and {validation} in validation"
    if min(low, validation_accuracy, test_accuracy) <= baseline_accuracy:
        words = (
            f"It has not clearly learnt anything that helps with new pictures: right on {both} and {test}, where "
            f"always answering the largest class gives {percent(baseline_accuracy)}. Try {ways_out.richer}; if the "
            f"parts are small (here: {count:,} pictures in validation, {test_count:,} in the test), try more of them."
        )
        return Verdict("learns-nothing", None, words)
    perfect = nothing_missing(validation_accuracy=validation_accuracy, test_accuracy=test_accuracy)
    if perfect:
        return Verdict("nothing-missing", None, perfect)
    if training_accuracy - validation_accuracy > WIDE_GAP and training_accuracy > high:
        words = (
            f"It knows its training pictures much better than new ones: right on {both}. "
            f"More pictures, or {ways_out.simpler}, would help."
        )
        return Verdict("memorises", None, words)
    if max(training_accuracy, validation_accuracy) < halfway(baseline_accuracy):
        words = (
            f"Even on its training pictures it is right in only {training} (in validation {validation}; always "
            f"answering the largest class: {percent(baseline_accuracy)}): these features do not tell the classes "
            f"apart. Try {ways_out.richer}; more pictures would change little."
        )
        return Verdict("room-for-more", None, words)
    is_like = training_accuracy - validation_accuracy <= WIDE_GAP / 2
    heart = ", so it has learnt little by heart" if is_like else ""
    found = f"What is missing, {ways_out.richer} may find"
    more = ways_out.more_pictures or ("more pictures would change little" if is_like else "more pictures may help, too")
    return Verdict("sound", None, f"Sound: right on {both}{heart}. {found}; {more}.")
