"""``sightline.ensemble``."""

from collections.abc import Sequence
from pathlib import Path

from sightline.app.api.inputs import Place, catalog_of
from sightline.core.choose import require_extra
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.line.ensemble.ensemble import EnsembleCost, Joined, cost_of_ensemble, join
from sightline.line.ensemble.members import data_of
from sightline.line.narrator import Narrator


def ensemble(
    members: Sequence[Place],
    *,
    out: Place,
    by: str = "mean",
    data: Catalog | Place | None = None,
    force: bool = False,
    folders: Folders = "auto",
    download: bool = False,
    narrator: Narrator | None = None,
) -> Joined:
    """Make one model of several finished ones, such as of seeds or folds; nothing is trained.

    Args:
        members: Folders of runs, or model files with `data`; two or more that read pictures alike.
        out: The model file to write; its report is written beside it.
        by: ``"mean"`` of probabilities, ``"vote"``, or ``"greedy"`` selection by validation pictures; ``"weights"`` for
            the mean of the last weights of one run, which costs nothing.
        data: The pictures that they were trained on, or others; None takes what their runs name.
        force: Replace what is there.
        folders: What folders called train, val or test are: ``"parts"``, ``"classes"``, or what the tree suggests.
        download: Fetch a known set's original files when they are missing.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        The model file, and its report with each member, their disagreement, the gain and the cost.

    Raises:
        SettingsError: There is one member, no such way, or too little validation for a greedy selection.
        BundleError: The members can't be one model; it says why.
        DataError: No picture is new to all members.
        RunError: The members were trained on other data, or the file can't be written.
        MissingExtraError: A package that makes graphs or reports is not installed.

    Example::

        joined = sightline.ensemble(["seed-0", "seed-1", "seed-2"], out="joined/model.sightline")
        joined.report["ensemble"]["gain"]
    """
    from sightline.app.terminal import Terminal

    require_extra("torch", extra="train", purpose="sightline ensemble")
    places = [Path(member) for member in members]
    catalog = _catalog(places, data, folders=folders, download=download)
    return join(places, catalog, out=Path(out), way=by, force=force, narrator=narrator or Terminal())


def cost(
    members: Sequence[Place],
    *,
    by: str = "mean",
    data: Catalog | Place | None = None,
    folders: Folders = "auto",
    download: bool = False,
    narrator: Narrator | None = None,
) -> EnsembleCost:
    """Say what `ensemble` with the same arguments will cost, by a few timed answers; nothing is written.

    Raises:
        SettingsError: There is one member.
        BundleError: The members can't be one model; it says why.
        DataError: No picture is new to all members.
        RunError: The members were trained on other data.
    """
    from sightline.app.terminal import Terminal

    places = [Path(member) for member in members]
    catalog = _catalog(places, data, folders=folders, download=download)
    return cost_of_ensemble(places, catalog, way=by, narrator=narrator or Terminal())


def _catalog(places: Sequence[Path], data: Catalog | Place | None, *, folders: Folders, download: bool) -> Catalog:
    return catalog_of(data_of(places) if data is None else data, download=download, folders=folders)
