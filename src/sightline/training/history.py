"""What a training showed, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from sightline.core.storage import write_csv


@dataclass(frozen=True)
class EpochRecord:
    """One epoch's figures.

    Args:
        epoch: Counted from 1.
        learning_rate: At the epoch's first step.
        training_loss: Mean over the epoch's batches, while the weights changed.
        training_accuracy: Likewise.
        validation_loss: After the epoch.
        validation_accuracy: After the epoch.
        validation_score: What the best epoch is chosen by: the validation accuracy, or the balanced
            accuracy where classes were to count alike.
        l1_penalty: Mean over the epoch's steps; no part of the losses above.
        l2_penalty: Likewise.
        seconds: Of the training batches alone.
        validation_seconds: Of the look at the validation part.
        images_per_second: Training pictures over `seconds`.
        waiting_seconds: Of `seconds`, those in which the network waited for pictures: cut out, resized, altered.
    """

    epoch: int
    learning_rate: float
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_score: float
    l1_penalty: float
    l2_penalty: float
    seconds: float
    validation_seconds: float
    images_per_second: float
    waiting_seconds: float = 0.0


def best_epoch(history: Sequence[EpochRecord]) -> int:
    """Return the epoch with the highest validation score, of equals the one with the lowest loss."""
    best = max(history, key=lambda record: (record.validation_score, -record.validation_loss))
    return best.epoch


def write_history(path: Path, history: Sequence[EpochRecord]) -> None:
    """Write ``history.csv``, a line an epoch."""
    write_csv(path, [field.name for field in fields(EpochRecord)], [astuple(record) for record in history])


class HistoryFile:
    """A watcher that keeps ``history.csv`` up to date while a network is trained.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_start(self, epochs_done: int) -> None:
        """Do nothing."""

    def on_step(self, epoch: int, network: object, tally: object) -> None:
        """Do nothing."""

    def on_epoch(self, history: Sequence[EpochRecord]) -> None:
        """Write the history so far."""
        write_history(self.path, history)
