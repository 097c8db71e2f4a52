"""The process that starts the workers, replaces those that die, and stops them: uvicorn's, with our promises."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from sightline.app.http.log import LOGGER
from sightline.app.serving.processes.plan import HEALTHCHECK_SECONDS, Failures, Plan, config_for

GRACE_SECONDS = 30.0
"""How much longer than its requests a worker may need to end: the batch at hand."""


class Supervisor(Multiprocess):
    """Starts workers on one socket, and keeps as many of them alive.

    Args:
        plan: What is served.
        listener: A socket that has its address; it is closed when the service stops.
        failures: Where a worker leaves the error that keeps it from starting.
        announce: Called once, when every worker takes requests.
    """

    def __init__(
        self, plan: Plan, listener: socket.socket, *, failures: Failures, announce: Callable[[], None]
    ) -> None:
        super().__init__(config_for(plan, failures), [listener])
        self._plan, self._announce = plan, announce
        self._is_open = False

    def init_processes(self) -> None:
        """Start all workers."""
        with _held_back_hangups():
            super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Replace workers that died, and announce the service when all take requests."""
        before = tuple(self.processes)
        with _held_back_hangups():
            super().keep_subprocess_alive()
        for process in before:
            if process not in self.processes:
                self._write_off(process)
        if not self._is_open and all(process.is_ready(HEALTHCHECK_SECONDS) for process in self.processes):
            self._is_open = True
            self.config.app = config_for(self._plan, None).app  # from now on a worker that can't start tries again
            self._announce()

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
        for listener in self.sockets:
            listener.close()
        for process in self.processes:
            if process.is_ready(HEALTHCHECK_SECONDS):
                process.terminate()
            else:
                process.kill()

    def join_all(self) -> None:
        """Wait for the ends of the workers, and kill those that take too long."""
        end = time.monotonic() + self._plan.http.stop_seconds + GRACE_SECONDS
        for process in self.processes:
            process.process.join(max(0.0, end - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()

    def _write_off(self, process: Process) -> None:
        """Take a dead worker out of the metrics, and log its end."""
        from prometheus_client.multiprocess import mark_process_dead

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
