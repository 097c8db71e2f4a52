"""One trial: a training that is judged by validation pictures alone, and ended early where its study says so."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from optuna import TrialPruned

from sightline.core.errors import SettingsError, TrainingError
from sightline.core.percent import percent
from sightline.data.catalog import VALIDATION, Rows
from sightline.line.methods.contract import Learnt
from sightline.line.narrator import Silent
from sightline.line.prepared import Prepared
from sightline.line.resolution import decided, method_for
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.training.checkpoints import Checkpoints
from sightline.training.watchers.watcher import Watcher

if TYPE_CHECKING:
    from sightline.training.history import EpochRecord
    from sightline.training.recipe import Recipe

WORST = 0.0
"""The accuracy of a trial whose training diverged or whose settings do not go together."""
Reported = Callable[[float, int], None]
"""Takes an accuracy and how far the trial is, and raises `TrialPruned` to end it."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What came out of one training.

    Args:
        accuracy: On the pictures that it was judged by, 0 to 1.
        right: (n,) whether each of them was named rightly; empty where the training failed.
        seconds: How long the training took.
        problem: Why it failed, in words; empty where it did not.
    """

    accuracy: float
    right: npt.NDArray[np.bool_]
    seconds: float
    problem: str = ""

    @property
    def words(self) -> str:
        """What came out, in a word or two."""
        return f"failed: {self.problem}" if self.problem else percent(self.accuracy)


class Reports(Watcher):
    """Tells a study the validation accuracy after each epoch."""

    def __init__(self, report: Reported) -> None:
        self._report = report

    def on_epoch(self, history: "Sequence[EpochRecord]") -> None:
        """Report the last epoch; its training ends where the report says so."""
        self.tell(history[-1])

    def tell(self, record: "EpochRecord") -> None:
        """Report one epoch."""
        accuracy = record.validation.get("accuracy", math.nan)
        self._report(accuracy if math.isfinite(accuracy) else WORST, record.epoch)


class Reporting(Silent):
    """A narrator that tells a study, and nobody else, how a training goes.

    Args:
        report: Takes the accuracy of each epoch.
    """

    def __init__(self, report: Reported) -> None:
        self._report = report

    @contextmanager
    def watcher(self, recipe: "Recipe", batch_count: int) -> Iterator[Watcher]:  # noqa: ARG002 - the contract's
        """Watch each epoch."""
        yield Reports(self._report)


def judged(prepared: Prepared, settings: Settings, run: Run, *, rows: Rows, report: Reported) -> Judged:
    """Train, from the last checkpoint if there is one, and judge by some pictures outside the test part.

    Args:
        rows: (n,) the pictures that the model is judged by; it has not learnt from them.
        report: Takes the validation accuracy of each epoch.

    Raises:
        TrialPruned: The report ended the training.
    """
    started = time.perf_counter()
    with run.locked():
        try:
            run.begin(settings, force=False)
            for record in Checkpoints(run.checkpoints).history():  # a killed process may not have told its last epoch
                Reports(report).tell(record)
            chosen = decided(prepared, settings, started=started, run=run)
            learnt = method_for(settings).learn(prepared, chosen, run=run, narrator=Reporting(report))
        except (TrainingError, SettingsError) as error:
            return Judged(WORST, np.zeros(0, np.bool_), time.perf_counter() - started, error.problem)
    right = _right(learnt, prepared, rows)
    return Judged(float(right.mean()), right, learnt.seconds)


def _right(learnt: Learnt, prepared: Prepared, rows: Rows) -> npt.NDArray[np.bool_]:
    logits = learnt.logits(prepared.pixels, rows)
    right: npt.NDArray[np.bool_] = logits.argmax(axis=1) == prepared.catalog.labels[rows]
    return right


def pruning(trial: Any) -> Reported:
    """Return what reports to an Optuna trial, and ends it where its pruner says so."""

    def report(value: float, step: int) -> None:
        if step not in trial.storage.get_trial(trial._trial_id).intermediate_values:  # noqa: SLF001 - told before a kill
            trial.report(value, step)
        if trial.should_prune():
            raise TrialPruned

    return report


def validation_rows(prepared: Prepared) -> Rows:
    """Return the rows of the validation part."""
    return prepared.split.rows(VALIDATION)
