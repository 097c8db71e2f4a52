"""What a step is given, and that it is made ready before it is asked for."""

import threading
import time
from contextlib import closing

import pytest
import torch

from sightline.imaging.augmentation.policy import Augmentation
from sightline.training.feeding import AT_A_TIME, batch_of, one_by_one, prefetched
from sightline.training.samplers import LABEL


def test_pictures_are_small_first(samples_of, recipe_of):
    samples, recipe = samples_of(8), recipe_of(start_scale=0.75)
    shapes = [
        batch_of(samples, samples.rows, recipe=recipe, progress=progress, augmenting=torch.Generator()).inputs.shape
        for progress in (0.0, 0.9)
    ]
    assert shapes == [(8, 12, 12, 1), (8, 16, 16, 1)]


@pytest.mark.parametrize("count", [AT_A_TIME - 1, AT_A_TIME + 7])
def test_a_huge_batch_is_altered_in_parts_and_keeps_its_order(count, samples_of, recipe_of):
    seen = []

    def brighter(batch, _):
        seen.append(len(batch))
        return batch.with_inputs(batch.inputs + 1)

    samples = samples_of(count)
    batch = batch_of(
        samples, samples.rows, recipe=recipe_of(augment=brighter), progress=0.0, augmenting=torch.Generator()
    )
    assert torch.equal(batch.inputs, samples.inputs + 1)
    assert torch.equal(batch.targets[LABEL], samples.targets[LABEL])
    assert seen == ([count] if count < AT_A_TIME else [AT_A_TIME, 7])


def test_what_is_asked_for_next_is_made_meanwhile_and_nothing_beyond_it():
    begun, second = [], threading.Event()

    def make(number):
        begun.append(number)
        if number == 1:
            second.set()
        return 10 * number

    with closing(prefetched(range(5), make)) as batches:
        first, _ = next(batches)
        assert first == 0
        second.wait()
        time.sleep(0.05)
        assert begun == [0, 1]
        assert [batch for batch, _ in batches] == [10, 20, 30, 40]
    assert begun == [0, 1, 2, 3, 4]


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves when it is told to, and says by an event that it has been read for the nth time."""

    class Clock:
        seconds, readings = 0.0, 0

        def __init__(self):
            self.read = [threading.Event() for _ in range(6)]

        def __call__(self):
            self.read[self.readings].set()
            self.readings += 1
            return self.seconds

    clock = Clock()
    monkeypatch.setattr("sightline.training.feeding.time.perf_counter", clock)
    return clock


def test_only_the_time_that_is_waited_counts(clock):
    third = threading.Event()

    def make(number):
        if number < 2:
            clock.read[2 * number].wait()  # until it is waited for
        clock.seconds += 1
        if number == 2:
            third.set()
        return number

    waits = []
    for number, waited in prefetched(range(3), make):
        waits.append(waited)
        if number == 1:
            third.wait()
    assert waits == [1, 1, 0]


def test_without_being_ahead_all_of_the_making_is_waited_for(clock):
    makers = []

    def make(number):
        makers.append(threading.get_ident())
        clock.seconds += 1
        return number

    assert list(one_by_one(range(2), make)) == [(0, 1), (1, 1)]
    assert set(makers) == {threading.get_ident()}


@pytest.mark.parametrize("feed", [one_by_one, prefetched])
def test_an_error_reaches_the_one_who_asks(feed):
    def failing(number):
        if number:
            raise KeyError(number)
        return number

    batches = feed(range(3), failing)
    assert next(batches)[0] == 0
    with pytest.raises(KeyError):
        next(batches)


def test_a_training_sees_what_was_altered_ahead_in_the_same_order(train, recipe_of, assert_same_weights):
    recipe = recipe_of(change=Augmentation({"noise": 0.2, "shift": 0.2, "mixup": 0.4}))
    first, _ = train(recipe, where="first")
    second, _ = train(recipe, where="second")
    assert_same_weights(first, second)
