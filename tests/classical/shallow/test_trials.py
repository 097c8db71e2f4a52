import numpy as np
import pytest

from sightline.classical.shallow import Trial
from sightline.classical.shallow.trials import accuracy, kept


def attempts(*accuracies, made=None):
    """Yield a trial an accuracy; its result is its number."""
    for number, share in enumerate(accuracies):
        if made is not None:
            made.append(number)
        yield Trial(number, 1, share), number


def test_the_best_on_the_validation_part_is_kept_and_of_equals_the_first():
    trials, chosen, result = kept(attempts(0.5, 0.8, 0.7, 0.8, 0.6), pictures=5)
    assert (chosen, result) == (1, 1)
    assert [trial.validation_accuracy for trial in trials] == [0.5, 0.8, 0.7, 0.8, 0.6]


@pytest.mark.parametrize(
    ("pictures", "count"), [(10_000, 4), (100, 6)], ids=["a clear fall", "a fall that may be chance"]
)
def test_no_more_attempts_are_made_after_two_clear_falls(pictures, count):
    made = []
    kept(attempts(0.5, 0.80, 0.78, 0.77, 0.78, 0.77, made=made), pictures=pictures)
    assert len(made) == count


def test_one_fall_alone_ends_nothing():
    assert kept(attempts(0.5, 0.8, 0.6, 0.8, 0.6, 0.9), pictures=10_000)[1] == 5


def test_accuracy_takes_the_first_of_equal_scores():
    assert accuracy(np.zeros((4, 3)), np.array([0, 0, 1, 2])) == 0.5
