"""The process that has the port: it starts those that answer, hands them connections, and mourns and replaces them."""

import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from sightline.app.serving.channel import READY, complaint, error_in
from sightline.app.serving.log import say_at_once
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.service import Plan, announce
from sightline.core.errors import SettingsError

ENDING = (signal.SIGINT, signal.SIGTERM)
HEARD = (*ENDING, signal.SIGHUP, signal.SIGCHLD)
REMEMBERED_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 30.0
NO_ROOM_SECONDS = 0.1
SOMETHING = b"."
"""A handle can't be sent without a byte."""
MOST_BYTES = 65536


@dataclass(eq=False, slots=True)
class Worker:
    """A process that answers.

    Args:
        number: From 0 on; who takes the place of one that died gets its number.
        process: What the system calls it.
        channel: Connections go out, words come in.
        handed: How many connections it was given.
        words: What it has said.
        ready: Whether it takes connections.
        must_swap: Whether the models were to be loaded anew while it started.
    """

    number: int
    process: int
    channel: socket.socket
    handed: int = 0
    words: bytes = b""
    ready: bool = False
    must_swap: bool = False

    def listen(self) -> bool:
        """Hear what it says, and return whether it will say more."""
        try:
            heard = self.channel.recv(MOST_BYTES)
        except BlockingIOError:
            return True
        except ConnectionError:  # it died with connections that it had not taken
            heard = b""
        self.words += heard
        self.ready = bool(heard) and self.words.startswith(READY)
        return bool(heard)


class Keeper:
    """Serves with several processes; this one answers nobody, and has no thread, so that it can fork at any time.

    It alone accepts connections, and gives each to the process that has the fewest; see docs/decisions/0013.

    Args:
        plan: What is to be served.
        taken: A socket that has its address.
    """

    def __init__(self, plan: Plan, taken: socket.socket) -> None:
        self._plan, self._taken = plan, taken
        self._metrics = Metrics(plan.files, processes=plan.processes)
        self._workers: list[Worker] = []
        self._due = dict.fromkeys(range(plan.processes), 0.0)  # when which process is to be started
        self._deaths: deque[float] = deque()
        self._is_open = self._is_stopping = False
        self._failure: Exception | None = None

    def run(self) -> None:
        """Serve until a signal comes.

        Raises:
            SightlineError: A process can't start.
        """
        self._taken.setblocking(False)
        with selectors.DefaultSelector() as self._selector, self._signals():
            try:
                while self._workers or self._due:
                    self._turn()
            finally:
                self._kill_all()
        if self._failure is not None:
            raise self._failure

    def _turn(self) -> None:
        now = time.monotonic()
        for number in [number for number, moment in self._due.items() if moment <= now]:
            del self._due[number]
            self._start(number)
        pause = max(0.0, min(self._due.values()) - now) if self._due else None
        for key, _ in self._selector.select(pause):
            key.data()

    def _start(self, number: int) -> None:
        mine, its = socket.socketpair()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # until the new process hears them in its own way
        process = os.fork()
        if not process:
            mine.close()
            self._become(number, its, before)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        its.close()
        mine.setblocking(False)
        worker = Worker(number, process, mine)
        self._workers.append(worker)
        self._selector.register(mine, selectors.EVENT_READ, lambda: self._listen_to(worker))

    def _become(self, number: int, channel: socket.socket, signals: set[int | signal.Signals]) -> NoReturn:
        """Be a process that answers, in the copy of this one."""
        status = 1
        try:
            self._let_go()
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            self._metrics.write_as(number)
            status = work(self._plan, channel, self._metrics)
        finally:
            os._exit(status)

    def _let_go(self) -> None:
        """Close what is the keeper's alone: a process that held another's channel would keep it from ending."""
        signal.set_wakeup_fd(-1)
        for number in HEARD:
            signal.signal(number, signal.SIG_DFL if number in (signal.SIGTERM, signal.SIGCHLD) else signal.SIG_IGN)
        self._selector.close()
        for held in (self._taken, self._heard, self._noted, *(worker.channel for worker in self._workers)):
            held.close()

    def _listen_to(self, worker: Worker) -> None:
        was_ready = worker.ready
        if not worker.listen():
            self._selector.unregister(worker.channel)
        elif worker.ready and not was_ready:
            if worker.must_swap:
                os.kill(worker.process, signal.SIGHUP)
            if not self._is_open and sum(one.ready for one in self._workers) == self._plan.processes:
                self._is_open = True
                announce(self._plan, self._taken)
        self._mind_the_port()

    def _mind_the_port(self) -> None:
        """Wait for connections while somebody can take them."""
        listens = self._taken in self._selector.get_map() if self._taken.fileno() >= 0 else False
        wanted = self._is_open and not self._is_stopping and any(worker.ready for worker in self._workers)
        if wanted and not listens:
            self._selector.register(self._taken, selectors.EVENT_READ, self._accept)
        elif listens and not wanted:
            self._selector.unregister(self._taken)

    def _accept(self) -> None:
        try:
            client, _ = self._taken.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:  # there are no handles left on this machine
            time.sleep(NO_ROOM_SECONDS)
            return
        with client:
            self._hand_over(client)

    def _hand_over(self, client: socket.socket) -> None:
        """Give a connection to the process with the fewest; where that one's channel is full, to another."""
        ready = [worker for worker in self._workers if worker.ready]
        for worker in sorted(ready, key=lambda worker: worker.handed - self._metrics.ended.of(worker.number)):
            with suppress(OSError):
                socket.send_fds(worker.channel, [SOMETHING], [client.fileno()])
                worker.handed += 1
                return

    def _hear(self) -> None:
        numbers = set(self._heard.recv(MOST_BYTES))
        if not numbers.isdisjoint(ENDING):
            self._stop(signal.SIGTERM)
        if signal.SIGHUP in numbers:
            for worker in self._workers:
                worker.must_swap = True
                if worker.ready:
                    os.kill(worker.process, signal.SIGHUP)
        if signal.SIGCHLD in numbers:
            for worker in tuple(self._workers):
                process, status = os.waitpid(worker.process, os.WNOHANG)
                if process:
                    self._bury(worker, os.waitstatus_to_exitcode(status))

    def _stop(self, number: signal.Signals) -> None:
        """Close the port, and tell everybody to end."""
        self._is_stopping = True
        self._due.clear()
        self._mind_the_port()
        self._taken.close()
        for worker in self._workers:
            os.kill(worker.process, number)

    def _bury(self, worker: Worker, status: int) -> None:
        """Write off a process that has ended, and have another started unless the service ends."""
        while worker.listen():
            pass
        self._workers.remove(worker)
        if worker.channel in self._selector.get_map():
            self._selector.unregister(worker.channel)
        worker.channel.close()
        self._metrics.forget(worker.number)
        self._mind_the_port()
        if not self._is_stopping:
            self._replace(worker, status)

    def _replace(self, worker: Worker, status: int) -> None:
        told = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        error = error_in(worker.words)
        has_served = worker.words.startswith(READY)
        if not has_served and not (self._is_open and any(one.ready for one in self._workers)):
            self._failure = error or SettingsError(
                f"process {worker.number} of the service {told} before it had its models",
                hint="where memory is short, --processes 1 needs the least",
            )
            self._stop(signal.SIGKILL)
            return
        pause = self._pause()
        again = f"another takes its place in {pause:g} seconds" if pause else "another takes its place"
        for line in [*str(error or "").splitlines(), f"process {worker.number}, {worker.process}, {told}; {again}"]:
            say_at_once(line)
        self._due[worker.number] = time.monotonic() + pause

    def _pause(self) -> float:
        """Return the seconds until a dead process is replaced: none at first, more the more have died of late."""
        now = time.monotonic()
        while self._deaths and self._deaths[0] < now - REMEMBERED_SECONDS:
            self._deaths.popleft()
        self._deaths.append(now)
        return min(LONGEST_PAUSE_SECONDS, 2.0 ** (len(self._deaths) - 2)) if len(self._deaths) > 1 else 0.0

    def _kill_all(self) -> None:
        """Leave no process behind, whatever happened here."""
        for worker in self._workers:
            os.kill(worker.process, signal.SIGKILL)
            os.waitpid(worker.process, 0)
            worker.channel.close()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Have the numbers of the signals that come written to a socket, which the selector watches."""
        self._heard, self._noted = socket.socketpair()
        with self._heard, self._noted:
            self._heard.setblocking(False)
            self._noted.setblocking(False)
            self._selector.register(self._heard, selectors.EVENT_READ, self._hear)
            handlers = {number: signal.signal(number, lambda *_: None) for number in HEARD}
            noted = signal.set_wakeup_fd(self._noted.fileno(), warn_on_full_buffer=False)
            try:
                yield
            finally:
                signal.set_wakeup_fd(noted)
                for number, handler in handlers.items():
                    signal.signal(number, handler)


def work(plan: Plan, channel: socket.socket, metrics: Metrics) -> int:
    """Answer with what the keeper hands over until it says stop, or is gone; return the status to end with."""
    try:
        from sightline.app.serving.entrance import Handed
        from sightline.app.serving.running import serve_through

        serve_through(Handed(channel), plan, metrics)
    except Exception as error:  # noqa: BLE001 - whatever it is, the keeper tells it
        channel.setblocking(True)
        with suppress(OSError):
            channel.sendall(complaint(error))
        return 1
    return 0
