"""A watcher that hears an interrupt even where something swallows it."""

import signal
import threading
from types import FrameType
from typing import Self

from sightline.training.watchers.watcher import Step, Watcher


class Interrupts(Watcher):
    """Ends a training at its next step after Ctrl-C, if the exception that Python raised did not.

    Python drops an exception that is raised in a finaliser or a callback from C, and Ctrl-C may fall
    there. As a context it listens in the main thread; elsewhere Python hears no signals.

    Reference:
        "signal: Note on signal handlers and exceptions".
        https://docs.python.org/3/library/signal.html#note-on-signal-handlers-and-exceptions
    """

    def __init__(self) -> None:
        self._heard = False
        self._listening = False

    def __enter__(self) -> Self:
        """Listen, unless someone else does."""
        main = threading.current_thread() is threading.main_thread()
        self._listening = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._listening:
            signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signal back to Python."""
        if self._listening:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def before_step(self, step: Step) -> None:  # noqa: ARG002 - the contract's signature
        """Raise what was swallowed.

        Raises:
            KeyboardInterrupt: It was.
        """
        if self._heard:
            raise KeyboardInterrupt

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self._heard = True
        raise KeyboardInterrupt
