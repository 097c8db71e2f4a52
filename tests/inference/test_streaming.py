import threading
import time
from contextlib import closing
from itertools import count

import numpy as np
import pytest

from sightline.inference.streaming import BATCHES_AHEAD, RUNS, THREADS, answered

BATCH = 24


def pixels(name):
    """Return a picture that is its number."""
    return np.full((1, 1, 1), int(name) % 256, dtype=np.uint8)


def test_batches_come_in_order_and_only_the_last_is_short():
    names = [str(number) for number in range(5 * BATCH + 3)]
    batches = list(answered(names, batch=BATCH, read=pixels, ask=lambda pictures: pictures[:, 0, 0]))
    assert [name for batch in batches for name in batch.items] == names
    assert [len(batch.items) for batch in batches] == [BATCH] * 5 + [3]
    for batch in batches:
        assert batch.answers[:, 0].tolist() == [int(name) for name in batch.items]


def test_what_can_t_be_read_keeps_its_place_and_is_not_asked_about():
    def read(name):
        return "it is odd" if int(name) % 2 else pixels(name)

    (batch,) = answered(["0", "1", "2", "3"], batch=4, read=read, ask=lambda pictures: pictures[:, 0, 0])
    assert batch.problems == ["", "it is odd", "", "it is odd"]
    assert batch.answers[:, 0].tolist() == [0, 2]


def test_a_batch_of_which_nothing_can_be_read_has_no_answers():
    def ask(_):
        raise ValueError("asked about nothing")

    (batch,) = answered(["0", "1"], batch=4, read=lambda _: "gone", ask=ask)
    assert (batch.problems, batch.answers) == (["gone", "gone"], None)


def test_no_names_are_no_batches():
    assert list(answered([], batch=4, read=pixels, ask=lambda pictures: pictures)) == []


def test_of_names_without_end_only_a_few_batches_are_taken():
    asked_for = count()
    names = (str(next(asked_for)) for _ in count())
    with closing(answered(names, batch=BATCH, read=pixels, ask=lambda pictures: pictures[:, 0, 0])) as batches:
        for number in range(1, 4):
            next(batches)
            assert next(asked_for) <= (number + BATCHES_AHEAD) * BATCH + number


def test_closing_ends_the_threads_after_what_they_have_in_hand():
    before, read, opened = threading.active_count(), [], threading.Event()

    def slow(name):
        read.append(name)
        if int(name) >= BATCH:
            opened.wait()
        return pixels(name)

    batches = answered(map(str, count()), batch=BATCH, read=slow, ask=lambda pictures: pictures[:, 0, 0])
    next(batches)
    closer = threading.Thread(target=batches.close)
    closer.start()
    while not batches.gi_running:
        time.sleep(0.01)
    time.sleep(0.1)  # it waits for the threads
    opened.set()
    closer.join()
    assert threading.active_count() == before
    assert len(read) <= BATCH + THREADS


def test_a_batch_a_core_is_computed_while_others_are_read():
    reading, computing, most = threading.Barrier(THREADS), threading.Barrier(RUNS), []

    def read(name):
        reading.wait()
        return pixels(name)

    def ask(pictures):
        most.append(threading.current_thread())
        computing.wait()
        assert len(most) <= RUNS
        computing.wait()
        most.pop()
        return pictures[:, 0, 0]

    count = THREADS * RUNS
    assert len(list(answered(map(str, range(count)), batch=1, read=read, ask=ask))) == count


@pytest.mark.parametrize("part", ["read", "ask", "names"])
def test_a_failure_in_a_thread_is_raised_where_the_answers_are_taken(part):
    def fail(*_):
        raise RuntimeError(f"{part} failed")

    names = (fail() if part == "names" and number == 30 else str(number) for number in range(50))
    parts = {"read": pixels, "ask": lambda pictures: pictures[:, 0, 0]} | {part: fail}
    before = threading.active_count()
    with pytest.raises(RuntimeError, match=f"{part} failed"):
        list(answered(names, batch=BATCH, read=parts["read"], ask=parts["ask"]))
    assert threading.active_count() == before
