"""The folder of a cross-validation: the run of the final model, with the runs of the folds in it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sightline.core.errors import RunError
from sightline.core.regular import content_of
from sightline.core.storage import write_whole, writing
from sightline.data.folds import Fold
from sightline.line.run import NEW_OR_FORCE, Run


@dataclass(frozen=True)
class CrossValidationFolder:
    """The places in a cross-validation's folder, besides those of the final model's run."""

    folder: Path

    @property
    def final(self) -> Run:
        """The run of the model that learns from all folds; it lies in the folder itself."""
        return Run(self.folder)

    @property
    def table(self) -> Path:
        """Which picture is in which fold."""
        return self.folder / "folds.csv"

    @property
    def runs(self) -> Path:
        """The folder with a run a fold."""
        return self.folder / "folds"

    @property
    def out_of_fold(self) -> Path:
        """Every picture's answer by the model that had not learnt from it, once a repeat."""
        return self.folder / "out_of_fold.csv"

    def run_of(self, fold: Fold) -> Run:
        """Return the run of one fold's model."""
        return Run(self.runs / str(fold))

    def clear(self) -> None:
        """Remove what only a cross-validation writes."""
        with writing(self.folder):
            shutil.rmtree(self.runs, ignore_errors=True)
            for path in (self.out_of_fold, self.table):
                path.unlink(missing_ok=True)

    def begin(self, table: str, split: str) -> None:
        """Make the locked folder ready: write which picture is where, or see that it is as it was.

        Args:
            table: What ``folds.csv`` holds, or is to hold.
            split: What the ``split.csv`` of the final run holds.

        Raises:
            RunError: The folder holds a run that is no cross-validation, or one of other folds or pictures.
        """
        run = self.final
        if run.split.exists() and not self.table.exists():
            raise RunError(f"{self.folder} holds a run that was no cross-validation", hint=NEW_OR_FORCE)
        if self.table.exists() and content_of(self.table) != table.encode(errors="surrogateescape"):
            raise RunError(
                f"{self.table} divides other pictures, or into other folds or repeats, than those that are asked for",
                hint=f"give the same --folds and --repeats, put the pictures back as they were, or {NEW_OR_FORCE}",
            )
        with writing(self.runs):
            self.runs.mkdir(exist_ok=True)
        write_whole(self.table, table)
        if not run.split.exists():
            write_whole(run.split, split)
