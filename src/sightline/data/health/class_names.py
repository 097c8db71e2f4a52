"""What is wrong with the names of classes: two for one class, or names that no file can hold."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sightline.core.findings import Finding, Severity
from sightline.core.text import is_writable
from sightline.data.survey.record import Surveyed

LONGEST = 255
"""Characters of a name; no folder can have a longer one, so a longer label is a sentence or a slip."""
_SEPARATORS = r"[\s_\-\u2010-\u2015]"
_SIGN = re.compile(rf"(?<![^\W_])-(?=\d)|(?<={_SEPARATORS})-(?=\d)")
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_SEPARATORS}+(?=\d)")
_SEPARATOR = re.compile(_SEPARATORS)
_MINUS, _APART = "\0", "\1"


def near_equal_names(surveyed: Surveyed) -> Iterator[Finding]:
    """Find classes whose names differ in nothing but case, spaces, separators or how letters are encoded."""
    names_of = defaultdict[str, list[str]](list)
    for name in surveyed.catalog.classes:
        plain = folded(name)
        if any(map(str.isalpha, plain)):
            names_of[plain].append(name)
    pairs = tuple(" and ".join(_shown_apart(names)) for names in names_of.values() if len(names) > 1)
    if pairs:
        yield Finding(
            "near-equal-names",
            Severity.ERROR,
            f"classes with nearly the same name: {len(pairs)}",
            "give one class one name, or keep them apart with --accept near-equal-names",
            pairs,
        )


def folded(name: str) -> str:
    """Return a name without case and separators; a sign before a number and a gap between numbers stay.

    Example:
        >>> [folded(a) == folded(b) for a, b in (("Hot-Dog", "hot dog"), ("t -1", "t 1"), ("v1_5", "v15"))]
        [True, False, False]
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")  # such as zero-width spaces
    return _SEPARATOR.sub("", _BETWEEN_DIGITS.sub(_APART, _SIGN.sub(_MINUS, plain)))


def _shown_apart(names: Iterable[str]) -> list[str]:
    """Return names in quotes; in ASCII where a reader could not tell them apart."""
    shown = [repr(name) for name in names]
    alike = len({unicodedata.normalize("NFC", text) for text in shown}) < len(shown)
    return [ascii(name) for name in names] if alike else shown


def unwritable_names(surveyed: Surveyed) -> Iterator[Finding]:
    """Find names of classes that are no text, so that no model file and no report can hold them."""
    names = tuple(ascii(name) for name in surveyed.catalog.classes if not is_writable(name))
    if names:
        yield Finding(
            "unwritable-name",
            Severity.ERROR,
            f"names of classes that are no Unicode text, so that no model file can hold them: {len(names)}",
            "rename them; bytes from another encoding are shown as \\udc..",
            names,
            is_final=True,
        )


def odd_names(surveyed: Surveyed) -> Iterator[Finding]:
    """Find names of classes that can be written but hardly be read: with control characters, or very long."""
    names = surveyed.catalog.classes
    controlled = [ascii(name) for name in names if any(unicodedata.category(letter) == "Cc" for letter in name)]
    long = [f"{name[:40]!a}...: {len(name):,} characters" for name in names if len(name) > LONGEST]
    if controlled or long:
        yield Finding(
            "odd-name",
            Severity.WARNING,
            f"names of classes with control characters or over {LONGEST} characters: {len({*controlled, *long})}",
            "rename them; they are kept as they are, but tables and pages that name them are hard to read",
            (*controlled, *long),
        )
