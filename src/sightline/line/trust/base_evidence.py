"""Labels judged by what a base sees: every picture by heads that have not learnt from it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from sightline.core.errors import MissingExtraError
from sightline.core.seeding import derived_seed
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import Catalog
from sightline.data.folds import stratified
from sightline.data.splits import units
from sightline.data.survey import survey
from sightline.evaluation.trust.fold_heads import fold_answers
from sightline.line.features.extractor import Extractor, extractor_of
from sightline.line.features.store import store_of
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.narrator import Narrator
from sightline.line.settings.transfer import TransferSettings

FOLDS = 5


def base_evidence(catalog: Catalog, settings: TransferSettings, narrator: Narrator, *, seed: int) -> LabelEvidence:
    """Look at all pictures through a base, and ask heads about the pictures of other folds; copies are in one fold.

    Args:
        settings: Name the base that looks at the pictures.
        seed: Decides which pictures are in which fold.

    Raises:
        DataError: No picture with a label can be read.
        MissingExtraError: There is no base on this machine, with the command that installs one.
    """
    base = _required(settings)
    with TemporaryDirectory() as folder, narrator.counting("reading pictures", len(catalog)) as advance:
        looked = survey(catalog, base.format, keep_in=Path(folder), cache_in=pixel_folder(), advance=advance)
        rows = looked.required_rows()
        features = store_of(base).features(looked, rows, narrator=narrator)
    places = stratified(catalog.labels, units(looked, rows.tolist()), count=FOLDS, seed=derived_seed(seed, "suspects"))
    answers = fold_answers(features, catalog.labels[rows], places[rows], classes=len(catalog.classes))
    return LabelEvidence(rows, answers)


def _required(settings: TransferSettings) -> Extractor:
    try:
        return extractor_of(settings)
    except MissingExtraError as error:
        raise MissingExtraError(f"labels are judged by what a base sees: {error.problem}", hint=error.hint) from error
