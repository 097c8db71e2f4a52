"""What surrounds a training on its machine, in one context."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

import torch

from sightline.training.machine.arithmetic import reproducible
from sightline.training.machine.memory import freed_memory_kept
from sightline.training.machine.threads import Contention, threads_set_to


class Surroundings:
    """As a context: deterministic algorithms and memory that is kept; within it, threads that suit the moment."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stack = ExitStack()
        self._contention = Contention()

    def __enter__(self) -> Self:
        """Set them up."""
        self._stack.enter_context(reproducible(self._device))
        self._stack.enter_context(freed_memory_kept())
        return self

    def __exit__(self, *_: object) -> None:
        """Put torch's generator and switches back."""
        self._stack.close()

    @contextmanager
    def threads(self, count: int, choose: Callable[[], int]) -> Iterator[None]:
        """Compute with so many threads, or with as many as are chosen when another program has come or gone."""
        with threads_set_to(choose() if self._contention.has_changed(count) else count):
            yield
