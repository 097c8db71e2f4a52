"""The process that starts the workers, replaces those that die, and stops them: uvicorn's, with our promises."""

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from sightline.app.http.log import LOGGER
from sightline.app.serving.processes.plan import Plan
from sightline.app.serving.processes.server import config_for

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

SILENT_SECONDS = 30.0
"""A worker that does not answer its supervisor for so long is replaced."""
KILL_SECONDS = 4.0
"""After the last request should have been finished or refused, a worker that still runs is killed."""


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
        self._reports: SimpleQueue[tuple[int, Exception | None]] = multiprocessing.get_context("spawn").SimpleQueue()
        self._heard: dict[int | None, float] = {}  # when each worker that takes requests was last heard of
        self.failure: Exception | None = None
        super().__init__(config_for(plan, partial(_report, self._reports)), [listener])

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
        """Replace workers that died or fell silent, and announce the service when all take requests.

        uvicorn's own way waits for the answer of each, and hears no signal meanwhile.
        """
        is_dead = [not self._is_alive(process) for process in self.processes]
        self._read_reports()  # whoever could not start has said so before it ended
        if self.failure is not None:
            self.should_exit.set()
            return
        for place in range(len(is_dead)):
            if is_dead[place]:
                self._replace(place)
        if not self._plan.is_patient and all(process.pid in self._heard for process in self.processes):
            self._plan = replace(self._plan, is_patient=True)  # whoever takes a dead one's place
            self.config.app = config_for(self._plan, partial(_report, self._reports)).app
            self._announce()

    def _is_alive(self, process: Process) -> bool:
        """Ask a worker, and look whether it has answered to the last time; those that start are not asked."""
        if process.pid in self._heard and process.process.is_alive():
            if process.ping(timeout=0):
                self._heard[process.pid] = time.monotonic()
            return time.monotonic() - self._heard[process.pid] < SILENT_SECONDS
        return process.process.is_alive()

    def _replace(self, place: int) -> None:
        """Start another worker in a dead one's place; take that out of the metrics, and log its end."""
        from prometheus_client.multiprocess import mark_process_dead

        process = self.processes[place]
        process.kill()
        process.join()
        self._heard.pop(process.pid, None)
        mark_process_dead(process.pid, str(self._plan.metrics_folder))  # type: ignore[no-untyped-call]
        status = process.exitcode or 0
        end = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        LOGGER.warning("process %d %s; another takes its place", process.pid, end)
        self.processes[place] = Process(self.config, self.sockets)
        with _held_back_hangups():
            self.processes[place].start()

    def _read_reports(self) -> None:
        while not self._reports.empty():
            number, error = self._reports.get()
            if error is None:
                self._heard[number] = time.monotonic()
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
            if process.pid in self._heard:
                process.terminate()
            else:
                process.kill()

    def join_all(self) -> None:
        """Wait for the ends of the workers, but not for ever."""
        end = time.monotonic() + self._plan.http.finish_seconds + KILL_SECONDS
        for process in self.processes:
            process.process.join(max(0.0, end - time.monotonic()))


def _report(reports: "SimpleQueue[tuple[int, Exception | None]]", error: Exception | None) -> None:
    reports.put((os.getpid(), error))


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
