"""The service as a whole: what is served, and by how many processes."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from sightline.app.serving.address import url_of
from sightline.app.serving.limits import Limits
from sightline.app.serving.log import Log
from sightline.core.errors import SettingsError
from sightline.inference.bundle import bundle_file

MOST_UNASKED = 4
MODEL_BYTES = 512 * 2**20
"""Of the model files that all processes hold together, unless the user says how many there shall be."""
BACKLOG = 256


@dataclass(frozen=True)
class Plan:
    """What is to be served, and how.

    Args:
        files: Each model's file or run folder by its name.
        host: As the user wrote it.
        token: What every request must bring; None where nobody is asked.
        watch: Whether a model is loaded anew when its file changes.
        limits: What is taken, by all processes together.
        processes: How many answer.
    """

    files: Mapping[str, Path]
    host: str
    token: str | None
    watch: bool
    limits: Limits
    processes: int = 1

    @property
    def threads(self) -> int:
        """How many threads of a process decode, and compute a batch together: its share of the cores."""
        return max(1, (os.cpu_count() or 1) // self.processes)


def can_share() -> bool:
    """Return whether processes of this system can hand each other connections."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds")


def processes_for(files: Mapping[str, Path]) -> int:
    """Return how many processes answer if the user does not say.

    One a core, at most four, and no more than have room for the models: every process holds all of them. Large
    models lose nothing by it: their graphs keep the cores busy from one process too.
    """
    if not can_share():
        return 1
    held = sum(file.stat().st_size for file in map(bundle_file, files.values()) if file.exists())
    return max(1, min(os.cpu_count() or 1, MOST_UNASKED, MODEL_BYTES // max(held, 1)))


def serve(plan: Plan, taken: socket.socket) -> None:
    """Serve until a signal comes: SIGTERM and SIGINT end the service, SIGHUP loads the models anew.

    Args:
        plan: What is to be served.
        taken: A socket that has its address.

    Raises:
        BundleError: A model can't be loaded.
        MissingExtraError: A model is of format version 1, and torch is not installed.
        SettingsError: Several processes are asked for where the system has no way to share a port; or one of them
            was ended while it started.
    """
    if plan.processes == 1:
        from sightline.app.serving.running import serve_alone

        serve_alone(plan, taken)
    elif can_share():
        from sightline.app.serving.keeper import Keeper

        Keeper(plan, taken).run()
    else:
        raise SettingsError("processes can't share a port on this system", hint="leave --processes out")
    log = Log()
    log.say("stopped")
    log.close()


def announce(plan: Plan, taken: socket.socket) -> None:
    """Open the port, and tell so on the standard output."""
    taken.listen(BACKLOG)
    for name in plan.files:
        click.echo(f"serving {name} at {url_of(taken)}")
