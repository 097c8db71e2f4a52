"""Who is told what is going on while something long is: the contract, and one who tells nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from sightline.core.findings import Finding

if TYPE_CHECKING:
    from torch import nn

    from sightline.training.history import EpochRecord
    from sightline.training.loop import Watcher
    from sightline.training.recipe import Recipe
    from sightline.training.tally import Tally


class Narrator(Protocol):
    """Something that tells a user what is going on."""

    def say(self, text: str) -> None:
        """Tell one line."""

    def tell_findings(self, findings: Sequence[Finding]) -> None:
        """Tell what was noticed."""

    def counting(self, what: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Return a context whose value is called with the number of things done."""

    def watcher(self, recipe: "Recipe", batch_count: int) -> "AbstractContextManager[Watcher]":
        """Return a context whose value looks on while a network is trained."""


class Silent:
    """Tells nothing; for the estimator, which is called in loops."""

    def say(self, text: str) -> None:
        """Tell nothing."""

    def tell_findings(self, findings: Sequence[Finding]) -> None:
        """Tell nothing."""

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG002
        """Count nothing."""
        yield lambda _: None

    @contextmanager
    def watcher(self, recipe: "Recipe", batch_count: int) -> Iterator["Watcher"]:  # noqa: ARG002
        """Watch nothing."""
        yield Unmoved()


class Unmoved:
    """A watcher that does nothing."""

    def on_start(self, epochs_done: int) -> None:
        """Do nothing."""

    def on_step(self, epoch: int, network: "nn.Module", tally: "Tally") -> None:
        """Do nothing."""

    def on_epoch(self, history: "Sequence[EpochRecord]") -> None:
        """Do nothing."""
