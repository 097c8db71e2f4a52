"""Work in threads that no stop waits for."""

import asyncio
import atexit
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

THREAD = "work that no stop waits for"
Result = TypeVar("Result")


def begin_aside(function: Callable[[], Result]) -> "asyncio.Future[Result]":
    """Begin something that may take for ever, such as loading a strange file, in a thread of its own.

    The event loop would wait at its end for the threads of `asyncio.to_thread`, and the process for any that is no
    daemon.
    """
    future: Future[Result] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - who waits learns of it
            future.set_exception(error)

    threading.Thread(target=work, name=THREAD, daemon=True).start()
    return asyncio.wrap_future(future)


@atexit.register
def _leave() -> None:
    """Leave without clearing up where such a thread is still at work: ONNX Runtime would abort in mid-load."""
    if any(thread.name == THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(0)
