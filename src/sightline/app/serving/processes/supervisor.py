"""The process that starts the workers, replaces those that die, and stops them: uvicorn's, with our promises."""

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from sightline.app.http.log import LOGGER
from sightline.app.serving.processes.config import config_for
from sightline.app.serving.processes.plan import Plan, Reports

GRACE_SECONDS = 30.0
"""How much longer than its requests a worker may need to end: the batch at hand."""


class Supervisor(Multiprocess):
    """Starts workers on one socket, and keeps as many of them alive.

    Args:
        plan: Its number of workers is 2 or more.
        listener: A socket that has its address; it is closed when the service stops.
        announce: Called once, when every worker takes requests.

    Attributes:
        failure: The error that kept the service from starting, or None.
    """

    def __init__(self, plan: Plan, listener: socket.socket, announce: Callable[[], None]) -> None:
        self._plan, self._announce = plan, announce
        self._reports: Reports = multiprocessing.get_context("spawn").SimpleQueue()
        self._ready: set[int | None] = set()
        self.failure: Exception | None = None
        super().__init__(config_for(plan, self._reports), [listener])

    def run(self) -> None:
        """Serve until a signal comes; whatever happens here, no worker is left behind."""
        try:
            super().run()
        finally:
            for process in self.processes:
                if process.exitcode is None:
                    process.kill()
                    process.join()

    def init_processes(self) -> None:
        """Start all workers."""
        with _held_back_hangups():
            super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Replace workers that died, and announce the service when all take requests.

        Until then they are not asked whether they live: one that fails to start would be waited for while it ends.
        """
        is_missing_one = not all(process.process.is_alive() for process in self.processes)
        self._read_reports()  # whoever could not start has said so before it ended
        if self.failure is not None:
            self.should_exit.set()
            return
        if self._plan.is_patient or is_missing_one:
            self._replace_the_dead()
        if not self._plan.is_patient and all(process.pid in self._ready for process in self.processes):
            self._plan = replace(self._plan, is_patient=True)  # whoever takes a dead one's place
            self.config.app = config_for(self._plan, self._reports).app
            self._announce()

    def _replace_the_dead(self) -> None:
        before = tuple(self.processes)
        with _held_back_hangups():
            super().keep_subprocess_alive()
        for process in before:
            if process not in self.processes:
                self._write_off(process)

    def _read_reports(self) -> None:
        while not self._reports.empty():
            number, error = self._reports.get()
            self._ready.add(number)
            if error is not None:
                self._ready.discard(number)
                self.failure = self.failure or error

    def handle_hup(self) -> None:
        """Have every worker load its models anew; uvicorn would replace the workers, and cut idle connections."""
        for process in self.processes:
            if process.pid is not None and process.exitcode is None:
                os.kill(process.pid, signal.SIGHUP)

    def handle_ttin(self) -> None:
        """Keep the number of workers."""

    def handle_ttou(self) -> None:
        """Keep the number of workers."""

    def terminate_all(self) -> None:
        """Close the port and stop the workers; those that take no requests yet have nothing to finish."""
        self._read_reports()
        for listener in self.sockets:
            listener.close()
        for process in self.processes:
            if process.pid in self._ready:
                process.terminate()
            else:
                process.kill()

    def join_all(self) -> None:
        """Wait for the ends of the workers, but not for ever."""
        end = time.monotonic() + self._plan.http.stop_seconds + GRACE_SECONDS
        for process in self.processes:
            process.process.join(max(0.0, end - time.monotonic()))

    def _write_off(self, process: Process) -> None:
        """Take a dead worker out of the metrics, and log its end."""
        from prometheus_client.multiprocess import mark_process_dead

        self._ready.discard(process.pid)
        mark_process_dead(process.pid, str(self._plan.metrics_folder))  # type: ignore[no-untyped-call]
        status = process.exitcode or 0
        end = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        LOGGER.warning("process %d %s; another takes its place", process.pid, end)


@contextmanager
def restored_signals() -> Iterator[None]:
    """Give the signals back to those who had them: uvicorn's supervisor keeps them."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _held_back_hangups() -> Iterator[None]:
    """Start processes for which a SIGHUP waits until they can hear it; it would end them."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
