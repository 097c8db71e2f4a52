"""Classes whose names are several labels at once, as `ant;small`: of pictures with several labels in one cell."""

import re
from collections import Counter
from collections.abc import Iterator

from sightline.core.findings import Finding, Severity
from sightline.data.survey.record import Surveyed

JOINTS, SEPARATORS = ";|", ",+&/"
"""What hardly stands in a name but between two, and what does stand in names: salt, pepper."""
_LIST = re.compile(r"""\[.*([,;|]|['"]\s+['"]).*\]""")
"""As Python, JSON and NumPy write several words."""


def joined_names(surveyed: Surveyed) -> Iterator[Finding]:
    """Find classes whose names are several labels at once."""
    names = surveyed.catalog.classes
    lists = {name for name in names if _LIST.fullmatch(name.strip())}
    joined = lists.union(*(_joined(names, separator) for separator in JOINTS + SEPARATORS))
    if joined:
        yield Finding(
            "several-labels",
            Severity.ERROR,
            f"classes that are several labels at once: {len(joined)}; a picture has one class here",
            "give each picture the label that matters most, or make a data set of yes and no for each label; "
            "--accept several-labels takes each combination as a class of its own",
            tuple(sorted(joined)),
        )


def _joined(names: tuple[str, ...], separator: str) -> Iterator[str]:
    """Yield the names that a separator makes of others' parts: honest names repeat few of their parts elsewhere."""
    parts = {name: {part.strip().casefold() for part in name.split(separator)} - {""} for name in names}
    used = Counter(part for own in parts.values() for part in own)
    alone = {part for own in parts.values() if len(own) == 1 for part in own}
    for name, own in parts.items():
        recur = all(used[part] > 1 for part in own)
        if separator in JOINTS:
            is_joined = recur or not alone.isdisjoint(own)
        else:  # 1,5 and 1/2 are numbers, unless 1, 2 and 5 are classes
            has_letters = any(map(str.isalpha, name))
            is_joined = own <= alone or (recur and has_letters and not alone.isdisjoint(own))
        if len(own) > 1 and is_joined:
            yield name
