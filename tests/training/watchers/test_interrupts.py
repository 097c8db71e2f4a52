import os
import signal
import sys

import pytest

from sightline.training.watchers.interrupts import Interrupts
from sightline.training.watchers.watcher import Watcher

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process can't interrupt itself so there")


@pytest.fixture(autouse=True)
def heard_by_python():
    """Let Python hear the signal also where the tests run in the background, whose shell has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Swallower(Watcher):
    """Interrupts the process at the first step, as Ctrl-C does, and drops the exception, as a finaliser does."""

    def __init__(self):
        self.steps = 0

    def before_step(self, *_):
        self.steps += 1
        if self.steps == 1:
            try:
                os.kill(os.getpid(), signal.SIGINT)
                signal.getsignal(signal.SIGINT)  # Python runs the handler between two calls
            except KeyboardInterrupt:
                pass


def test_a_swallowed_interrupt_ends_the_training_at_the_next_step(train, recipe_of):
    swallower = Swallower()
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        train(recipe_of(epochs=3), watchers=[interrupts, swallower])
    assert swallower.steps == 1


def test_afterwards_the_signal_is_python_s_again():
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) is before


def test_it_leaves_another_s_handler_alone():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
