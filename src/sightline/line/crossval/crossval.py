"""The story of a cross-validation: read once, divide, a training a fold, then the final model meets the test part."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.rules import Rule
from sightline.core.storage import write_whole
from sightline.data.catalog import Catalog
from sightline.data.folds import Folds, folds_of, rows_to_divide
from sightline.line.crossval.folder import CrossValidationFolder
from sightline.line.narrator import Narrator
from sightline.line.reading import Divided, Dividing, dividing
from sightline.line.resolution import decided_aside
from sightline.line.settings.values import Settings
from sightline.line.train import (
    FinishedRun,
    import_what_reports_need,
    requested,
    require_classification,
    require_one_seed,
)

if TYPE_CHECKING:
    from sightline.line.cost import Cost

PURPOSE = "cross-validation"
COUNTS = {"folds": Rule(int, "of each repeat", least=2), "repeats": Rule(int, "each time anew", least=1)}


@dataclass(frozen=True)
class Plan:
    """How the pictures are divided.

    Args:
        folds: K, 2 or more.
        repeats: R, 1 or more.

    Raises:
        SettingsError: One of them is less, or no whole number.
    """

    folds: int
    repeats: int = 1

    def __post_init__(self) -> None:
        """Refuse what divides nothing."""
        for name, rule in COUNTS.items():
            rule.check(name, getattr(self, name))

    @property
    def trainings(self) -> int:
        """How many models are trained: one a fold, and the final one."""
        return self.folds * self.repeats + 1

    def folds_of(self, divided: Divided, settings: Settings) -> Folds:
        """Return the folds over all that is outside the test part.

        Raises:
            DataError: A class has fewer pictures, none of them bound to another, than there are folds.
        """
        rows = rows_to_divide(divided.split)
        return folds_of(divided.surveyed, rows, count=self.folds, repeats=self.repeats, seed=settings.split_seed)

    def settings_of(self, settings: Settings) -> Settings:
        """Return the settings of one training: the minutes are for all of them together."""
        return settings.changed(minutes=settings["minutes"] / self.trainings)


class CrossValidated(FinishedRun):
    """A cross-validation that has come to its end; as a run, it is that of the final model."""

    @property
    def out_of_fold(self) -> Path:
        """Every picture's answer by the model that had not learnt from it."""
        return CrossValidationFolder(self.folder).out_of_fold

    def as_json(self) -> dict[str, Any]:
        """Return what a run has, and the figures over all folds."""
        return {**super().as_json(), "cross_validation": self.report["cross_validation"]}


@dataclass(frozen=True, eq=False)
class Begun:
    """A cross-validation whose pictures are being read.

    Args:
        settings: Those of each training, which has its share of the minutes.
        divide: Finishes the reading, and splits what was read.
    """

    settings: Settings
    divide: Dividing


@contextmanager
def begun(
    data: Catalog | str | os.PathLike[str],
    plan: Plan,
    *,
    out: Path,
    download: bool,
    narrator: Narrator,
    file: Mapping[str, Any] | None,
    named: Mapping[str, Any],
) -> Iterator[Begun]:
    """Begin to read the pictures; the arguments and errors are those of `cross_validate`."""
    request = requested(data, out=out, purpose=PURPOSE, download=download, narrator=narrator, file=file, named=named)
    require_classification(request.settings, PURPOSE)
    require_one_seed(request.settings, "leave it out, and name --repeats for the spread")
    settings = plan.settings_of(request.settings)
    with dividing(request.catalog, settings, test_fraction=settings["test_fraction"], keep_in=out) as divide:
        yield Begun(settings, divide)


def cross_validate(
    data: Catalog | str | os.PathLike[str],
    plan: Plan,
    *,
    out: str | os.PathLike[str],
    force: bool = False,
    download: bool = False,
    narrator: Narrator,
    file: Mapping[str, Any] | None = None,
    **settings: Any,
) -> CrossValidated:
    """Judge a kind of training by folds, then train the final model; the same call again goes on where it was.

    Args:
        data: A catalog, or what `open_catalog` takes.
        plan: How the pictures are divided.
        out: The folder of the final model's run, with the folds' runs in it.
        force: Begin a finished one, or one with other settings, anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Who tells the user.
        file: Settings from a file, which those that are named win over.
        settings: Any setting of a training; ``minutes`` are for all trainings together.

    Raises:
        DataError: The data must be mended first, or a class has too few pictures for so many folds.
        SettingsError: A setting is unknown or impossible.
        RunError: The folder can't be used, or a training diverged.
    """
    place = CrossValidationFolder(Path(out))
    with begun(
        data, plan, out=place.folder, download=download, narrator=narrator, file=file, named=settings
    ) as beginning:
        from sightline.line.crossval.figures import figures_of  # the steps import torch, while others read pictures
        from sightline.line.crossval.out_of_fold import out_of_fold
        from sightline.line.crossval.trainings import prepared_for, train_folds
        from sightline.line.steps import follow

        import_what_reports_need()
        chosen, run = beginning.settings, place.final
        with run.locked():
            if not force:
                run.begin(chosen, force=False)  # what can't go on is said before the pictures are read
            divided = beginning.divide(narrator)
            folds = plan.folds_of(divided, chosen)
            if force:  # only now it is known that it can begin
                first = prepared_for(divided, folds, next(iter(folds)), chosen)
                with decided_aside(first, chosen, started=time.perf_counter()):
                    place.clear()
                    run.begin(chosen, force=True)
            place.begin(folds.table(divided.surveyed), divided.split.table(divided.surveyed))
            if run.is_finished:
                narrator.say(f"{run.folder} holds this cross-validation, finished: its result again")
                return CrossValidated(run.folder, run.finished_report())
            narrator.tell_findings(divided.findings)
            train_folds(divided, folds, place, chosen, narrator)
            answers = out_of_fold(divided.surveyed, folds, place)
            write_whole(place.out_of_fold, answers.table())
            figures = figures_of(answers, place)
            narrator.say("the final model, from all but the test part")
            report = follow(
                run,
                divided.prepared(chosen),
                chosen,
                narrator,
                started=time.perf_counter(),
                sections=(figures,),
            )
            return CrossValidated(run.folder, report)


def cost_of_cross_validation(
    data: Catalog | str | os.PathLike[str],
    plan: Plan,
    *,
    out: str | os.PathLike[str],
    download: bool = False,
    narrator: Narrator,
    file: Mapping[str, Any] | None = None,
    **settings: Any,
) -> "Cost":
    """Say what a cross-validation will cost, from a few timed steps; the pictures are read, and nothing is trained.

    The arguments and errors are those of `cross_validate`.
    """
    with begun(data, plan, out=Path(out), download=download, narrator=narrator, file=file, named=settings) as beginning:
        from sightline.line.cost import cost_of
        from sightline.line.crossval.trainings import prepared_for

        divided = beginning.divide(narrator)
        folds = plan.folds_of(divided, beginning.settings)
        first = prepared_for(divided, folds, next(iter(folds)), beginning.settings)
        return cost_of(first, beginning.settings, trainings=plan.trainings)
