"""A table as spreadsheets save it: how its text is encoded, and how its rows are read."""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Reader

ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, and what they say."""
LONGEST_LINE = 2**24
"""Signs; a longer line is cut, which ends in a csv.Error soon: no cell may have more than 131,072."""
_LINE = re.compile(rf"[^\r\n]{{1,{LONGEST_LINE}}}(?:\r\n|\r|\n)?|\r\n|\r|\n")


def table_text(payload: bytes, *, errors: str = "strict") -> str:
    """Return a table's text by its byte order mark, UTF-8 without one; a line ``sep=;`` in front of it is left out.

    Args:
        payload: The bytes of its file, mark and all.
        errors: What becomes of bytes that are no text, as `bytes.decode` has it.

    Raises:
        UnicodeDecodeError: It is no such text, and errors are strict.
    """
    encoding = next((name for mark, name in ENCODINGS if payload.startswith(mark)), "utf-8-sig")
    text = payload.decode(encoding, errors=errors)
    first, _, rest = text.partition("\n")
    return rest if re.fullmatch(r"sep=.\r?", first, re.IGNORECASE) else text


def rows_of(text: str, delimiter: str) -> "Reader":
    r"""Return a reader of a table's rows, from the first line on; a carriage return within quotes stays one.

    It raises ``csv.Error`` over what is no table, such as quotes that nothing ends.

    Example:
        >>> list(rows_of('path;label\n"a\r.png";ant\n', ";"))
        [['path', 'label'], ['a\r.png', 'ant']]
    """
    return csv.reader(_lines(text), delimiter=delimiter, strict=True)


def _lines(text: str) -> Iterator[str]:
    """Yield lines with their ends; ``io.StringIO`` would hold four bytes a sign."""
    return (line[0] for line in _LINE.finditer(text))
