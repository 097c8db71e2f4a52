"""A catalog as a table, for a notebook's cell."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice
from typing import NamedTuple

from sightline.core.text import escaped

UNLABELLED = -1
MOST_CLASSES, MOST_NAMES = 20, 3
CELL = "padding: 0.15em 0.8em; text-align: "


class Counts(NamedTuple):
    """How many samples each class has.

    Args:
        columns: The parts that occur; ``""`` for samples without one.
        rows: Each class's name with a number for each column, at least 0.
        unlabelled: How many samples have no label, a number for each column.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    unlabelled: tuple[int, ...]


def counts_of(classes: Sequence[str], labels: Sequence[int], parts: Sequence[str], *, order: Sequence[str]) -> Counts:
    """Count the samples of each class and part.

    Args:
        labels: (N,) indices into `classes`; -1 for a sample without a label.
        parts: (N,) names of parts; ``""`` for none.
        order: In which order the parts come.

    Example:
        >>> counts_of(["cat", "dog"], [0, 0, 1], ["train", "test", "train"], order=("train", "test")).rows
        (('cat', (1, 1)), ('dog', (1, 0)))
    """
    counts = Counter(zip(labels, parts, strict=True))
    present = set(parts) or {""}
    columns = tuple(part for part in (*order, "") if part in present)
    of_class = [tuple(counts[label, part] for part in columns) for label in (*range(len(classes)), UNLABELLED)]
    return Counts(columns, tuple(zip(classes, of_class, strict=False)), of_class[-1])


def table_html(title: str, counts: Counts, names: Sequence[str]) -> str:
    """Return a table of classes and parts, with a few names of samples; everything is escaped.

    Args:
        title: What the data set is called.
        counts: As `counts_of` returns them.
        names: (N,) all of them; the first few are shown.
    """
    shown = counts.rows[:MOST_CLASSES]
    lines = [
        f"<p><b>{_text(title)}</b>: {len(names):,} pictures of {len(counts.rows):,} classes</p>",
        '<table style="border-collapse: collapse">',
        _row("th", "class", (part or "pictures" for part in counts.columns)),
        *(_row("td", name, map("{:,}".format, numbers)) for name, numbers in shown),
    ]
    if len(counts.rows) > len(shown):
        rest = [sum(column) for column in zip(*(numbers for _, numbers in counts.rows[MOST_CLASSES:]), strict=True)]
        lines.append(_row("td", f"and {len(counts.rows) - len(shown):,} more classes", map("{:,}".format, rest)))
    if any(counts.unlabelled):
        lines.append(_row("td", "no label", map("{:,}".format, counts.unlabelled)))
    some = ", ".join(f"<code>{_text(name)}</code>" for name in islice(names, MOST_NAMES))
    more = ", …" if len(names) > MOST_NAMES else ""
    return "\n".join([*lines, "</table>", f"<p>{some}{more}</p>"])


def _row(tag: str, name: str, cells: Iterable[str]) -> str:
    numbers = "".join(f'<{tag} style="{CELL}right">{_text(cell)}</{tag}>' for cell in cells)
    return f'<tr><{tag} style="{CELL}left">{_text(name)}</{tag}>{numbers}</tr>'


def _text(text: str) -> str:
    """Return text for a page; bytes of a file name that are no text become escapes."""
    return escape(escaped(text))
