"""Labels judged by what a base sees: every picture by heads that have not learnt from it."""

from sightline.data.catalog import Catalog
from sightline.line.features.looking import looked_through, required_extractor
from sightline.line.features.seen import Seen
from sightline.line.features.store import store_of
from sightline.line.methods.heads_of_folds import answers_of_folds
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.narrator import Narrator
from sightline.line.settings.transfer import TransferSettings


def base_evidence(catalog: Catalog, settings: TransferSettings, narrator: Narrator, *, seed: int) -> LabelEvidence:
    """Look at all pictures through a base, and ask heads about the pictures of other folds; copies are in one fold.

    Args:
        settings: Name the base that looks at the pictures.
        seed: Decides which pictures are in which fold.

    Raises:
        DataError: No picture with a label can be read.
        MissingExtraError: There is no base on this machine, with the command that installs one.
    """
    base = required_extractor(settings, purpose="labels are judged by what a base sees")
    with looked_through(catalog, base, narrator, doing="reading pictures") as looked:
        rows = looked.required_rows()
        features = store_of(base).features(looked, rows, narrator=narrator)
    return answers_of_folds(looked, Seen(rows, features, catalog.labels, len(catalog.classes)), seed=seed)
