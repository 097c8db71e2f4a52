"""Where a study is kept: a journal file in the search's folder, or any storage that Optuna knows by a URL."""

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages._heartbeat import get_heartbeat_thread
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from sightline.core.errors import BusyError, RunError
from sightline.core.storage import unwritable, writing

if TYPE_CHECKING:
    from optuna.trial import Trial

HEARTBEAT_SECONDS = 60
"""A trial in a database that was silent for twice as long belongs to a dead process, and is taken up by another."""


class KernelLock:
    """The lock of a journal, which ends with its process: one that was killed keeps nobody waiting.

    Args:
        path: Of the lock's own file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = filelock.FileLock(path)

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Give it back."""
        self._lock.release()


def journal(path: Path) -> BaseStorage:
    """Open a journal file, which is made where it is missing; half a line that a killed process left is cut off.

    Raises:
        RunError: It can't be written.
    """
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"))
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with lock:
            _mend(path)
        own = KernelLock(path.with_name(f".{path.name}.lock"))
        return JournalStorage(JournalFileBackend(str(path), own))  # type: ignore[arg-type] # its base is private


def _mend(path: Path) -> None:
    """Cut off what stands behind the last whole line."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)


def database(url: str) -> RDBStorage:
    """Open any storage that Optuna knows by a URL; trials of processes that fell silent are taken up.

    Raises:
        RunError: It can't be opened.
    """
    try:
        with calm():
            return RDBStorage(
                url,
                heartbeat_interval=HEARTBEAT_SECONDS,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
            )
    except Exception as error:  # whatever the database's own driver raises
        raise RunError(
            f"the storage {url!r} can't be opened: {str(error).splitlines()[0]}",
            hint="give a URL such as sqlite:///study.db, and install the database's driver; without --storage a "
            "journal file is kept beside the results",
        ) from error


@contextmanager
def calm() -> Iterator[None]:
    """Keep Optuna 5, whose version is pinned, from warning of its heartbeats: that they are new, and used by `ask`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.filterwarnings("ignore", "Heartbeat of storage is supposed to be used with Study.optimize")
        yield


def forget(storage: RDBStorage, names: Collection[str]) -> None:
    """Remove studies from a storage, so that a search begins anew.

    Raises:
        BusyError: A process of one of them is alive.
    """
    for study in storage.get_all_studies():
        if study.study_name not in names:
            continue
        number = study._study_id  # noqa: SLF001 - its only name
        running = storage.get_all_trials(number, deepcopy=False, states=(TrialState.RUNNING,))
        silent = storage._get_stale_trial_ids(number)  # noqa: SLF001 - as `fail_stale_trials` asks
        if {trial._trial_id for trial in running} - set(silent):  # noqa: SLF001 - its only name
            raise BusyError(
                f"the study {study.study_name!r} can't begin anew: a process works on it, or did until "
                f"{2 * HEARTBEAT_SECONDS} seconds ago",
                hint="wait for its end, or choose another --storage",
            )
        storage.delete_study(number)


@contextmanager
def storing(place: Path) -> Iterator[None]:
    """Say what the system has against a study that is written within, such as that its disk is full.

    Raises:
        RunError: It has something against it.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(place, error) from error
    except StorageInternalError as error:
        raise RunError(
            f"the study can't be written: {str(error).splitlines()[0]}",
            hint="make room, or look at the database, and give the same command again; finished trials are kept",
        ) from error


@contextmanager
def alive(trial: "Trial") -> Iterator[None]:
    """Tell a database again and again that a trial's process is alive; a journal asks for no such sign."""
    with get_heartbeat_thread(trial._trial_id, trial.storage):  # noqa: SLF001 - Optuna's own way in `Study.optimize`
        yield
