"""The answers of all folds together: each picture's, by the model that had not learnt from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.errors import RunError
from sightline.core.storage import csv_text
from sightline.data.catalog import Rows
from sightline.data.folds import Fold, Folds
from sightline.data.splits import units
from sightline.data.survey.record import Surveyed
from sightline.inference.graph import Probabilities
from sightline.line.answers import PROBABILITY
from sightline.line.comparison.predictions import read_predictions
from sightline.line.crossval.folder import CrossValidationFolder
from sightline.line.run import NEW_OR_FORCE


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Every picture's answer, once a repeat.

    Args:
        rows: (n,) the rows of the catalog that are in folds, ascending.
        truth: (n,) int64, the class of each.
        probabilities: (R, n, C) float32, of the model of the fold in which the picture is.
        units: (n,) int64, the same number for pictures that stay together.
    """

    surveyed: Surveyed
    folds: Folds
    rows: Rows
    truth: Rows
    probabilities: Probabilities
    units: Rows

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(R, n) whether each picture was named rightly."""
        right: npt.NDArray[np.bool_] = self.probabilities.argmax(axis=2) == self.truth
        return right

    def table(self) -> str:
        """Return ``out_of_fold.csv``: path, truth, repeat, fold, and a column a class; nine digits keep a float32."""
        classes = self.surveyed.catalog.classes
        return csv_text(
            ("path", "truth", "repeat", "fold", *(f"{PROBABILITY}{name}" for name in classes)), self._lines()
        )

    def _lines(self) -> Iterator[tuple[object, ...]]:
        catalog = self.surveyed.catalog
        for repeat, answers in enumerate(self.probabilities, 1):
            places = self.folds.places[repeat - 1, self.rows]
            for row, fold, answer in zip(self.rows, places, answers, strict=True):
                name, label = catalog.paths[row], catalog.label_of(row)
                yield name, label, repeat, fold, *(f"{value:.9g}" for value in answer)


def out_of_fold(surveyed: Surveyed, folds: Folds, place: CrossValidationFolder) -> OutOfFold:
    """Return what the finished runs of all folds said of the pictures of their own folds.

    Raises:
        RunError: A run's answers are damaged, or of other pictures.
    """
    catalog = surveyed.catalog
    rows = np.flatnonzero(folds.places[0] > 0)
    place_of = {int(row): number for number, row in enumerate(rows)}
    probabilities = np.zeros((len(folds.places), len(rows), len(catalog.classes)), dtype=np.float32)
    for fold in folds:
        places = [place_of[row] for row in folds.held_out(fold).tolist()]
        probabilities[fold.repeat - 1, places] = _answers(surveyed, folds, fold, place)
    unit_of = {row: number for number, unit in enumerate(units(surveyed, rows.tolist())) for row in unit}
    bound = np.array([unit_of[row] for row in rows.tolist()], dtype=np.int64)
    return OutOfFold(surveyed, folds, rows, catalog.labels[rows], probabilities, bound)


def _answers(surveyed: Surveyed, folds: Folds, fold: Fold, place: CrossValidationFolder) -> Probabilities:
    """Return the answers to the pictures of a fold, in the order of their rows.

    Raises:
        RunError: They are damaged, or answers to others.
    """
    file = place.run_of(fold).predictions
    predicted, catalog = read_predictions(file), surveyed.catalog
    expected = tuple(catalog.paths[row] for row in folds.held_out(fold))
    if predicted.paths != expected or predicted.classes != catalog.classes:
        raise RunError(f"{file} holds answers to other pictures than those of its fold", hint=NEW_OR_FORCE)
    return predicted.probabilities
