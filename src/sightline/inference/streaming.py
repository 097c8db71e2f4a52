"""Many pictures through a graph: some are decoded while others are computed, and only a few are in memory."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sightline.core.cores import core_count
from sightline.imaging.photo import Pixels
from sightline.inference.graph import Probabilities

RUNS = core_count()
"""Batches that are computed at a time, a core each; more would only push each other out of the caches."""
THREADS = RUNS + 2
"""Batches that are in hand at a time: those that are computed, and those that are read meanwhile."""
BATCHES_AHEAD = 2 * THREADS
"""Batches that are in hand, or wait, while one is told."""

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

    Each thread takes a batch, reads it and asks. So few threads read at the same time, of which Python lets one run,
    and none waits for another within a graph; `ask` should need no threads of its own. What is computed together
    depends on the place among the names alone. Closing the iterator ends the threads after the picture, or the batch,
    that each has in hand.

    Args:
        names: Of the pictures; taken as they are needed, in the caller's thread.
        batch: How many names make a batch.
        read: What a name becomes.
        ask: What pixels become.
    """
    left, unwanted, running = iter(names), threading.Event(), threading.Semaphore(RUNS)
    waiting: deque[Future[Batch]] = deque()

    def answer(names: list[str]) -> Batch:
        pictures = []
        for name in names:
            if unwanted.is_set():
                raise CancelledError
            pictures.append(read(name))
        readable = [picture for picture in pictures if not isinstance(picture, str)]
        problems = [picture if isinstance(picture, str) else "" for picture in pictures]
        with running:
            return Batch(names, problems, ask(np.stack(readable)) if readable else None)

    threads = ThreadPoolExecutor(THREADS)
    try:
        while chunk := list(islice(left, batch)):
            waiting.append(threads.submit(answer, chunk))
            if len(waiting) > BATCHES_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        unwanted.set()
        threads.shutdown(cancel_futures=True)
