"""How a command tells what is going on besides on a terminal: as JSON lines for programs, or hardly at all."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from sightline.app.terminal import Terminal
from sightline.core.findings import Finding, Severity
from sightline.core.json_values import json_line
from sightline.line.narrator import Silent
from sightline.training.watchers.watcher import Watcher

if TYPE_CHECKING:
    from sightline.line.narrator import Narrator
    from sightline.training.history import EpochRecord
    from sightline.training.recipe import Recipe

JSON_LINES = "jsonl"


class Quiet(Silent):
    """A narrator that tells only what must not be missed: findings that are more than notes."""

    @cached_property
    def _terminal(self) -> Terminal:
        return Terminal()  # one, since it tells no finding twice

    def tell_findings(self, findings: Sequence[Finding]) -> None:
        """Write warnings and errors to the standard error."""
        grave = [finding for finding in findings if finding.severity is not Severity.NOTE]
        if grave:
            self._terminal.tell_findings(grave)


class EventLines:
    """A narrator that writes an object a line, each with its ``event``.

    Args:
        stream: Where to write; the standard output if None.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def write(self, event: str, **values: Any) -> None:
        """Write one event."""
        self._stream.write(json_line({"event": event, **values}) + "\n")
        self._stream.flush()

    def say(self, text: str) -> None:
        """Write a message."""
        self.write("message", text=text)

    def tell_findings(self, findings: Sequence[Finding]) -> None:
        """Write each finding."""
        for finding in findings:
            self.write("finding", **finding.as_json())

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Write where a count begins and where it ends."""
        self.write("begin", what=what, total=total)
        yield lambda _: None
        self.write("end", what=what, total=total)

    @contextmanager
    def watcher(self, recipe: "Recipe", batch_count: int) -> Iterator[Watcher]:
        """Write the plan of a training, then a line an epoch."""
        self.write("training", epochs=recipe.steps.epochs, seconds=recipe.seconds, batches_an_epoch=batch_count)
        yield EpochLines(self)


class EpochLines(Watcher):
    """The watcher of `EventLines`: what `history.csv` has of an epoch, as it ends."""

    def __init__(self, lines: EventLines) -> None:
        self._lines = lines

    def on_epoch(self, history: "Sequence[EpochRecord]") -> None:
        """Write the last epoch's record."""
        self._lines.write("epoch", **asdict(history[-1]))


def narrator_of(*, progress: str = "", quiet: bool) -> "Narrator":
    """Return the narrator that the flags of a verb ask for.

    Args:
        progress: ``"jsonl"`` for a program, else a terminal or a log.
        quiet: Whether only findings that matter are told.
    """
    if progress == JSON_LINES:
        return EventLines()
    return Quiet() if quiet else Terminal()
