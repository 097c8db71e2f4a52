"""Which sample is for training, validation and test."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.seeding import derived_seed
from sightline.core.storage import csv_text
from sightline.data.catalog import PARTS, TEST, TRAIN, VALIDATION, Catalog, Rows
from sightline.data.survey import Survey

LEFT_OUT = "left-out"


@dataclass(frozen=True)
class Split:
    """The part of each sample.

    Args:
        parts: A word a row of the catalog: ``"train"``, ``"validation"``, ``"test"`` or ``"left-out"``.
        reasons: Row to reason, for every row that is left out.
        digest: SHA-256 over every row's path, label, content digest and part: two runs with the same
            digest trained, chose and tested on the same pictures.
    """

    parts: tuple[str, ...]
    reasons: dict[int, str]
    digest: str

    def rows(self, part: str) -> Rows:
        """Return the rows of a part, ascending."""
        return np.flatnonzero(np.array(self.parts, dtype=object) == part)

    def counts(self) -> dict[str, int]:
        """Return the number of samples a part."""
        return {part: self.parts.count(part) for part in PARTS}

    def table(self, catalog: Catalog, survey: Survey) -> str:
        """Return ``split.csv``: path, label, group, part, content digest, and why a row is left out."""
        return csv_text(
            ("path", "label", "group", "part", "sha256", "reason"),
            (
                (name, catalog.classes[label], group, part, digest, self.reasons.get(row, ""))
                for row, (name, label, group, part, digest) in enumerate(
                    zip(catalog.paths, catalog.labels, catalog.groups, self.parts, survey.digests, strict=True)
                )
            ),
        )


def split(
    catalog: Catalog,
    survey: Survey,
    *,
    validation_fraction: float = 0.15,
    test_fraction: float = 0.15,
    seed: int = 0,
) -> Split:
    """Split a catalog, stratified by class.

    - Parts that the data set gives are kept. A part that is missing is taken out of the training part:
      `validation_fraction` and `test_fraction` are then shares of what is split.
    - Identical files and rows of one group are one unit, and a unit stays on one side.
    - A picture that can't be read is left out; so is a training or validation picture that stands in
      a later given part too, so that the figure on the test part stays honest; and so is a row without a
      given part that is one unit with a row of a given validation or test part.
    - A class of at least three units is in every part that is split off.

    Args:
        catalog: The samples.
        survey: Their content digests and problems.
        validation_fraction: In [0, 1).
        test_fraction: In [0, 1); both together below 1.
        seed: Decides which units go where; the same seed and files give the same split.
    """
    parts = np.array(catalog.parts, dtype=object)
    reasons = dict(survey.problems)
    reasons.update(_copies_in_later_parts(parts, survey))
    reasons.update(_bound_to_a_given_part(catalog, survey, parts))
    parts[list(reasons)] = LEFT_OUT
    fractions = {VALIDATION: validation_fraction, TEST: test_fraction}
    missing = {part: share for part, share in fractions.items() if part not in catalog.given_parts and share > 0}
    given_train = TRAIN in catalog.given_parts
    pool = np.flatnonzero((parts == "") | ((parts == TRAIN) & given_train))
    for part, row in _assigned(catalog, survey, pool, missing, seed):
        parts[row] = part
    return Split(tuple(parts), reasons, _digest(catalog, survey, parts))


def _copies_in_later_parts(parts: npt.NDArray[np.object_], survey: Survey) -> Iterator[tuple[int, str]]:
    latest = dict[str, int]()
    for part, digest in zip(parts, survey.digests, strict=True):
        if part and digest:
            latest[digest] = max(latest.get(digest, 0), PARTS.index(part))
    for row, (part, digest) in enumerate(zip(parts, survey.digests, strict=True)):
        if part and digest and row not in survey.problems and PARTS.index(part) < latest[digest]:
            yield row, f"the same picture is in the {PARTS[latest[digest]]} part"


def _bound_to_a_given_part(
    catalog: Catalog, survey: Survey, parts: npt.NDArray[np.object_]
) -> Iterator[tuple[int, str]]:
    if not catalog.given_parts or parts.all():  # nobody is without a part
        return
    for unit in units(catalog, survey, np.flatnonzero(survey.usable)):
        if len(unit) == 1:
            continue
        held_back = [part for part in (TEST, VALIDATION) if part in parts[unit]]
        for row in unit:
            if held_back and not parts[row]:
                yield row, f"the same picture or group is in the {held_back[0]} part"


def _assigned(
    catalog: Catalog, survey: Survey, pool: Rows, missing: dict[str, float], seed: int
) -> Iterator[tuple[str, int]]:
    """Yield (part, row), filling each class's quota with whole units, large units first."""
    groups = units(catalog, survey, pool)
    order = np.random.default_rng(derived_seed(seed, "split")).permutation(len(groups))
    shuffled = sorted((groups[number] for number in order), key=len, reverse=True)
    wanted = {part: quota.tolist() for part, quota in _quotas(catalog, shuffled, missing).items()}
    label_of = catalog.labels.tolist()  # lists, since there is a look at a number for every picture
    for unit in shuffled:
        part = max(wanted, key=lambda name: sum(wanted[name][label_of[row]] for row in unit))
        for row in unit:
            wanted[part][label_of[row]] -= 1
            yield part, row


def _quotas(catalog: Catalog, groups: list[list[int]], missing: dict[str, float]) -> dict[str, npt.NDArray[np.float64]]:
    """Return how many samples of each class each part should get, (C,) a part."""
    classes = len(catalog.classes)
    rows = [row for unit in groups for row in unit]
    sizes = np.bincount(catalog.labels[rows], minlength=classes).astype(float)
    counts = np.bincount([catalog.labels[unit[0]] for unit in groups], minlength=classes)
    enough = counts > len(missing)
    quotas = {part: np.where(enough, np.maximum(share * sizes, 1), share * sizes) for part, share in missing.items()}
    return {TRAIN: sizes - sum(quotas.values(), np.zeros(classes)), **quotas}


def units(catalog: Catalog, survey: Survey, rows: Iterable[int]) -> list[list[int]]:
    """Return the rows in units that must stay together: same content, same group, or both in a chain."""
    leader = dict[int, int]()

    def find(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    first = dict[tuple[str, str], int]()
    for row in rows:
        leader[row] = row
        for bond in (("content", survey.digests[row]), ("group", catalog.groups[row])):
            if bond[1]:
                leader[find(row)] = find(first.setdefault(bond, row))
    together = defaultdict[int, list[int]](list)
    for row in leader:
        together[find(row)].append(row)
    return list(together.values())


def _digest(catalog: Catalog, survey: Survey, parts: Iterable[str]) -> str:
    lines = (
        f"{path}\t{catalog.classes[label]}\t{digest}\t{part}\n"
        for path, label, digest, part in zip(catalog.paths, catalog.labels, survey.digests, parts, strict=True)
    )
    return hashlib.sha256("".join(lines).encode("utf-8", errors="surrogateescape")).hexdigest()
