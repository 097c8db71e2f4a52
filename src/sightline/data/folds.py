"""Which sample is in which fold: every sample is tested on once, by a model that has not learnt from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.errors import DataError
from sightline.core.seeding import derived_seed
from sightline.core.storage import csv_text
from sightline.core.text import listed
from sightline.data.catalog import TEST, TRAIN, VALIDATION, Rows
from sightline.data.splits import LEFT_OUT, Split, assigned, text_digest, units
from sightline.data.survey.record import Surveyed

NOWHERE = -1
"""Stands in the place of a fold for a sample that is in none."""
KEPT_FOR_THE_END = "it is in the test part, which no fold looks at"


@dataclass(frozen=True)
class Fold:
    """One fold of one repeat, both counted from 1."""

    repeat: int
    number: int

    def __str__(self) -> str:
        """Return the name of its folder, such as ``"2-5"``: the fifth fold of the second repeat."""
        return f"{self.repeat}-{self.number}"


@dataclass(frozen=True, eq=False)
class Folds:
    """The fold of each sample, once a repeat.

    Args:
        count: K, how many folds a repeat has.
        places: (R, N) int64, the number of each sample's fold from 1 to K, or `NOWHERE`.
        digest: SHA-256 over every row's path, label, content digest and folds.
    """

    count: int
    places: npt.NDArray[np.int64]
    digest: str

    def __iter__(self) -> Iterator[Fold]:
        """Yield every fold of every repeat, in their order."""
        for repeat in range(1, len(self.places) + 1):
            for number in range(1, self.count + 1):
                yield Fold(repeat, number)

    def __len__(self) -> int:
        """Return how many trainings there are: K times R."""
        return self.count * len(self.places)

    def held_out(self, fold: Fold) -> Rows:
        """Return the rows in a fold, ascending: those that its model is asked about."""
        return np.flatnonzero(self.places[fold.repeat - 1] == fold.number)

    def others(self, fold: Fold) -> Rows:
        """Return the rows in the other folds of the same repeat, ascending: those that its model learns from."""
        place = self.places[fold.repeat - 1]
        return np.flatnonzero((place != fold.number) & (place != NOWHERE))

    def table(self, surveyed: Surveyed) -> str:
        """Return ``folds.csv``: path, label, content digest, and a column a repeat; empty for a sample in no fold."""
        catalog = surveyed.catalog
        header = ("path", "label", "sha256", *(f"repeat {number + 1}" for number in range(len(self.places))))
        return csv_text(
            header,
            (
                (path, catalog.label_of(row), digest, *("" if place == NOWHERE else place for place in places))
                for row, (path, digest, places) in enumerate(
                    zip(catalog.paths, surveyed.digests, self.places.T.tolist(), strict=True)
                )
            ),
        )


def folds_of(surveyed: Surveyed, rows: Rows, *, count: int, repeats: int = 1, seed: int = 0) -> Folds:
    """Divide some samples into stratified folds, once a repeat.

    Identical files and rows of one group are one unit, and a unit stays in one fold.

    Args:
        surveyed: The samples with their content digests.
        rows: (n,) those that are divided, all of them labelled and readable; the others are in no fold.
        count: K, how many folds a repeat has, 2 or more.
        repeats: R, 1 or more; each divides the samples in another way.
        seed: The same seed and files give the same folds.

    Raises:
        DataError: A class has fewer units than there are folds, so some fold could not be learnt for or tested.
    """
    bound = units(surveyed, rows.tolist())
    labels = surveyed.catalog.labels
    _require_enough(surveyed, bound, count)
    places = np.full((repeats, len(labels)), NOWHERE, dtype=np.int64)
    for repeat in range(repeats):
        places[repeat] = stratified(labels, bound, count=count, seed=derived_seed(seed, "folds", repeat))
    return Folds(count, places, _digest(surveyed, places))


def fold_places(surveyed: Surveyed, rows: Rows, *, count: int, seed: int) -> Rows:
    """Return the fold of each sample, (N,), from 1 to `count`; `NOWHERE` for one that is not among the rows.

    Args:
        surveyed: The samples with their content digests.
        rows: (n,) those that are divided, all of them labelled and readable; copies and groups stay together.
        count: How many folds there are.
        seed: The same seed and files give the same folds.
    """
    return stratified(surveyed.catalog.labels, units(surveyed, rows.tolist()), count=count, seed=seed)


def stratified(labels: Rows, bound: Sequence[Sequence[int]], *, count: int, seed: int) -> Rows:
    """Return the fold of each sample, (N,), from 1 to `count`; `NOWHERE` for one that is in no unit.

    Units are taken in random order, large ones first, and each goes where its classes are fewest, then where
    pictures are fewest. Of units of one picture, two folds hold the same number of a class, or one more.

    Args:
        labels: (N,) the class of each sample, 0 or more for those in a unit.
        bound: Rows that stay together; see `sightline.data.splits.units`.
        count: How many folds there are.
    """
    order = np.random.default_rng(seed).permutation(len(bound))
    label_of = labels.tolist()  # lists, since there is a look at a number for every sample
    held = [[0] * (max(label_of, default=0) + 1) for _ in range(count)]
    sizes = [0] * count
    places = np.full(len(labels), NOWHERE, dtype=np.int64)
    for unit in sorted((bound[number] for number in order), key=len, reverse=True):
        fold = min(range(count), key=lambda each: (sum(held[each][label_of[row]] for row in unit), sizes[each]))
        for row in unit:
            held[fold][label_of[row]] += 1
        sizes[fold] += len(unit)
        places[list(unit)] = fold + 1
    return places


def split_of(
    surveyed: Surveyed, division: Split, folds: Folds, fold: Fold, *, validation_fraction: float, seed: int
) -> Split:
    """Return the split that one fold's model learns by: its own fold is the test part, the others are learnt from.

    A validation part is taken out of the other folds, by whole units, so that nothing of the fold is looked at before
    its model is finished.

    Args:
        division: Their split with the test part that is left alone; it is left out of this one.
        folds: Over the training and validation part of that split.
        fold: Whose split it is.
        validation_fraction: The share of the other folds that the best epoch is chosen by, in (0, 1).
        seed: Decides which units are for validation.
    """
    parts = np.array(division.parts, dtype=object)
    reserved = division.rows(TEST)
    parts[reserved] = LEFT_OUT
    chosen_by = {VALIDATION: validation_fraction}
    for part, row in assigned(surveyed, folds.others(fold), chosen_by, seed=derived_seed(seed, "fold", str(fold))):
        parts[row] = part
    parts[folds.held_out(fold)] = TEST
    return Split.of(surveyed, parts, {**division.reasons, **dict.fromkeys(reserved.tolist(), KEPT_FOR_THE_END)})


def rows_to_divide(division: Split) -> Rows:
    """Return the rows that folds are made of, ascending: all that are for training or validation."""
    return np.sort(np.concatenate([division.rows(TRAIN), division.rows(VALIDATION)]))


def _require_enough(surveyed: Surveyed, bound: Sequence[Sequence[int]], count: int) -> None:
    """Raise if a class can't be in every fold.

    Raises:
        DataError: It can't.
    """
    classes, labels = surveyed.catalog.classes, surveyed.catalog.labels
    counts = np.zeros(len(classes), dtype=np.int64)
    for unit in bound:
        counts[list({int(labels[row]) for row in unit})] += 1
    few = [f"{classes[place]!r} ({counts[place]})" for place in np.flatnonzero((counts > 0) & (counts < count))]
    if few:
        least = int(counts[counts > 0].min())
        advice = f"take --folds {least} or fewer, or " if least > 1 else ""
        raise DataError(
            f"{count} folds are more than some classes have pictures of different content and group: {listed(few)}",
            hint=f"{advice}add pictures of these classes, or leave them out",
        )


def _digest(surveyed: Surveyed, places: npt.NDArray[np.int64]) -> str:
    catalog = surveyed.catalog
    return text_digest(
        f"{path}\t{catalog.label_of(row)}\t{digest}\t{places_of}\n"
        for row, (path, digest, places_of) in enumerate(
            zip(catalog.paths, surveyed.digests, places.T.tolist(), strict=True)
        )
    )
