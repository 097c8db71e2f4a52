"""Who judges the labels of a data set: a base, a model that is learnt in folds, answers that are there already."""

from dataclasses import dataclass
from pathlib import Path

from sightline.core.errors import MissingExtraError
from sightline.data.catalog import Catalog
from sightline.line.comparison.predictions import read_predictions
from sightline.line.methods.heads_of_folds import FOLDS
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.narrator import Narrator
from sightline.line.settings.transfer import TransferSettings
from sightline.line.trust.answer_evidence import answer_evidence
from sightline.line.trust.base_evidence import base_evidence

ANSWERS = "give the predictions.csv of a run or the out_of_fold.csv of a cross-validation"


@dataclass(frozen=True)
class Witnesses:
    """Who judges: all that are named, together, what all of them have answered about; the first base where nothing is.

    Args:
        base: A name that ``sightline models`` lists, ``"auto"`` for the first, or a model file; empty if none is named.
        model: A model that is learnt in folds; empty if none is named.
        answers: The ``predictions.csv`` of a run or the ``out_of_fold.csv`` of a cross-validation, whose pictures are
            judged; None if there is none.
        accept: Codes of findings that the user takes as they are.
    """

    base: str = ""
    model: str = ""
    answers: Path | None = None
    accept: tuple[str, ...] = ()

    def evidence(self, catalog: Catalog, narrator: Narrator, *, seed: int) -> LabelEvidence:
        """Return what they say of the pictures.

        Raises:
            DataError: No picture can be read, or the answers are about others.
            MissingExtraError: A base is named that is not on this machine.
            SettingsError: There is no such base or model.
            RunError: The answers can't be read, or a training diverged.
        """
        found = [] if self.answers is None else [answer_evidence(catalog, read_predictions(self.answers, hint=ANSWERS))]
        if self.base:
            found.append(base_evidence(catalog, TransferSettings(base=self.base), narrator, seed=seed))
        if self.model:
            from sightline.line.trust.fold_evidence import fold_evidence  # imports torch, which no other witness needs

            found.append(fold_evidence(catalog, {"model": self.model, "accept": self.accept}, narrator, seed=seed))
        return LabelEvidence.joined(found, catalog.labels) if found else self._unnamed(catalog, narrator, seed=seed)

    def _unnamed(self, catalog: Catalog, narrator: Narrator, *, seed: int) -> LabelEvidence:
        """Return what the first base says, or the model that a training takes by itself where none is installed."""
        try:
            return base_evidence(catalog, TransferSettings(), narrator, seed=seed)
        except MissingExtraError as error:
            from sightline.line.trust.fold_evidence import fold_evidence

            narrator.say(
                f"{error.problem}: a model is learnt in {FOLDS} folds instead, which takes longer ({error.hint})"
            )
            return fold_evidence(catalog, {"baseline": "none", "accept": self.accept}, narrator, seed=seed)
