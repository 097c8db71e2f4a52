"""Many samples through a graph: some are decoded while others are computed, and only a few are in memory."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from sightline.core.runtimes import core_count
from sightline.inference.graph import Samples

RUNS = core_count()
"""Batches that are computed at a time, a core each; more would only push each other out of the caches."""
THREADS = RUNS + 2
"""Batches that are in hand at a time: those that are computed, and those that are read meanwhile."""
BATCHES_AHEAD = 2 * THREADS
"""Batches that are in hand, or wait, while one is yielded."""

Item = TypeVar("Item")
Answers = TypeVar("Answers")
Read = Callable[[Item], npt.NDArray[Any] | str]
"""From an item to what the graph reads, or why there is nothing; called in threads."""
Ask = Callable[[Samples], Answers]
"""From (n, *shape) to the answers to these n; called in threads."""


@dataclass(frozen=True)
class Batch(Generic[Item, Answers]):
    """Items that were answered together.

    Args:
        items: In the order in which they came.
        problems: Why each can't be read, or ``""``.
        answers: To those that can be read; None if there are none.
    """

    items: list[Item]
    problems: list[str]
    answers: Answers | None


def answered(
    items: Iterable[Item], *, batch: int, read: Read[Item], ask: Ask[Answers]
) -> Generator[Batch[Item, Answers], None, None]:
    """Yield the answers to items, in order and in full batches.

    Each thread takes a batch, reads it and asks. So few threads read at the same time, of which Python lets one run,
    and none waits for another within a graph; `ask` should need no threads of its own. What is computed together
    depends on the place among the items alone. Closing the iterator ends the threads after the item, or the batch,
    that each has in hand.

    Args:
        items: Taken as they are needed, in the caller's thread.
        batch: How many items make a batch, 1 or more.
        read: Gives an item's (*shape) array.
        ask: What those that can be read become.
    """
    left, unwanted, running = iter(items), threading.Event(), threading.Semaphore(RUNS)
    waiting: deque[Future[Batch[Item, Answers]]] = deque()

    def answer(chunk: list[Item]) -> Batch[Item, Answers]:
        samples = []
        for item in chunk:
            if unwanted.is_set():
                raise CancelledError
            samples.append(read(item))
        readable = [sample for sample in samples if not isinstance(sample, str)]
        problems = [sample if isinstance(sample, str) else "" for sample in samples]
        with running:
            return Batch(chunk, problems, ask(np.stack(readable)) if readable else None)

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
