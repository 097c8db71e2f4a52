"""Many pictures through a graph: some are decoded while others are computed, and only a few are in memory."""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sightline.imaging.photo import Pixels
from sightline.inference.graph import Probabilities

THREADS = (os.cpu_count() or 1) + 1
"""One more than cores, for while one waits for the disk or for Python's lock."""
BATCHES_AHEAD = 2 * THREADS
"""Batches that are waited for, or wait, while one is told."""

Read = Callable[[str], Pixels | str]
"""From a name to the picture's pixels, or why there are none; called in threads."""
Ask = Callable[[Pixels], Probabilities]
"""From (n, H, W, C) uint8 to (n, classes); called in threads."""


@dataclass(frozen=True)
class Batch:
    """Pictures that were answered together.

    Args:
        names: What they are called.
        problems: Why each can't be read, or ``""``.
        probabilities: (n, classes) float32, the answers to those that can be read; None if there are none.
    """

    names: list[str]
    problems: list[str]
    probabilities: Probabilities | None


def answered(names: Iterable[str], *, batch: int, read: Read, ask: Ask) -> Generator[Batch, None, None]:
    """Yield the answers to pictures, in order and in full batches of names.

    Each thread takes a batch, reads it and asks. So the threads seldom read at the same time, which Python allows one
    of them only, and never wait for each other within a graph; `ask` should need no threads of its own. What is
    computed together depends on the place among the names alone. Closing the iterator ends the threads after the
    picture, or the batch, that each has in hand.

    Args:
        names: Of the pictures; taken as they are needed, in the caller's thread.
        batch: How many names make a batch.
        read: What a name becomes.
        ask: What pixels become.
    """
    left, unwanted = iter(names), threading.Event()
    waiting: deque[Future[Batch]] = deque()
    threads = ThreadPoolExecutor(THREADS)
    try:
        while chunk := list(islice(left, batch)):
            waiting.append(threads.submit(_answer, chunk, read, ask, unwanted))
            if len(waiting) > BATCHES_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        unwanted.set()
        threads.shutdown(cancel_futures=True)


def _answer(names: list[str], read: Read, ask: Ask, unwanted: threading.Event) -> Batch:
    pictures = []
    for name in names:
        if unwanted.is_set():
            raise CancelledError
        pictures.append(read(name))
    readable = [picture for picture in pictures if not isinstance(picture, str)]
    problems = [picture if isinstance(picture, str) else "" for picture in pictures]
    return Batch(names, problems, ask(np.stack(readable)) if readable else None)
