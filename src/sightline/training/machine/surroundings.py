"""What surrounds a training on its machine, in one context."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

import torch

from sightline.training.learner import Learner
from sightline.training.machine.arithmetic import reproducible
from sightline.training.machine.memory import freed_memory_kept
from sightline.training.machine.threads import Contention, threads_set_to
from sightline.training.samples import Samples


class Surroundings:
    """As a context: deterministic algorithms and memory that is kept; within it, threads that suit the moment.

    Args:
        device: Where the network learns.
    """

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
    def threads_of(self, learner: Learner, samples: Samples) -> Iterator[None]:
        """Compute with the learner's threads, which are chosen anew when another program has come or gone."""
        if self._contention.has_changed(learner.threads):
            learner.choose_threads(samples)
        with threads_set_to(learner.threads):
            yield
