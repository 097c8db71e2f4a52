"""Threads and processes that look at the samples of a survey, each at rows of its own."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress

from sightline.core.runtimes import core_count
from sightline.data.survey.look import Look
from sightline.data.survey.pace import Pace
from sightline.data.survey.process import MOST_NAMES, ReadingProcess
from sightline.data.survey.record import Columns
from sightline.data.survey.rows import RemainingRows

ROWS_A_TASK, ROWS_ALONE = 64, 8
"""Samples that a thread takes at a time where there are several, and those between two looks at the clock."""
WORTH_PROCESSES, MOST_PROCESSES = 10_000, 3
"""Short pictures from which on other processes help, and how many do; each begins with half a second of its own."""
TICK_SECONDS = 0.1
"""Between two moves of a progress bar."""


class Workers:
    """Whoever fills the columns of a survey; nothing runs before `begin`.

    Args:
        look: How each sample is looked at.
        names: (N,) of the samples, in the order of the rows.
        columns: N rows, filled here.

    Attributes:
        rows: The rows that nobody has taken yet.
        helpers: The threads that wait for other processes.
    """

    def __init__(self, look: Look, names: Sequence[str], columns: Columns) -> None:
        self._look, self._names, self._columns = look, names, columns
        self._pace, self._threads = Pace(), ThreadPoolExecutor(core_count())
        self.rows, self.helpers = RemainingRows(len(names)), list[Future[None]]()

    def begin(self) -> None:
        """Look at the first samples; where they are short and many, start processes that go on meanwhile."""
        while self._pace.is_unknown and self._look_at_some():
            pass
        if self._pace.is_short and self.rows.left >= WORTH_PROCESSES:
            for process in self._processes():
                self.helpers.append(self._threads.submit(self._look_elsewhere, process))

    def finish(self, advance: Callable[[int], None]) -> None:
        """Look at all that is left.

        Args:
            advance: Called with the number of samples done since the last call.
        """
        advance(self.rows.newly_done())
        while self._pace.is_short and self._look_at_some():
            advance(self.rows.newly_done())
        threads = [self._threads.submit(self._look_at_the_rest) for _ in range(core_count() - len(self.helpers))]
        while wait([*self.helpers, *threads], timeout=TICK_SECONDS).not_done:
            advance(self.rows.newly_done())
        for work in (*self.helpers, *threads):
            work.result()
        advance(self.rows.newly_done())

    def stop(self) -> None:
        """Leave what nobody has taken, and wait for the rest."""
        self.rows.take(len(self._names))
        self._threads.shutdown()

    def _look_at_some(self) -> bool:
        """Look at a few samples and at the clock; return whether there were any."""
        if rows := self.rows.take(ROWS_ALONE):
            with self._pace.of(rows):
                self._look_at(rows)
        return bool(rows)

    def _look_at_the_rest(self) -> None:
        while rows := self.rows.take(ROWS_A_TASK):
            self._look_at(rows)

    def _look_at(self, rows: range) -> None:
        began = time.perf_counter()
        fill, names, columns = self._look.fill, self._names, self._columns
        decoded = sum(fill(row, columns, name=names[row]) for row in rows)
        self.rows.done(rows, decoded=decoded, seconds=time.perf_counter() - began)

    def _look_elsewhere(self, process: ReadingProcess) -> None:
        """Let another process look at samples; if it comes to harm, the rows that it had are looked at here."""
        with closing(process):
            while rows := self.rows.take(MOST_NAMES):
                began = time.perf_counter()
                try:
                    columns, decoded = process.look(self._names[rows.start : rows.stop])
                except (OSError, ValueError):
                    return self._look_at(rows)
                self._columns.put(rows, columns)
                self.rows.done(rows, decoded=decoded, seconds=time.perf_counter() - began)
        return None

    def _processes(self) -> Iterator[ReadingProcess]:
        """Yield a process for each core but the own one, where there can be others."""
        if ReadingProcess.can_look(self._look):
            with suppress(OSError):
                for _ in range(min(core_count() - 1, MOST_PROCESSES)):
                    yield ReadingProcess(self._look)
