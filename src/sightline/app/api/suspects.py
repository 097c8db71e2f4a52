"""``sightline.suspects``."""

import os
from collections.abc import Iterable
from pathlib import Path

from sightline.app.api.inputs import Place, catalog_of
from sightline.core.choose import require_extra
from sightline.core.errors import SettingsError
from sightline.core.findings import accepted, errors_among
from sightline.core.text import listed
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.line.input.checked_split import require_mended
from sightline.line.narrator import Narrator
from sightline.line.output_place import require_output_place
from sightline.line.pages.command_words import as_word
from sightline.line.settings.run import RunSettings
from sightline.line.trust.suspects import Suspects, require_places, suspects_of
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
    accept: Iterable[str] = (),
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
        base: One that ``sightline models`` lists, ``"auto"`` for the first, or a model file of yours; heads on what it
            sees judge.
        model: One that is learnt in folds; all that are named judge together.
        answers: The ``predictions.csv`` of a run, whose model then judges its test part, or the ``out_of_fold.csv`` of
            a cross-validation; nothing is learnt.
        accept: Codes of errors to take as they are, such as ``("path-outside",)``; see `check`.
        folders: What folders called train, val or test are: ``"parts"``, ``"classes"``, or what the tree suggests.
        seed: Decides which pictures are in which fold.
        force: Replace files that are there.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        The suspects, the surest first, and about how many labels are wrong.

    Raises:
        DataError: There is nothing there that could be a data set, or it must be mended first.
        SettingsError: There is no such base, model, part or seed, or two outputs are one file.
        MissingExtraError: The base that is named is not on this machine, with the command that installs it.
        RunError: A file is there already, can't be written or read, or a training diverged.

    Example::

        found = sightline.suspects("flowers", export="suspects.csv")
        found.errors.words
    """
    from sightline.app.terminal import Terminal

    if html is not None:
        require_extra("jinja2", extra="train", purpose="a page of suspects")
    named = {"export": export, "html": html, "ranking": ranking}
    places = {name: Path(place) for name, place in named.items() if place is not None}
    for name, place in places.items():
        require_output_place(place, data=data, option=f"--{name}")
    require_places(places, force=force)
    for fault in RunSettings.faults({"seed": seed}):
        raise fault
    witnesses = Witnesses(base, model, None if answers is None else Path(answers), tuple(accept))
    catalog = catalog_of(data, folders=folders)
    require_mended(errors_among(accepted(catalog.findings, accept)))
    _require_part(part, catalog, ranking)
    found = suspects_of(catalog, witnesses.evidence(catalog, narrator or Terminal(), seed=seed))
    found.write(**places, part=part, data=_words_of(data, folders), force=force)
    return found


def _words_of(data: Catalog | Place, folders: Folders) -> str:
    """Return DATA as the words of a command; empty for what only this process has."""
    if isinstance(data, Catalog):
        return ""
    return as_word(os.fspath(data)) + ("" if folders == "auto" else f" --folders {folders}")


def _require_part(part: str, catalog: Catalog, ranking: Place | None) -> None:
    """Raise if a part is named that is not given, or that nothing is asked about.

    Raises:
        SettingsError: It is.
    """
    if part and ranking is None:
        raise SettingsError(
            f"part = {part!r} says whose labels are ranked, and no ranking is asked for",
            hint="name a file for it, as --ranking ranking.csv, or leave the part out: all pictures are judged",
        )
    if part and part not in catalog.given_parts:
        own = listed(sorted(catalog.given_parts)) or "none"
        raise SettingsError(f"{catalog.name} has no part {part!r}", hint=f"the data gives {own}; leave it out for all")
