"""What pictures have in common: class, size, brightness, file type, and every other column of their table."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sightline.core.choose import choose
from sightline.data.catalog import Rows
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels

RANGES = 3
"""Numbers become so many ranges, each of about as many pictures."""
MOST_VALUES = 50
"""Of a column of words; one with more, such as a file's name, has no groups."""
MOST_NUMBERS = 12
"""Numbers of up to so many values stay as they are."""

Attributes = Mapping[str, tuple[str, ...]]


def attributes_of(surveyed: Surveyed, rows: Rows, pixels: Pixels, by: Sequence[str] = ()) -> Attributes:
    """Return what some pictures have in common: name to a value a picture, ``""`` where it is not known.

    Args:
        surveyed: What one look at every picture showed.
        rows: (n,) the pictures that are meant.
        pixels: (n, H, W, C) uint8 of these rows.
        by: Names of attributes; all that there are if empty.

    Raises:
        SettingsError: There is no such attribute.
    """
    table = dict(_attributes(surveyed, rows, pixels))
    for name in by:
        choose(name, table, kind="attribute of the pictures")
    return {name: table[name] for name in by} if by else table


def _attributes(surveyed: Surveyed, rows: Rows, pixels: Pixels) -> Iterator[tuple[str, tuple[str, ...]]]:
    catalog = surveyed.catalog
    yield "class", tuple(map(catalog.label_of, rows))
    yield "size", in_ranges(surveyed.sizes[rows].min(axis=1).astype(np.float64), unit="px")
    yield "brightness", in_ranges(_brightness(pixels))
    yield "file type", tuple(surveyed.formats[row] for row in rows)
    for name, column in catalog.columns.items():
        values = tuple(column[row] for row in rows)
        numbers = _numbers(values)
        if numbers is not None:
            yield name, in_ranges(numbers)
        elif 1 < len({*values}) <= MOST_VALUES:
            yield name, values


def _brightness(pixels: Pixels) -> npt.NDArray[np.float64]:
    """Return (n,) the mean of each picture's numbers, 0 to 255; of colours and greys that is how bright it is."""
    return np.array([picture.mean(dtype=np.float64) for picture in pixels])


def _numbers(values: Sequence[str]) -> npt.NDArray[np.float64] | None:
    """Return a column as numbers, NaN for an empty cell; None where it has words, or few numbers."""
    if len({*values}) <= MOST_NUMBERS:
        return None
    try:
        return np.array([float(value) if value else np.nan for value in values])
    except ValueError:
        return None


def in_ranges(numbers: npt.NDArray[np.float64], *, unit: str = "") -> tuple[str, ...]:
    """Return the range that each number lies in, of three that hold about as many each; ``""`` for NaN and infinity.

    Args:
        numbers: (n,), from any range.
        unit: What follows the range, such as ``"px"``.

    Example:
        >>> in_ranges(np.array([1.0, 2.0, 3.0]))
        ('1', '2', '3')
        >>> in_ranges(np.array([5.0, 5.0]), unit="px")
        ('5 px', '5 px')
    """
    finite = np.isfinite(numbers)
    if not finite.any():
        return ("",) * len(numbers)
    edges = np.unique(np.quantile(numbers[finite], np.linspace(0, 1, RANGES + 1)[1:-1], method="higher"))
    places = np.searchsorted(edges, np.where(finite, numbers, 0), side="right")
    names = dict[int, str]()
    for place in np.unique(places[finite]).tolist():
        inside = numbers[finite & (places == place)]
        ends = sorted({f"{inside.min():.4g}", f"{inside.max():.4g}"}, key=float)
        names[place] = " ".join(filter(None, [" to ".join(ends), unit]))
    return tuple(names[place] if known else "" for place, known in zip(places.tolist(), finite.tolist(), strict=True))
