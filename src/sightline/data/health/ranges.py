"""Whether deep pictures of one data set fill the same range: what fills little of it becomes nearly black."""

from collections.abc import Iterator
from typing import cast

from sightline.core.findings import Finding, Severity
from sightline.data.survey.record import Surveyed
from sightline.imaging.deep import CUT, FULL, FULL_WHOLE, DeepRange, Ends, is_deep, is_deep_colour
from sightline.imaging.picture_format import PictureFormat

DARK = 8
"""A picture whose own range is one part in so many of the data set's, or less, keeps at most five of eight bits."""
EIGHT_BIT_GREY = ("1", "L", "LA")
EIGHT_BIT_COLOURS = ("RGB", "RGBA", "P", "PA", "CMYK", "YCbCr", "HSV")


def mixed_ranges(surveyed: Surveyed) -> Iterator[Finding]:
    """Yield what is wrong with the ranges of pictures to learn from, naming those that are unlike the others."""
    if surveyed.shades:
        taken = _taken(surveyed)
        yield from _dark(surveyed, taken)
        yield from _mixed_depths(surveyed, taken)
    yield from _cut(surveyed)


def foreign_ranges(surveyed: Surveyed) -> Iterator[Finding]:
    """Yield what is wrong with the ranges of pictures for a model, whose format they were read in."""
    taken = FULL if surveyed.format is None else cast("PictureFormat", surveyed.format).deep
    yield from _dark(surveyed, taken)
    modes = surveyed.modes
    beyond = [row for row, shades in surveyed.shades.items() if taken.clipped(modes[row], shades)]
    if beyond:
        yield Finding(
            "beyond-range",
            Severity.WARNING,
            f"deep pictures hold values beyond {_words(taken, modes[beyond[0]])}, which the model takes for black to "
            f"white: {len(beyond)} of {len(surveyed.shades)}",
            "save them with the range of the training pictures, or train on some of them",
            tuple(_evidence(surveyed, row) for row in beyond),
        )
    yield from _cut(surveyed)


def _cut(surveyed: Surveyed) -> Iterator[Finding]:
    rows = [row for row, mode in enumerate(surveyed.modes) if mode.endswith(CUT)]
    if rows:
        yield Finding(
            "cut-colours",
            Severity.WARNING,
            "pictures with 16 bits a channel, of which the upper eight are read, for they are of inks, of premultiplied"
            f" alpha or of channels that lie apart: {len(rows)}",
            "look at some with `sightline augment`; if they are nearly black, save them as RGB",
            tuple(surveyed.catalog.paths[row] for row in rows),
        )


def _taken(surveyed: Surveyed) -> DeepRange:
    """Return the range that the format has, or the one that would be measured over all pictures."""
    named = FULL if surveyed.format is None else cast("PictureFormat", surveyed.format).deep
    if named != FULL:
        return named
    return DeepRange.over((surveyed.modes[row], shades) for row, shades in surveyed.shades.items())


def _dark(surveyed: Surveyed, taken: DeepRange) -> Iterator[Finding]:
    modes = surveyed.modes
    own = {row: shades.ends(modes[row]) for row, shades in surveyed.shades.items()}
    rows = [row for row, ends in own.items() if _is_dark(ends, taken.taken(modes[row]))]
    if rows:
        yield Finding(
            "mixed-ranges",
            Severity.WARNING,
            f"deep pictures of another range than the rest: {len(rows)} of {len(own)} fill an eighth or less of "
            f"{_words(taken, modes[rows[0]])}, and become nearly black",
            "save all of them with one range, or train on them alone",
            tuple(_evidence(surveyed, row) for row in rows),
        )


def _mixed_depths(surveyed: Surveyed, taken: DeepRange) -> Iterator[Finding]:
    """Yield that deep and eight-bit pictures of one kind stand side by side, naming the fewer of them.

    Colours of 16 bits that fill all of them are what they would be in eight.
    """
    modes = surveyed.modes
    grey = [row for row in surveyed.shades if is_deep(modes[row])]
    yield from _mixed(surveyed, taken, "grey pictures", grey, EIGHT_BIT_GREY)
    colours = [row for row in surveyed.shades if is_deep_colour(modes[row])]
    if taken.whole not in (None, FULL_WHOLE):
        yield from _mixed(surveyed, taken, "colour pictures", colours, EIGHT_BIT_COLOURS)


def _mixed(
    surveyed: Surveyed, taken: DeepRange, what: str, deep: list[int], plain_modes: tuple[str, ...]
) -> Iterator[Finding]:
    modes = surveyed.modes
    plain = [row for row, mode in enumerate(modes) if mode in plain_modes and row not in surveyed.problems]
    if plain and deep:
        yield Finding(
            "mixed-depths",
            Severity.WARNING,
            f"{what} of eight bits and deeper ones are mixed, {len(plain)} and {len(deep)}: black to white is "
            f"0 to 255 in the former, {_words(taken, modes[deep[0]])} in the latter",
            "compare some of both with `sightline augment`; if they differ, save all with one depth, or set deep_range",
            tuple(surveyed.catalog.paths[row] for row in min(plain, deep, key=len)),
        )


def _evidence(surveyed: Surveyed, row: int) -> str:
    shades = surveyed.shades[row]
    below = f"from {shades.low:g} " if shades.low < 0 else ""
    return f"{surveyed.catalog.paths[row]}: {below}up to {shades.high:g}"


def _is_dark(own: Ends, taken: Ends) -> bool:
    return DARK * (own[1] - min(own[0], taken[0])) <= taken[1] - taken[0]


def _words(taken: DeepRange, mode: str) -> str:
    black, white = taken.taken(mode)
    return f"{black:g} to {white:g}"
