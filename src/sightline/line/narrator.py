"""Who is told what is going on while something long is: the contract, and one who tells nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sightline.core.findings import Finding
from sightline.training.watchers.watcher import Watcher

if TYPE_CHECKING:
    from sightline.training.recipe import Recipe


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
    def watcher(self, recipe: "Recipe", batch_count: int) -> Iterator[Watcher]:  # noqa: ARG002
        """Watch nothing."""
        yield Watcher()


@dataclass(frozen=True)
class WithoutFindings:
    """Tells all but findings: for trainings whose settings nobody can name, so that no advice helps.

    Args:
        narrator: Is told everything else.
    """

    narrator: Narrator

    def say(self, text: str) -> None:
        """Tell one line."""
        self.narrator.say(text)

    def tell_findings(self, findings: Sequence[Finding]) -> None:
        """Tell nothing."""

    def counting(self, what: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Count as the other does."""
        return self.narrator.counting(what, total)

    def watcher(self, recipe: "Recipe", batch_count: int) -> "AbstractContextManager[Watcher]":
        """Watch as the other does."""
        return self.narrator.watcher(recipe, batch_count)
