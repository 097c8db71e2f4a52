"""A watcher that keeps the history as a file."""

from collections.abc import Sequence
from pathlib import Path

from sightline.training.history import EpochRecord, write_history
from sightline.training.watchers.watcher import Watcher


class HistoryFile(Watcher):
    """Keeps a CSV file of all epochs up to date while a network is trained."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_epoch(self, history: Sequence[EpochRecord]) -> None:
        """Write the history so far."""
        write_history(self.path, history)
