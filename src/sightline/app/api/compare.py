"""``sightline.compare``."""

from collections.abc import Sequence
from pathlib import Path

from sightline.app.api.inputs import Place, catalog_of
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.evaluation.significance.ranking import Ranking
from sightline.line.comparison.compared import compare_on_data, compare_runs
from sightline.line.narrator import Narrator


def compare(
    models: Sequence[Place],
    *,
    data: Catalog | Place | None = None,
    part: str | None = None,
    folders: Folders = "auto",
    download: bool = False,
    narrator: Narrator | None = None,
) -> Ranking:
    """Compare models on the same pictures: one test a pair, corrected for having compared so many.

    Args:
        models: Folders of runs or of cross-validations, two or more; with `data` model files too.
        data: Labelled pictures that are new to all of them; None takes the answers that the runs have given to their
            test part, or to their folds.
        part: ``"train"``, ``"validation"`` or ``"test"``, if the data has parts, or ``"all"``.
        folders: What folders called train, val or test are: ``"parts"``, ``"classes"``, or what the tree suggests.
        download: Fetch a known set's original files when they are missing.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        The models, the best first, and each pair with its verdict, which never contradicts its interval.

    Raises:
        SettingsError: There are fewer than two models, or one is named twice.
        RunError: A run is not finished, or they have other test parts or classes; it says which.
        BundleError: A model can't be read.
        DataError: The data can't be read, or holds no picture that is new to all.

    Example::

        print(sightline.compare(["run", "run-2"]).words)
    """
    from sightline.app.terminal import Terminal

    places = [Path(model) for model in models]
    if data is None:
        return compare_runs(places)
    catalog = catalog_of(data, download=download, folders=folders)
    return compare_on_data(places, catalog, part=part, narrator=narrator or Terminal())
