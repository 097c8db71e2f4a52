"""The service as a whole: what ``sightline.serve`` and ``sightline serve`` do."""

import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sightline.app.http.limits import HttpLimits
from sightline.app.serving.answers.limits import PictureLimits
from sightline.app.serving.naming import Models, named_files
from sightline.core.choose import choose, require_extra
from sightline.core.errors import SettingsError
from sightline.core.runtimes import core_count
from sightline.inference.bundle import bundle_file

if TYPE_CHECKING:
    from sightline.app.serving.processes.plan import Plan

MOST_UNASKED = 4
MODEL_BYTES = 512 * 2**20
"""Of the model files that all processes hold together, unless the user says how many there shall be."""
METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
LIMITS: Mapping[str, tuple[float, float, float]] = {
    "max_megabytes": (1, 32, 512),
    "max_pictures": (1, 64, 10_000),
    "max_queue": (1, 512, 100_000),
    "max_connections": (1, 512, 10_000),
    "read_seconds": (0.1, 20, 3600),
    "answer_seconds": (0.1, 30, 3600),
}
"""The least that a process may take, what it takes unless the user says otherwise, and the most; the verb's flags have
the same."""
MOST_PROCESSES, MOST_PORT = 64, 65535
LEAVE_OUT = "leave it out for the usual"


def serve(
    models: Models,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token_file: str | os.PathLike[str] | None = None,
    watch: bool = False,
    allow_enroll: bool = False,
    processes: int | None = 1,
    **limits: float,
) -> None:
    """Answer over HTTP with models, and show a page, until SIGTERM or Ctrl-C; SIGHUP loads the models anew.

    It blocks, and belongs into the main thread of a program. Several processes import the program's file again, so
    they need the usual ``if __name__ == "__main__":`` around the call.

    Args:
        models: A ``model.sightline`` file or the folder of a run; several in a list, or by name in a dictionary.
        host: Where to listen; whoever is not on this machine needs a token.
        port: 0 to 65535; 0 finds a free one.
        token_file: A file with a token of at least 16 letters that every request must bring.
        watch: Whether a model is loaded anew when its file changes.
        allow_enroll: Whether who may ask may also add classes to the models' files, and take them away again.
        processes: How many answer, 1 or more; None for one a core, at most four.
        limits: Any of ``max_megabytes``, ``max_pictures``, ``max_queue``, ``max_connections``, ``read_seconds`` and
            ``answer_seconds``, of each process.

    Raises:
        SettingsError: A name, the address, the token or a limit can't be used.
        BundleError: A model can't be loaded.
        MissingExtraError: A package of the extra ``serve`` is not installed; or a model is of format version 1, and
            torch is not.

    Example:
        ::

            sightline.serve("runs/flowers", port=8080, max_pictures=8)
            sightline.serve({"flowers": "runs/7", "birds": "birds.sightline"}, watch=True)
    """
    require_extra(
        "fastapi", "uvicorn", "httptools", "python_multipart", "prometheus_client", extra="serve",
        purpose="sightline serve",
    )  # fmt: skip
    from sightline.app.http.address import bound, is_loopback, is_readable_by_others, token_in
    from sightline.app.http.security import AccessRules
    from sightline.app.serving.processes.plan import Plan

    _require_within("port", port, (0, MOST_PORT), hint=LEAVE_OUT)
    _require_within("processes", 1 if processes is None else processes, (1, MOST_PROCESSES), hint=LEAVE_OUT)
    http, pictures = _limits(limits)
    files = named_files(models)
    token = token_in(Path(token_file)) if token_file is not None else None
    if token_file is not None and is_readable_by_others(Path(token_file)):
        click.echo(f"warning: others on this machine may read {token_file}; chmod 600 it", err=True)
    count = processes_for(files) if processes is None else processes
    plan = Plan(files, AccessRules.of(host, token), http, pictures, watch=watch, teach=allow_enroll, workers=count)
    with bound(host, port) as listener:
        if token is None and not is_loopback(listener):
            raise SettingsError(
                f"--host {host} can be reached from other machines, and nobody is asked for a token",
                hint="give --token-file FILE with a token of at least 16 letters, or leave --host out",
            )
        serve_plan(plan, listener)


def processes_for(files: Mapping[str, Path]) -> int:
    """Return how many processes answer if the user does not say.

    One a core, at most four, and no more than have room for the models: every process holds all of them. Large
    models lose nothing by it: their graphs keep the cores busy from one process too.
    """
    size = sum(file.stat().st_size for file in map(bundle_file, files.values()) if file.exists())
    return max(1, min(core_count(), MOST_UNASKED, MODEL_BYTES // max(size, 1)))


def serve_plan(plan: "Plan", listener: socket.socket) -> None:
    """Serve until a signal comes.

    Args:
        plan: Its number of workers decides whether a supervisor is needed.
        listener: A socket that has its address.

    Raises:
        BundleError: A model can't be loaded.
        MissingExtraError: A model is of format version 1, and torch is not installed.
    """
    from sightline.app.http.address import url_of
    from sightline.app.http.log import LOGGER, open_log
    from sightline.app.serving.processes.server import BACKLOG, serve_alone

    url = url_of(listener)

    def announce() -> None:
        listener.listen(BACKLOG)  # the worker that has its models may be about to
        for name in plan.files:
            click.echo(f"serving {name} at {url}")

    with _restored_signals():
        if plan.workers == 1:
            serve_alone(plan, listener, announce)
        else:
            _serve_together(plan, listener, announce)
    with open_log():
        LOGGER.info("stopped")


@contextmanager
def _restored_signals() -> Iterator[None]:
    """Give the signals back to those who had them: uvicorn keeps them, or ends with the number of one."""
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None and handler is not signal.getsignal(number):
                signal.signal(number, handler)


def _serve_together(plan: "Plan", listener: socket.socket, announce: Callable[[], None]) -> None:
    from sightline.app.http.log import open_log
    from sightline.app.serving.processes.supervisor import Supervisor

    with _metrics_folder() as folder, open_log():
        supervisor = Supervisor(replace(plan, metrics_folder=folder), listener, announce)
        supervisor.run()
    if supervisor.failure is not None:
        raise supervisor.failure


@contextmanager
def _metrics_folder() -> Iterator[Path]:
    """Have a private folder in which all workers count; prometheus_client learns of it by the environment alone."""
    before = os.environ.get(METRICS_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="sightline-", ignore_cleanup_errors=True) as folder:
        os.environ[METRICS_VARIABLE] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ[METRICS_VARIABLE]
            else:
                os.environ[METRICS_VARIABLE] = before


def _limits(changes: Mapping[str, float]) -> tuple[HttpLimits, PictureLimits]:
    """Return what a process takes.

    Raises:
        SettingsError: There is no limit of a name, or one is not within its bounds.
    """
    for name, value in changes.items():
        least, usual, most = choose(name, LIMITS, kind="limit")
        _require_within(name, value, (least, most), hint=f"the usual is {usual:g}")
    values = {name: usual for name, (_, usual, _) in LIMITS.items()} | dict(changes)
    most_pictures = int(values["max_pictures"])
    http = HttpLimits(
        body_bytes=int(values["max_megabytes"] * 2**20),
        connections=int(values["max_connections"]),
        read_seconds=values["read_seconds"],
        answer_seconds=values["answer_seconds"],
    )
    return http, PictureLimits(pictures=most_pictures, queue=max(int(values["max_queue"]), most_pictures))


def _require_within(name: str, value: float, bounds: tuple[float, float], *, hint: str) -> None:
    """Raise unless a number is within its bounds; NaN never is.

    Raises:
        SettingsError: It is not.
    """
    least, most = bounds
    if not least <= value <= most:
        raise SettingsError(f"{name} is {value:g}; expected {least:g} to {most:g}", hint=hint)
