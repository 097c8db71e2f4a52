"""What classes belong to, such as letters to an alphabet."""

from collections import defaultdict

from sightline.data.catalog import Catalog

SEPARATOR = "/"
"""Between a group and a class in the name of a class that was read from nested folders."""


def class_groups(catalog: Catalog) -> tuple[str, ...]:
    """Return the group of each class, ``""`` for none.

    It is the one group of all its samples, if the data gives one that is the same for all; else what stands before the
    last ``/`` of its name.
    """
    groups = defaultdict[int, set[str]](set)
    for label, group in zip(catalog.labels.tolist(), catalog.groups, strict=True):
        groups[label].add(group)
    return tuple(_only(groups[label]) or group_in(name) for label, name in enumerate(catalog.classes))


def group_in(name: str) -> str:
    """Return the group in the name of a class, ``""`` for none.

    Example:
        >>> group_in("Armenian/character01"), group_in("tulip")
        ('Armenian', '')
    """
    return name.rpartition(SEPARATOR)[0]


def _only(groups: set[str]) -> str:
    return next(iter(groups)) if len(groups) == 1 else ""
