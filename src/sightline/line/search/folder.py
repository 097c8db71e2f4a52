"""The folder of a search: the run of the winner, with the study and the runs of its trials in it."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sightline.core.errors import BusyError, RunError
from sightline.core.regular import text_of
from sightline.core.storage import write_whole, writing
from sightline.line.run import NEW_OR_FORCE, Run
from sightline.line.settings.values import Settings

WAITING_SECONDS = 0.2


@dataclass(frozen=True)
class SearchFolder:
    """The places in a search's folder, besides those of the winner's run."""

    folder: Path

    @property
    def winner(self) -> Run:
        """The run of the winner, in the folder itself."""
        return Run(self.folder)

    @property
    def identity(self) -> Path:
        """What the search was begun with: space, settings, pictures and budget."""
        return self.folder / "search.json"

    @property
    def journal(self) -> Path:
        """Every trial, as Optuna's journal has it."""
        return self.folder / "study.journal"

    @property
    def trials(self) -> Path:
        """The folder with the runs of the trials."""
        return self.folder / "trials"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; wait while another process of the same search does."""
        while True:
            try:
                with self.winner.locked():
                    yield
                    return
            except BusyError:
                time.sleep(WAITING_SECONDS)

    def begin(self, identity: str, settings: Settings, *, force: bool) -> None:
        """Make the locked folder ready: a new search, or one that goes on.

        Args:
            identity: What the search is begun with, as text.
            settings: Of every trial, as far as they are not searched.
            force: Begin anew, whatever the folder holds of an earlier search.

        Raises:
            RunError: The folder holds another search or another run.
        """
        with writing(self.folder):
            if force:
                shutil.rmtree(self.trials, ignore_errors=True)
                for path in (self.identity, self.journal):
                    path.unlink(missing_ok=True)
            if not self.identity.exists():
                if self.winner.split.exists() and not force:
                    raise RunError(f"{self.folder} holds a run that was no search", hint=NEW_OR_FORCE)
                self.winner.begin(settings, force=force)
            elif text_of(self.identity) != identity:
                raise RunError(
                    f"{self.folder} holds a search that was begun with another space, other settings, another number "
                    "of trials or other pictures (see its search.json)",
                    hint=f"give what it was begun with, or {NEW_OR_FORCE}",
                )
            self.trials.mkdir(exist_ok=True)
        write_whole(self.identity, identity)

    def hand_over(self, finalist: Run) -> None:
        """Let the winner's run begin where the training of a finalist ended; without that it is trained again."""
        run = self.winner
        if run.checkpoints.exists() or not finalist.checkpoints.exists():
            return
        aside = self.folder / ".checkpoints.copy"
        with writing(run.checkpoints):
            shutil.rmtree(aside, ignore_errors=True)
            shutil.copytree(finalist.checkpoints, aside)
            for name in (run.decided.name, run.history.name, run.layers.name):
                if (finalist.folder / name).exists():
                    write_whole(run.folder / name, (finalist.folder / name).read_bytes())
            aside.rename(run.checkpoints)
