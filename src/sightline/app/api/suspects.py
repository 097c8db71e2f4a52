"""``sightline.suspects``."""

from pathlib import Path

from sightline.app.api.inputs import Place, catalog_of
from sightline.core.choose import require_extra
from sightline.core.errors import SettingsError
from sightline.core.text import listed
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.line.narrator import Narrator
from sightline.line.trust.suspects import Suspects, suspects_of
from sightline.line.trust.witnesses import Witnesses


def suspects(
    data: Catalog | Place,
    *,
    export: Place | None = None,
    html: Place | None = None,
    ranking: Place | None = None,
    part: str = "",
    base: str = "",
    model: str = "",
    answers: Place | None = None,
    folders: Folders = "auto",
    seed: int = 0,
    force: bool = False,
    narrator: Narrator | None = None,
) -> Suspects:
    """Say which labels look wrong: each is judged by what has not learnt from it.

    Args:
        data: A catalog, or anything that `open_catalog` takes.
        export: Where to write ``suspects.csv``, which ``train --corrections`` takes; None writes nothing.
        html: Where to write a page with the surest twenty as pictures; None writes nothing.
        ranking: Where to write all labels that were judged, the most doubtful first; None writes nothing.
        part: The part whose labels are ranked, such as ``"test"``; all if empty.
        base: One that ``sightline models`` lists, or a model file of yours; heads on what it sees judge.
        model: One that is learnt in folds; all that are named judge together.
        answers: The ``predictions.csv`` of a run, whose model then judges its test part; nothing is learnt.
        folders: What folders called train, val or test are: ``"parts"``, ``"classes"``, or what the tree suggests.
        seed: Decides which pictures are in which fold.
        force: Replace files that are there.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        The suspects, the surest first, and about how many labels are wrong.

    Raises:
        DataError: There is nothing there that could be a data set, or a file is there already.
        SettingsError: There is no such base, model or part.
        MissingExtraError: The base that is named is not on this machine, with the command that installs it.
        RunError: A file can't be written or read, or a training diverged.

    Example::

        found = sightline.suspects("flowers", export="suspects.csv")
        found.errors.words
    """
    from sightline.app.terminal import Terminal

    if html is not None:
        require_extra("jinja2", extra="train", purpose="a page of suspects")
    witnesses = Witnesses(base, model, None if answers is None else Path(answers))
    catalog = catalog_of(data, folders=folders)
    if part and part not in catalog.given_parts:
        own = listed(sorted(catalog.given_parts)) or "none"
        raise SettingsError(f"{catalog.name} has no part {part!r}", hint=f"the data gives {own}; leave it out for all")
    found = suspects_of(catalog, witnesses.evidence(catalog, narrator or Terminal(), seed=seed))
    places = {"export": export, "html": html, "ranking": ranking}
    found.write(**{name: Path(place) for name, place in places.items() if place is not None}, part=part, force=force)
    return found
