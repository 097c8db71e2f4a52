"""Which classes are for training, validation and test: what is measured on is then new to the model altogether."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from sightline.core.seeding import derived_seed
from sightline.data.by_class.groups import class_groups
from sightline.data.catalog import NO_LABEL, TEST, TRAIN, VALIDATION, Catalog
from sightline.data.splits import LEFT_OUT, UNLABELLED, Split
from sightline.data.survey.record import Surveyed

LEAST_CLASSES = 2
"""Of a part: with one class nothing is different from anything."""


def can_hold_out(catalog: Catalog, *, parts: int = 3) -> bool:
    """Return whether there are enough classes for two in each of so many parts."""
    return len(catalog.classes) >= LEAST_CLASSES * parts


def gives_classes(catalog: Catalog) -> bool:
    """Return whether the data gives parts of which no two share a class."""
    found = _parts_of_classes(catalog)
    return bool(catalog.given_parts) and all(len(parts) <= 1 for parts in found.values())


def split_classes(
    surveyed: Surveyed, *, validation_fraction: float = 0.15, test_fraction: float = 0.15, seed: int = 0
) -> Split:
    """Split the classes of a catalog; all pictures of a class are in one part.

    - Parts that the data gives are kept if no two share a class, and passed over if they do. A part that is missing is
      taken out of the training part.
    - The classes of a group, such as an alphabet, stay together: the shares are shares of the groups.
    - Each part that is split off has two classes at least.

    Args:
        surveyed: The samples with their content digests and problems; `can_hold_out` must hold.
        validation_fraction: A share in [0, 1).
        test_fraction: A share in [0, 1); both together below 1.
        seed: Decides which groups go where; the same seed and classes give the same split.
    """
    catalog = surveyed.catalog
    given = {label: next(iter(parts)) for label, parts in _parts_of_classes(catalog).items() if parts}
    part_of = given if gives_classes(catalog) else {}
    shares = {TEST: test_fraction, VALIDATION: validation_fraction}
    missing = {part: share for part, share in shares.items() if share > 0 and part not in part_of.values()}
    part_of = part_of | _drawn(catalog, part_of, missing, seed=seed)
    parts = np.array([part_of.get(label, UNLABELLED) for label in catalog.labels.tolist()], dtype=object)
    parts[list(surveyed.problems)] = LEFT_OUT
    return Split.of(surveyed, parts, dict(surveyed.problems))


def _parts_of_classes(catalog: Catalog) -> dict[int, set[str]]:
    """Return the parts that the data gives the samples of each class."""
    found = defaultdict[int, set[str]](set)
    for label, part in zip(catalog.labels.tolist(), catalog.parts, strict=True):
        if label != NO_LABEL:
            found[label] |= {part} - {""}
    return found


def _drawn(catalog: Catalog, part_of: Mapping[int, str], missing: Mapping[str, float], *, seed: int) -> dict[int, str]:
    """Return the part of every class that has none, or is for training, while other parts are missing."""
    pool = [label for label in range(len(catalog.classes)) if part_of.get(label, TRAIN) == TRAIN]
    units = _units(catalog, pool)
    chance = np.random.default_rng(derived_seed(seed, "class-split"))
    order = [units[place] for place in chance.permutation(len(units))]
    drawn = dict.fromkeys(pool, TRAIN)
    for part, share in missing.items():
        taken = _taken(order, round(share * len(units)))
        drawn |= dict.fromkeys([label for unit in order[:taken] for label in unit], part)
        order = order[taken:]
    return drawn


def _units(catalog: Catalog, labels: list[int]) -> list[list[int]]:
    """Return classes in units that stay together: those of one group."""
    groups = class_groups(catalog)
    together = defaultdict[object, list[int]](list)
    for label in labels:
        together[groups[label] or label].append(label)
    return list(together.values())


def _taken(units: list[list[int]], wanted: int) -> int:
    """Return how many of the first units are taken: as many as wanted, or until there are two classes."""
    count, classes = 0, 0
    while count < len(units) and (count < wanted or classes < LEAST_CLASSES):
        classes += len(units[count])
        count += 1
    return count
