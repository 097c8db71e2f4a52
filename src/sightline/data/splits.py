"""Which sample is for training, validation and test."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from sightline.core.seeding import derived_seed
from sightline.core.storage import csv_text
from sightline.data.catalog import CALIBRATION, PARTS, TEST, TRAIN, VALIDATION, Catalog, Rows
from sightline.data.survey.record import Surveyed
from sightline.data.times.parts import parts_by_time
from sightline.data.times.reading import Times

LEFT_OUT = "left-out"
UNLABELLED = "unlabelled"
OF_HELD_BACK = "the same picture or group is in the"
"""How the reason begins why a picture is left out that is bound to one of the validation or test part."""

LEAST_VALIDATION = 2_000
"""Validation pictures from which on half of them are enough to choose the best epoch by."""
CALIBRATION_SHARE = 0.5

Parts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Split:
    """The part of each sample.

    Args:
        parts: A word a row of the catalog: ``"train"``, ``"validation"``, ``"calibration"``, ``"test"``,
            ``"unlabelled"`` for a sample without a class, or ``"left-out"``.
        reasons: Row to reason, for every row that is left out.
        digest: SHA-256 over every row's path, label, content digest and part: two runs with the same
            digest trained, chose and tested on the same samples.
    """

    parts: tuple[str, ...]
    reasons: dict[int, str]
    digest: str

    @classmethod
    def of(cls, surveyed: Surveyed, parts: Iterable[str], reasons: dict[int, str]) -> Self:
        """Return the split of samples into parts, a word a row, with its digest."""
        words = tuple(parts)
        catalog = surveyed.catalog
        lines = (
            f"{path}\t{catalog.label_of(row)}\t{digest}\t{part}\n"
            for row, (path, digest, part) in enumerate(zip(catalog.paths, surveyed.digests, words, strict=True))
        )
        return cls(words, reasons, text_digest(lines))

    def rows(self, part: str) -> Rows:
        """Return the rows of a part, ascending."""
        return np.flatnonzero(np.array(self.parts, dtype=object) == part)

    def counts(self) -> dict[str, int]:
        """Return the number of samples for training, validation and test."""
        return {part: self.parts.count(part) for part in PARTS}

    def table(self, surveyed: Surveyed) -> str:
        """Return ``split.csv``: path, label, group, part, content digest, and why a row is left out."""
        catalog = surveyed.catalog
        return csv_text(
            ("path", "label", "group", "part", "sha256", "reason"),
            (
                (name, catalog.label_of(row), group, part, digest, self.reasons.get(row, ""))
                for row, (name, group, part, digest) in enumerate(
                    zip(catalog.paths, catalog.groups, self.parts, surveyed.digests, strict=True)
                )
            ),
        )


def split(
    surveyed: Surveyed,
    *,
    validation_fraction: float = 0.15,
    test_fraction: float = 0.15,
    seed: int = 0,
    times: Times | None = None,
) -> Split:
    """Split a catalog, stratified by class, or by time.

    - Parts that the data set gives are kept. A part that is missing is taken out of the training part:
      `validation_fraction` and `test_fraction` are then shares of what is split.
    - Identical files, near copies and rows of one group are one unit, and a unit stays on one side.
    - A sample that can't be read is left out; so is a training or validation sample that stands in
      a later given part too, so that the figure on the test part stays honest; and so is a row without a
      given part that is one unit with a row of a given validation or test part.
    - A class of at least three units is in every part that is split off.
    - A sample without a label is in a part of its own, which is never tested on; it is left out if it is one unit with
      a sample that the model is chosen by or tested on.

    Args:
        surveyed: The samples with their content digests and problems.
        validation_fraction: A share in [0, 1).
        test_fraction: A share in [0, 1); both together below 1.
        seed: Decides which units go where; the same seed and files give the same split.
        times: When each sample was taken: the latest are then tested on, those before them chosen by, and what has no
            time is learnt from. Chance and classes play no part.
    """
    catalog = surveyed.catalog
    parts, reasons = kept_parts(surveyed)
    fractions = {VALIDATION: validation_fraction, TEST: test_fraction}
    missing = {part: share for part, share in fractions.items() if part not in catalog.given_parts and share > 0}
    pool = np.flatnonzero((parts == "") | (parts == TRAIN))
    if times is None:
        placed = assigned(surveyed, pool, missing, seed=seed)
    else:
        parts[pool] = TRAIN
        placed = parts_by_time(units(surveyed, pool), times, missing)
    for part, row in placed:
        parts[row] = part
    bound = dict(_unlabelled_of_held_back(surveyed, parts))
    parts[list(bound)] = LEFT_OUT
    return Split.of(surveyed, parts, reasons | bound)


def kept_parts(surveyed: Surveyed) -> tuple[Parts, dict[int, str]]:
    """Return each sample's part before any is made, (N,), and why a row is left out.

    Returns:
        ``"left-out"``, ``"unlabelled"``, a part that the data gives, or ``""``; and row to reason.
    """
    parts = np.array(surveyed.catalog.parts, dtype=object)
    parts[~surveyed.catalog.labelled] = UNLABELLED
    reasons = dict(surveyed.problems)
    reasons.update(_copies_in_later_parts(surveyed, parts))
    reasons.update(_bound_to_a_given_part(surveyed, parts))
    parts[list(reasons)] = LEFT_OUT
    return parts, reasons


def with_calibration_part(surveyed: Surveyed, division: Split, *, seed: int) -> Split:
    """Return a split in which half of a large validation part chooses nothing and calibrates; else the split itself.

    The training and the test part stay as they are, so no figure has fewer pictures to learn from or to be made on.
    The half is stratified, and copies and groups stay together.

    Args:
        division: Which sample is for training, validation and test.
        seed: Decides which half of it that is.
    """
    rows = division.rows(VALIDATION)
    if len(rows) < LEAST_VALIDATION:
        return division
    parts = np.array(division.parts, dtype=object)
    parts[rows] = VALIDATION
    for part, row in assigned(surveyed, rows, {CALIBRATION: CALIBRATION_SHARE}, seed=seed):
        parts[row] = CALIBRATION if part == CALIBRATION else VALIDATION
    return Split.of(surveyed, parts, division.reasons)


def leave_out(surveyed: Surveyed, division: Split) -> Split:
    """Return a split without the rows that turned out to have a problem after it was made."""
    late = {row: problem for row, problem in surveyed.problems.items() if row not in division.reasons}
    if not late:
        return division
    parts = tuple(LEFT_OUT if row in late else part for row, part in enumerate(division.parts))
    return Split.of(surveyed, parts, {**division.reasons, **late})


def _copies_in_later_parts(surveyed: Surveyed, parts: Parts) -> Iterator[tuple[int, str]]:
    """Yield (row, reason) for each row whose copy stands in a later given part."""
    place_of = {part: place for place, part in enumerate(PARTS)}
    latest = dict[str, int]()
    for part, digest in zip(parts, surveyed.digests, strict=True):
        if part in place_of and digest:
            latest[digest] = max(latest.get(digest, 0), place_of[part])
    for row, (part, digest) in enumerate(zip(parts, surveyed.digests, strict=True)):
        if part in place_of and digest and row not in surveyed.problems and place_of[part] < latest[digest]:
            yield row, f"the same picture is in the {PARTS[latest[digest]]} part"


def _bound_to_a_given_part(surveyed: Surveyed, parts: Parts) -> Iterator[tuple[int, str]]:
    """Yield (row, reason) for each row without a part that is bound to one of a given validation or test part."""
    if not surveyed.catalog.given_parts or parts.all():  # nobody is without a part
        return
    for unit in units(surveyed, np.flatnonzero(surveyed.usable)):
        if len(unit) == 1:
            continue
        held_back = [part for part in (TEST, VALIDATION) if part in parts[unit]]
        for row in unit:
            if held_back and not parts[row]:
                yield row, f"{OF_HELD_BACK} {held_back[0]} part"


def _unlabelled_of_held_back(surveyed: Surveyed, parts: Parts) -> Iterator[tuple[int, str]]:
    """Yield (row, reason) for each row without a label that is bound to one of the validation or test part."""
    unlabelled = parts == UNLABELLED
    if not unlabelled.any():
        return
    for unit in units(surveyed, np.flatnonzero(surveyed.usable & (parts != LEFT_OUT))):
        held_back = [part for part in (TEST, VALIDATION) if part in parts[unit]]
        for row in unit:
            if held_back and unlabelled[row]:
                yield row, f"{OF_HELD_BACK} {held_back[0]} part"


def assigned(surveyed: Surveyed, pool: Rows, missing: dict[str, float], *, seed: int) -> Iterator[tuple[str, int]]:
    """Yield (part, row), filling each class's quota with whole units, large units first.

    Args:
        pool: The rows that are divided; what no part in `missing` takes is for training.
        missing: The parts that are split off, and the share of the pool that each should get.
        seed: Decides which units go where.
    """
    bound = units(surveyed, pool)
    order = np.random.default_rng(derived_seed(seed, "split")).permutation(len(bound))
    shuffled = sorted((bound[number] for number in order), key=len, reverse=True)
    wanted = {part: quota.tolist() for part, quota in _quotas(surveyed.catalog, shuffled, missing).items()}
    label_of = surveyed.catalog.labels.tolist()  # lists, since there is a look at a number for every sample
    for unit in shuffled:
        part = max(wanted, key=lambda name: sum(wanted[name][label_of[row]] for row in unit))
        for row in unit:
            wanted[part][label_of[row]] -= 1
            yield part, row


def _quotas(catalog: Catalog, bound: list[list[int]], missing: dict[str, float]) -> dict[str, npt.NDArray[np.float64]]:
    """Return how many samples of each class each part should get, (C,) a part."""
    classes = len(catalog.classes)
    rows = [row for unit in bound for row in unit]
    sizes = np.bincount(catalog.labels[rows], minlength=classes).astype(float)
    counts = np.bincount(catalog.labels[[unit[0] for unit in bound]], minlength=classes)
    enough = counts > len(missing)
    quotas = {part: np.where(enough, np.maximum(share * sizes, 1), share * sizes) for part, share in missing.items()}
    return {TRAIN: sizes - sum(quotas.values(), np.zeros(classes)), **quotas}


def units(surveyed: Surveyed, rows: Iterable[int]) -> list[list[int]]:
    """Return the rows in units that must stay together: same content, same group, or both in a chain."""
    asked = list(rows)
    contents, groups = surveyed.contents, surveyed.catalog.groups
    copies = Counter(map(contents.__getitem__, asked))
    bound = [row for row in asked if groups[row] or copies[contents[row]] > 1]
    if not bound:
        return [[row] for row in asked]
    leader = dict[int, int]()

    def leader_of(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    first = dict[tuple[str, str], int]()
    for row in bound:
        leader[row] = row
        for bond in (("content", contents[row]), ("group", groups[row])):
            if bond[1]:
                leader[leader_of(row)] = leader_of(first.setdefault(bond, row))
    together = defaultdict[int, list[int]](list)
    for row in asked:  # in their order, so that the same seed gives the same split
        together[leader_of(row) if row in leader else row].append(row)
    return list(together.values())


def text_digest(lines: Iterable[str]) -> str:
    """Return the SHA-256 of some lines, hexadecimal; names that are not valid text keep their bytes."""
    return hashlib.sha256("".join(lines).encode("utf-8", errors="surrogateescape")).hexdigest()
