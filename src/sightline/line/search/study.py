"""A study of one stage: trials are asked for, trained and told; what a killed process began is taken up again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import filelock
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.pruners import BasePruner
from optuna.storages import BaseStorage, fail_stale_trials
from optuna.trial import FrozenTrial, Trial, TrialState

from sightline.core.errors import RunError
from sightline.core.seeding import derived_seed
from sightline.line.search.sampler import SAMPLERS, place_of
from sightline.line.search.space import Point, Space
from sightline.line.search.storage import alive, calm, storing
from sightline.line.search.trial import Judged, Reported, pruning

WAITING_SECONDS = 0.5
"""Between two looks at trials that other processes have not finished."""
PROBLEM, SECONDS, IDENTITY = "problem", "seconds", "identity"
Objective = Callable[[Point, Path, Reported], Judged]
"""From a trial's settings, its folder and what it reports to, to what came out."""


@dataclass(frozen=True, eq=False)
class StageStudy:
    """One stage's study, open to this process and to others.

    Args:
        study: As Optuna keeps it.
        space: What is searched through.
        sampler: The name of a sampler.
        count: How many trials there are to be.
        folder: Where the trials' runs are; another machine has one of its own.
        seed: What the samplers of all trials are seeded by.
        is_shared: Whether processes on other machines work at the study too.
    """

    study: optuna.Study
    space: Space
    sampler: str
    count: int
    folder: Path
    seed: int
    is_shared: bool = False

    def run(self, objective: Objective, *, may_begin: Callable[[], bool] = lambda: True) -> None:
        """Do what is left of the trials, together with other processes, and return once all of them are finished.

        Args:
            may_begin: Whether there is time for another trial.

        Raises:
            RunError: The study or a trial's folder can't be written.
        """
        with storing(self.folder):
            while True:
                with self._claimed(may_begin()) as trial:
                    if trial is not None:
                        self._do(trial, objective)
                        continue
                if not self._running():
                    return
                time.sleep(WAITING_SECONDS)

    def finished(self) -> list[FrozenTrial]:
        """Return the trials that have a value or were pruned, in their order."""
        return self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))

    def ranked(self) -> list[FrozenTrial]:
        """Return the trials that came to their end without a problem, the best first; of equals, the earlier."""
        complete = [
            trial
            for trial in self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if not trial.user_attrs.get(PROBLEM)
        ]
        return sorted(complete, key=lambda trial: (-(trial.value or 0.0), trial.number))

    def _running(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    @contextmanager
    def _claimed(self, may_begin: bool) -> Iterator[Trial | None]:  # noqa: FBT001 - what the clock says
        """Give a trial that is this process's alone: one that a dead process left, or else the next; None for none."""
        with filelock.FileLock(self.folder / f".{self.study.study_name}.lock") as asking:
            self.study.sampler = SAMPLERS[self.sampler](self.space, self.seed)
            for frozen in self._running():
                place = self._place(frozen.number)
                if self.is_shared and not place.exists():
                    continue  # of another machine
                with self._held(place) as is_mine:
                    if is_mine:
                        asking.release()
                        yield Trial(self.study, frozen._trial_id)  # noqa: SLF001 - the only way back to a running trial
                        return
            if self.is_shared:
                with calm():
                    fail_stale_trials(self.study)
            trial = self._next() if may_begin else None
            if trial is None:
                asking.release()
                yield None
                return
            with self._held(self._place(trial.number)):
                asking.release()
                yield trial

    def _next(self) -> Trial | None:
        """Return the next trial; None where all there are to be have been asked for."""
        trials = self.study.get_trials(deepcopy=False)
        waits = any(trial.state is TrialState.WAITING for trial in trials)
        if sum(self._counts(trial) for trial in trials) >= self.count and not waits:
            return None
        with calm():
            trial = self.study.ask()
        if place_of(self.study, self._frozen(trial)) >= self.count and not waits:  # another machine asked meanwhile
            self.study.tell(trial, state=TrialState.FAIL)
            return None
        return trial

    def _counts(self, trial: FrozenTrial) -> bool:
        return trial.state not in (TrialState.FAIL, TrialState.WAITING)

    def _frozen(self, trial: Trial) -> FrozenTrial:
        return self.study.get_trials(deepcopy=False)[trial.number]

    def _place(self, number: int) -> Path:
        return self.folder / f"{self.study.study_name}-{number:04d}"

    @contextmanager
    def _held(self, place: Path) -> Iterator[bool]:
        """Hold a trial while the context lasts, and say whether it is held: another process may have it."""
        lock = filelock.FileLock(place.with_name(f".{place.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def _do(self, trial: Trial, objective: Objective) -> None:
        """Train what a trial asks for, and tell the study."""
        seed = derived_seed(self.seed, self.study.study_name, trial.number)
        self.study.sampler = SAMPLERS[self.sampler](self.space, seed % 2**32)
        point, started = self.space.suggested(trial), time.perf_counter()
        with suppress(UpdateFinishedTrialError):  # this process was silent for long, and another took the trial over
            try:
                with alive(trial):
                    judged = objective(point, self._place(trial.number), pruning(trial))
            except optuna.TrialPruned:
                trial.set_user_attr(SECONDS, time.perf_counter() - started)
                self.study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
                return
            trial.set_user_attr(SECONDS, max(judged.seconds, time.perf_counter() - started))
            if judged.problem:
                trial.set_user_attr(PROBLEM, judged.problem)
            self.study.tell(trial, judged.accuracy, skip_if_finished=True)


def opened(name: str, storage: BaseStorage, pruner: BasePruner, *, identity: str, place: Path) -> optuna.Study:
    """Open a study, or begin it.

    Args:
        name: What it is called in its storage.
        identity: What two processes must agree on: space, settings and pictures, as text.
        place: Of the search, for errors.

    Raises:
        RunError: It was begun with others, or can't be written.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with storing(place):
        study = optuna.create_study(
            study_name=name, storage=storage, pruner=pruner, direction="maximize", load_if_exists=True
        )
        before = study.user_attrs.get(IDENTITY)
        if before is None:
            study.set_user_attr(IDENTITY, identity)
        elif before != identity:
            raise RunError(
                f"the study {name!r} of {place} was begun with another space, other settings or other pictures",
                hint="give the space and settings that it was begun with, choose another --out or --storage, or begin "
                "anew with --force",
            )
    return study
