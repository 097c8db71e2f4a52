"""The story of a search: read once, coarse, fine, finalists; then the winner meets the test part once."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.choose import require_extra
from sightline.core.errors import SettingsError
from sightline.core.findings import gravest_first
from sightline.core.storage import json_text
from sightline.data.catalog import Catalog
from sightline.line.input.checked_split import folds_by_chance
from sightline.line.narrator import Narrator
from sightline.line.reading import Dividing, dividing
from sightline.line.resolution import method_for
from sightline.line.search.folder import SearchFolder
from sightline.line.search.request import AUTO_SPACE, Request
from sightline.line.search.space import EXAMPLE, Space, auto_space, read_space, space_of
from sightline.line.search.stage import COARSE, FINALISTS, FINE, Budget
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


PURPOSE = "the search"


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
            SettingsError: It is none, or names what has been named already, or what the model does not read.
        """
        if request.space != AUTO_SPACE:
            return _document_space(request.space, self.settings)
        named = frozenset(_named(self.settings))
        return auto_space(method_for(self.settings).reads, named, model=self.settings["model"], pictures=pictures)


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
    asked = requested(data, out=out, purpose=PURPOSE, download=download, narrator=narrator, file=file, named=named)
    require_classification(asked.settings, PURPOSE)
    require_one_seed(asked.settings, "leave it out, and name --finalist-seeds")
    if request.space != AUTO_SPACE:
        _document_space(request.space, asked.settings)  # what is wrong with it is said before a picture is read
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
        force: Begin anew, whatever the folder holds of an earlier search.
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
        from sightline.line.search.storage import database, forget
        from sightline.line.steps import follow

        import_what_reports_need()
        divided = beginning.divide(narrator)
        pictures = divided.split.counts()["train"]
        space = beginning.space(request, pictures=pictures)
        if force and request.storage:
            forget(database(request.storage), (COARSE, FINE, FINALISTS))
        identity = _identity(request, beginning, space, divided.split.digest)
        with place.locked():
            place.begin(identity, beginning.settings, force=force)
        of_folds = folds_by_chance(beginning.settings) if request.folds else ()
        narrator.tell_findings(gravest_first((*divided.findings, *of_folds)))
        course = Course(divided, beginning.settings, beginning.budget, request, space, place, identity, narrator)
        found = course.run()
        with place.locked():
            run = place.winner
            place.hand_over(found.finalist)
            run.begin(found.settings, force=False)
            narrator.say("the winner meets the test part")
            report = follow(
                run,
                divided.prepared(found.settings),
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
        trainings = begins.budget.cost(folds=request.folds)
        cost = cost_of(divided.prepared(begins.settings), begins.settings, trainings=trainings)
        return cost.within(60 * begins.budget.minutes) if begins.budget.minutes else cost


def _document_space(document: str | os.PathLike[str] | Mapping[str, Any], settings: Settings) -> Space:
    """Return the space of a file or a document.

    Raises:
        SettingsError: It is none, or names what has been named already, or what the model does not read.
    """
    if not isinstance(document, Mapping | str | os.PathLike):
        raise SettingsError(f"space = {document!r}", hint=f"expected auto, a TOML file or a document; {EXAMPLE}")
    space = space_of(document) if isinstance(document, Mapping) else read_space(Path(document))
    space.require_read(method_for(settings).reads, model=settings["model"])
    taken = [name for name in space.entries if name in _named(settings)]
    if taken:
        raise SettingsError(
            f"{', '.join(taken)} can't be both named and searched", hint="leave it out of one of the two"
        )
    return space


def _named(settings: Settings) -> list[str]:
    return [name for name, origin in settings.origins.items() if origin in ("named", "file")]


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
