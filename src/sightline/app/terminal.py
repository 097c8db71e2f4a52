"""What a user sees while something long is going on: bars on a terminal, plain lines in a log."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sightline.app.findings import evidence_lines
from sightline.core.findings import Finding, Severity
from sightline.core.percent import percent
from sightline.core.text import visible
from sightline.training.watchers.watcher import Step, Watcher

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from sightline.training.history import EpochRecord
    from sightline.training.recipe import Recipe

SHOWN_EVIDENCE = 5
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
LOG_SECONDS = 30.0
LARGEST_WRITTEN = 1e6
"""Losses from here on are written with an exponent."""
LEAST_WAITING = 0.1
"""Share of an epoch, 0 to 1, from which on the time spent waiting for pictures is shown."""


class Terminal:
    """A narrator that writes to the standard error, so that the standard output stays clean for results.

    Args:
        console: Where to write instead.
    """

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.console import Console

        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._told: set[Finding] = set()

    def say(self, text: str) -> None:
        """Write one line or several; what could steer the terminal within one is escaped."""
        self.console.print("\n".join(map(visible, text.split("\n"))), markup=False)

    def tell_findings(self, findings: Sequence[Finding]) -> None:
        """Write each finding with some of its evidence and the advice; several trainings may bring up the same one."""
        from rich.text import Text

        for finding in [each for each in dict.fromkeys(findings) if each not in self._told]:
            self._told.add(finding)
            head = Text(f"{finding.severity.value}", style=f"bold {COLOURS[finding.severity]}")
            self.console.print(
                head.append(f" [{finding.code}] ", style="dim").append(visible(finding.symptom), style="default")
            )
            for line in evidence_lines(finding, SHOWN_EVIDENCE):
                self.console.print(Text(f"    {line}", style="dim"))
            self.console.print(Text(f"    -> {visible(finding.advice)}"))

    @contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar on a terminal, a line at the end of it elsewhere."""
        started = time.perf_counter()
        with self._bar() as bar:
            task = bar.add_task(what, total=total, figures="")
            yield lambda done: bar.advance(task, done)
        if not self.console.is_terminal:
            self.say(f"{what}: {total:,} in {time.perf_counter() - started:.1f} s")

    @contextmanager
    def watcher(self, recipe: "Recipe", batch_count: int) -> Iterator[Watcher]:
        """Show loss, accuracy and time to go: a bar on a terminal, lines elsewhere."""
        with self._bar() as bar:
            yield TrainingBar(self, bar, recipe, batch_count)

    def _bar(self) -> "Progress":
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )


class TrainingBar(Watcher):
    """The watcher of `Terminal`: one bar over all epochs, or over the time that there is; one line an epoch.

    Args:
        bar: The running bar; it shows nothing where there is no terminal.
        recipe: Says how many epochs or seconds the training lasts.
        batch_count: Steps of an epoch, 1 or more.
    """

    def __init__(self, terminal: Terminal, bar: "Progress", recipe: "Recipe", batch_count: int) -> None:
        self._terminal = terminal
        self._bar = bar
        self._epochs, self._by_clock = recipe.steps.epochs, bool(recipe.seconds)
        self._batch_count = batch_count
        self._task = bar.add_task("epoch", total=recipe.seconds or recipe.steps.epochs * batch_count, figures="")
        self._last_line = self._last_move = time.perf_counter()
        self._steps = 0

    def on_start(self, epochs_done: int) -> None:
        """Say where an interrupted run goes on."""
        if epochs_done:
            self._terminal.say(f"continuing after epoch {epochs_done}")
            self._bar.reset(self._task, completed=0 if self._by_clock else epochs_done * self._batch_count)

    def before_step(self, step: Step) -> None:
        """Move the bar; in a log, write from time to time how far a long epoch is."""
        self._steps = self._steps % self._batch_count + 1
        now = time.perf_counter()
        if self._terminal.console.is_terminal:
            figures = "  ".join(_figure(name, figure, digits=3) for name, figure in step.figures().items())
            done = now - self._last_move if self._by_clock else 1
            self._bar.update(self._task, advance=done, description=self._named(step.epoch), figures=figures)
            self._last_move = now
        elif now - self._last_line > LOG_SECONDS:
            self._last_line = now
            loss = step.tally.mean("loss")
            self._terminal.say(f"epoch {step.epoch}: batch {self._steps} of {self._batch_count}, loss {loss:.3f}")

    def on_epoch(self, history: "Sequence[EpochRecord]") -> None:
        """Write the epoch's figures."""
        record = history[-1]
        waiting = record.waiting_seconds / record.seconds
        self._last_line = time.perf_counter()
        self._terminal.say(
            f"{self._named(record.epoch)}  "
            f"training: {_figures(record.training)}  validation: {_figures(record.validation)}  "
            f"{record.images_per_second:,.0f} pictures/s"
            + (f", {percent(waiting)} of the time waiting for them" if waiting >= LEAST_WAITING else "")
        )

    def _named(self, epoch: int) -> str:
        return f"epoch {epoch:>3}" if self._by_clock else f"epoch {epoch:>3}/{self._epochs}"


def _figures(figures: Mapping[str, float]) -> str:
    return ", ".join(_figure(name, figure, digits=4) for name, figure in figures.items())


def _figure(name: str, figure: float, *, digits: int) -> str:
    """Return a figure by its name: a loss as a number, all others as shares."""
    if name != "loss":
        return f"{name} {percent(figure)}"
    return f"{name} {figure:.{digits}f}" if figure < LARGEST_WRITTEN else f"{name} {figure:.{digits}g}"
