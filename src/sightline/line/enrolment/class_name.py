"""The name of a class that is to be enrolled: one that files can hold and readers can tell from the others."""

import unicodedata
from collections.abc import Sequence

from sightline.core.errors import DataError
from sightline.core.text import is_writable
from sightline.data.health.class_names import LONGEST, folded


def require_class_name(name: str, classes: Sequence[str]) -> None:
    """Raise unless a class may have this name.

    Args:
        name: Of a class that is there already, or of a new one.
        classes: All that the model knows.

    Raises:
        DataError: It is empty, too long, no text, or differs from another one in nothing that a reader could see.
    """
    if not name.strip() or len(name) > LONGEST or not is_writable(name) or _has_controls(name):
        raise DataError(
            f"{name[:LONGEST]!a} can't be the name of a class",
            hint=f"give it 1 to {LONGEST} characters of text, of which one or more can be seen",
        )
    for known in classes:
        if name != known and folded(name) == folded(known):
            raise DataError(
                f"{name!r} is nearly the name of the class {known!r}: nothing but case, spaces or separators differ",
                hint=f"write it as {known!r} if that is meant, or choose another name",
            )


def _has_controls(name: str) -> bool:
    return any(unicodedata.category(letter) == "Cc" for letter in name)
