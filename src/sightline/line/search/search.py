"""The story of a search: read once, coarse, fine, finalists; then the winner meets the test part once."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.choose import require_extra
from sightline.core.errors import SettingsError
from sightline.core.storage import json_text
from sightline.data.catalog import Catalog
from sightline.line.narrator import Narrator
from sightline.line.reading import Dividing, dividing
from sightline.line.resolution import method_for
from sightline.line.search.folder import SearchFolder
from sightline.line.search.space import Space, auto_space, read_space, space_of
from sightline.line.search.stage import Budget
from sightline.line.settings.values import Settings
from sightline.line.train import FinishedRun, import_what_reports_need, requested, require_one_seed

if TYPE_CHECKING:
    from sightline.line.cost import Cost

AUTO_SPACE = "auto"
BY_CLOCK = 1_000
"""Trials at most where only the minutes bound them."""


@dataclass(frozen=True)
class Request:
    """What a search is asked for.

    Args:
        space: ``"auto"``, a TOML file, or a document of the same form.
        trials: How many settings are tried; 0 for as many as the minutes allow.
        sampler: ``"tpe"``, ``"random"`` or ``"grid"``.
        folds: Judge each trial by so many folds of all that is outside the test part; 0 for the validation part.
        finalists: How many of the best are trained in full.
        finalist_seeds: With how many seeds each.
        storage: A URL of Optuna's for several machines; empty for a journal file in the folder.
    """

    space: str | os.PathLike[str] | Mapping[str, Any] = AUTO_SPACE
    trials: int = 0
    sampler: str = "tpe"
    folds: int = 0
    finalists: int = 3
    finalist_seeds: int = 3
    storage: str = field(default="", compare=False)

    def budget(self, minutes: float) -> Budget:
        """Return how much is tried.

        Raises:
            SettingsError: A number is impossible, or neither trials nor minutes bound the search.
        """
        for name, least in (("trials", 0), ("finalists", 1), ("finalist_seeds", 1)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} = {getattr(self, name)}", hint=f"expected {least} or more")
        if self.folds == 1 or self.folds < 0:
            raise SettingsError(f"folds = {self.folds}", hint="expected 0, or 2 or more")
        if not self.trials and not minutes:
            raise SettingsError("nothing bounds the search", hint="name --trials N or --minutes M")
        return Budget(self.trials or BY_CLOCK, self.finalists, self.finalist_seeds, minutes)

    def as_json(self) -> dict[str, Any]:
        """Return what two processes of one search must agree on, as plain values; the space stands for itself."""
        return {name: value for name, value in asdict(self).items() if name not in ("space", "storage")}


class Searched(FinishedRun):
    """A search that has come to its end; as a run, it is that of the winner."""

    def as_json(self) -> dict[str, Any]:
        """Return what a run has, and what the search found."""
        return {**super().as_json(), "search": self.report["search"]}


@dataclass(frozen=True, eq=False)
class Begun:
    """A search whose pictures are being read.

    Args:
        settings: Those that are not searched, with no clock of their own.
        budget: How much may be tried.
        divide: Finishes the reading, and splits what was read.
    """

    settings: Settings
    budget: Budget
    divide: Dividing

    def space(self, request: Request, *, pictures: int) -> Space:
        """Return the space that is searched.

        Args:
            pictures: Of the training part.

        Raises:
            SettingsError: It is none, or names what has been named already.
        """
        space = _space(request.space, self.settings, pictures=pictures)
        taken = [name for name in space.entries if self.settings.origins.get(name) in ("named", "file")]
        if taken:
            raise SettingsError(
                f"{', '.join(taken)} can't be both named and searched", hint="leave it out of one of the two"
            )
        return space


@contextmanager
def begun(
    data: Catalog | str | os.PathLike[str],
    request: Request,
    *,
    out: Path,
    download: bool,
    narrator: Narrator,
    file: Mapping[str, Any] | None,
    named: Mapping[str, Any],
) -> Iterator[Begun]:
    """Begin to read the pictures; the arguments and errors are those of `search`."""
    require_extra("optuna", extra="search", purpose="sightline search")
    from sightline.line.search.sampler import require_sampler

    require_sampler(request.sampler)
    if request.space != AUTO_SPACE:
        _document_space(request.space)  # what is wrong with it is said before a picture is read
    asked = requested(data, out=out, purpose="the search", download=download, narrator=narrator, file=file, named=named)
    require_one_seed(asked.settings, "leave it out, and name --finalist-seeds")
    budget = request.budget(asked.settings["minutes"])
    settings = asked.settings.changed(minutes=0.0)
    with dividing(asked.catalog, settings, test_fraction=settings["test_fraction"], keep_in=out) as divide:
        yield Begun(settings, budget, divide)


def search(
    data: Catalog | str | os.PathLike[str],
    request: Request,
    *,
    out: str | os.PathLike[str],
    force: bool = False,
    download: bool = False,
    narrator: Narrator,
    file: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Searched:
    """Search for good settings, and train the winner; the same call again goes on, and another process may join in.

    Args:
        data: A catalog, or what `open_catalog` takes.
        request: What is searched, and how.
        out: The folder of the winner's run, with the study and the trials in it.
        force: Begin anew.
        download: Fetch a known set's original files when they are missing.
        narrator: Who tells the user.
        file: Settings from a file, which those that are named win over.
        settings: Those that are not searched; ``minutes`` are for the trials together.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting or the space is impossible.
        RunError: The folder or the study can't be used, or no trial came to its end.
        MissingExtraError: Optuna, or a package that trainings need, is not installed.
    """
    place = SearchFolder(Path(out))
    with begun(
        data, request, out=place.folder, download=download, narrator=narrator, file=file, named=settings
    ) as beginning:
        from sightline.line.search.course import Course  # imports torch, while other processes read pictures
        from sightline.line.steps import follow

        import_what_reports_need()
        divided = beginning.divide(narrator)
        pictures = divided.split.counts()["train"]
        space = beginning.space(request, pictures=pictures)
        identity = _identity(request, beginning, space, divided.split.digest)
        with place.locked():
            place.begin(identity, beginning.settings, force=force)
        narrator.tell_findings(divided.findings)
        course = Course(divided, beginning.settings, beginning.budget, request, space, place, identity, narrator)
        found = course.run()
        with place.locked():
            run = place.winner
            place.hand_over(found.finalist)
            run.begin(found.settings, force=False)
            narrator.say("the winner meets the test part")
            report = follow(
                run,
                lambda _: divided.prepared(found.settings),
                found.settings,
                narrator,
                started=time.perf_counter(),
                sections=(found.section,),
            )
        return Searched(place.folder, report)


def cost_of_search(
    data: Catalog | str | os.PathLike[str],
    request: Request,
    *,
    out: str | os.PathLike[str],
    download: bool = False,
    narrator: Narrator,
    file: Mapping[str, Any] | None = None,
    **settings: Any,
) -> "Cost":
    """Say what a search will cost at most, from a few timed steps; the pictures are read, and nothing is trained.

    The arguments and errors are those of `search`.
    """
    with begun(data, request, out=Path(out), download=download, narrator=narrator, file=file, named=settings) as begins:
        from sightline.line.cost import cost_of

        divided = begins.divide(narrator)
        begins.space(request, pictures=divided.split.counts()["train"])
        trainings = begins.budget.cost * max(1, request.folds)
        return cost_of(divided.prepared(begins.settings), begins.settings, trainings=trainings)


def _space(space: str | os.PathLike[str] | Mapping[str, Any], settings: Settings, *, pictures: int) -> Space:
    if space != AUTO_SPACE:
        return _document_space(space)
    named = frozenset(name for name, origin in settings.origins.items() if origin in ("named", "file"))
    return auto_space(method_for(settings).reads, named, model=settings["model"], pictures=pictures)


def _document_space(space: str | os.PathLike[str] | Mapping[str, Any]) -> Space:
    return space_of(space) if isinstance(space, Mapping) else read_space(Path(space))


def _identity(request: Request, beginning: Begun, space: Space, digest: str) -> str:
    """Return what two processes of one search must agree on, as text."""
    values = {name: str(value) for name, value in beginning.settings.values.items()}
    return json_text(
        {
            "space": json.loads(json.dumps(space.as_json(), default=str)),
            "search": request.as_json() | {"minutes": beginning.budget.minutes},
            "split": digest,
            "settings": values,
        }
    )
