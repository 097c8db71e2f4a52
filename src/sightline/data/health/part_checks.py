"""Whether each class can be, and is, in each part: counted in units, since copies and groups stay together."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from sightline.core.findings import Finding, Severity
from sightline.core.intervals import share_interval
from sightline.core.percent import percent
from sightline.data.catalog import NO_LABEL, PARTS, TEST, TRAIN, VALIDATION, Catalog, Rows
from sightline.data.splits import OF_HELD_BACK, Parts, Split, kept_parts, units
from sightline.data.survey.record import Surveyed
from sightline.data.times.parts import series
from sightline.data.times.reading import Times

FEW = 3
SMALLEST_SHARE = 0.1
"""A class with fewer units can't be in all of training, validation and test."""
IMBALANCE = 3
"""The largest class over the smallest, from which on accuracy alone says little."""
TYPICAL = 0.9
SMALL_PART = "small-part"
LEAST_TELLING = 139
"""Pictures on which the interval of an accuracy of 90 % reaches some 5 points to each side."""
FEW_TESTED, SEVERAL = 30, 2
"""A test part of fewer units, each of more pictures on average, says little of new units."""


def class_units(surveyed: Surveyed) -> Rows:
    """Return (C,) int64, the units of each class: readable pictures that are no copies and no group of others'."""
    catalog = surveyed.catalog
    rows = surveyed.labelled_rows.tolist()
    copies = Counter(map(surveyed.contents.__getitem__, rows))
    bound = [row for row in rows if catalog.groups[row] or copies[surveyed.contents[row]] > 1]
    alone = np.setdiff1d(rows, bound).astype(np.int64)  # units of their own, however many there are
    counts = np.bincount(catalog.labels[alone], minlength=len(catalog.classes))
    for unit in units(surveyed, bound):
        counts[list({catalog.labels[row] for row in unit})] += 1
    return counts


def few_units(surveyed: Surveyed) -> Iterator[Finding]:
    """Find classes that can't be in all three parts, though they may have many pictures."""
    catalog = surveyed.catalog
    table = list(zip(catalog.classes, surveyed.class_counts.tolist(), class_units(surveyed).tolist(), strict=True))
    few = [entry for entry in table if 0 < entry[2] < FEW]
    if few:
        bound = any(count > apart for _, count, apart in few)
        yield Finding(
            "few-pictures",
            Severity.WARNING,
            f"fewer than {FEW} pictures{' of different content and group' if bound else ''} in {len(few)} of "
            f"{len(catalog.classes)} classes, too few for three parts",
            f"add pictures{' of other groups' if bound else ''}; figures on these classes say nothing",
            tuple(_counted(*entry) for entry in few),
        )


def _counted(name: str, pictures: int, apart: int) -> str:
    """Return a class with its number of pictures, and of how many units they are."""
    if pictures == apart:
        return f"{name}: {pictures}"
    return f"{name}: {pictures} pictures, all of {apart} group{'s' if apart > 1 else ''} or copies of {apart}"


def imbalance(surveyed: Surveyed) -> Iterator[Finding]:
    """Find that a class is several times another, in pictures or in what they are of."""
    names, pictures = surveyed.catalog.classes, surveyed.class_counts.tolist()
    if not min(pictures, default=0):
        return
    apart = class_units(surveyed).tolist()
    counts = next((counts for counts in (pictures, apart) if max(counts) > IMBALANCE * min(counts) > 0), None)
    if counts is None:
        return
    largest, smallest = (
        f"{names[row]!r}, {_quantity(pictures[row], apart[row])}"
        for row in (counts.index(max(counts)), counts.index(min(counts)))
    )
    yield Finding(
        "imbalance",
        Severity.WARNING,
        f"the largest class is {largest}, the smallest {smallest}",
        "look at macro F1 and balanced accuracy rather than at accuracy; `--set class_weights=balanced` or "
        "`sampling=balanced` lets rare classes count as much in a training",
    )


def _quantity(pictures: int, apart: int) -> str:
    return f"{pictures} picture{'s' * (pictures > 1)}" + (
        f" of {apart} groups or different pictures" if apart != pictures else ""
    )


def missing_from_given_parts(surveyed: Surveyed) -> Iterator[Finding]:
    """Find classes that a part lacks that the data itself gives; copies of pictures in a later part are left out."""
    catalog = surveyed.catalog
    if catalog.given_parts:
        parts = _settled(surveyed)
        for part in PARTS:
            absent = _absent(surveyed, np.flatnonzero(parts == part))
            if absent and part in parts:
                yield _missing(part, catalog, absent)


def missing_from_made_parts(surveyed: Surveyed, division: Split) -> Iterator[Finding]:
    """Find classes that a part lacks which a split has made, because their pictures must stay together.

    Args:
        division: A split of these samples; parts that are empty altogether are passed over.
    """
    catalog = surveyed.catalog
    lacked_before = _absent(surveyed, np.flatnonzero(_settled(surveyed) == TRAIN))
    for part in PARTS:
        rows = division.rows(part)
        absent = _absent(surveyed, rows)
        if part == TRAIN:
            absent = sorted({*absent} - {*lacked_before})
        if len(rows) and absent and part not in catalog.given_parts:
            yield _missing(part, catalog, absent)


def empty_parts(
    surveyed: Surveyed, division: Split, needed: Sequence[str], *, times: Times | None = None
) -> Iterator[Finding]:
    """Find parts that no picture is left for.

    Args:
        division: A split of these samples.
        needed: Parts that a training must have.
        times: What the split was made by; None for chance.
    """
    empty = [part for part in needed if not len(division.rows(part))]
    if empty:
        counts = ", ".join(f"{count} for {part}" for part, count in division.counts().items())
        symptom = f"no picture is left for {' and '.join(empty)} ({counts})"
        advice = "add pictures: each class needs at least three that are not copies of each other"
        if times is not None:
            symptom += f"; {_timed(surveyed, times)}"
            advice = (
                "give a table with a column such as time, as 2024-03-01 12:00:00, that tells the pictures apart, or "
                "leave --split-by out"
            )
        yield Finding("empty-part", Severity.ERROR, symptom, advice, is_final=True)


def _timed(surveyed: Surveyed, times: Times) -> str:
    """Return how many pictures have a time, and how many times that are: what belongs together counts once."""
    rows = surveyed.labelled_rows
    apart = len(series(units(surveyed, rows.tolist()), times))
    return (
        f"{int(times.known[rows].sum()):,} of {len(rows):,} pictures have a time, and they are {apart:,} "
        f"series or group{'s' * (apart != 1)}, which a part gets whole"
    )


def few_test_units(surveyed: Surveyed, division: Split) -> Iterator[Finding]:
    """Find a test part whose pictures are of a few units, so that intervals that count pictures are too narrow.

    Args:
        division: A split of these samples.
    """
    rows = division.rows(TEST)
    apart = len(units(surveyed, rows.tolist()))
    if apart < FEW_TESTED and len(rows) > SEVERAL * apart:
        yield Finding(
            "few-test-units",
            Severity.WARNING,
            f"the {len(rows):,} pictures of the test part are of {apart} groups or copies: intervals that count "
            "pictures are too narrow for new groups",
            "take the figures for these groups only, or test on pictures of more groups",
        )


def unlabelled_of_held_back(surveyed: Surveyed, division: Split) -> Iterator[Finding]:
    """Find pictures without a label that nothing may be learnt from: what is chosen by and tested on would be known.

    Args:
        division: A split of these samples.
    """
    catalog = surveyed.catalog
    reasons = {row: reason for row, reason in division.reasons.items() if catalog.labels[row] == NO_LABEL}
    lines = tuple(f"{catalog.paths[row]}: {why}" for row, why in reasons.items() if why.startswith(OF_HELD_BACK))
    if lines:
        yield Finding(
            "unlabelled-copy",
            Severity.WARNING,
            f"pictures without a label that are copies of validation or test pictures, or of their groups, left out: "
            f"{len(lines)}",
            "nothing needs to be done; figures that learn from them would be too good",
            lines,
        )


def small_parts(surveyed: Surveyed, division: Split) -> Iterator[Finding]:
    """Find parts so small that two models can hardly be told apart on them, and say so before a training.

    Args:
        division: A split of these samples.
    """
    counts = {part: len(units(surveyed, division.rows(part).tolist())) for part in (VALIDATION, TEST)}
    small = {part: count for part, count in counts.items() if 0 < count < LEAST_TELLING}
    if small:
        yield Finding(
            SMALL_PART,
            Severity.NOTE,
            f"a small {' and '.join(small)} part: two models that differ by less can't be told apart there",
            "add pictures, or compare models in folds; the parts can be larger, at the cost of the training part",
            tuple(
                f"{part}: {count:,} pictures; an accuracy of {percent(TYPICAL)} will have the 95 % interval of some "
                f"{percent(low)} to {percent(high)}"
                for part, count in small.items()
                for low, high in (share_interval(TYPICAL, count),)
            ),
        )


def may_have_small_parts(surveyed: Surveyed) -> bool:
    """Return whether there are so few pictures that `small_parts` may find something."""
    return len(surveyed.labelled_rows) * SMALLEST_SHARE < LEAST_TELLING


def no_split_can_lack(surveyed: Surveyed) -> bool:
    """Return whether it is known without a split that none of this data set has anything to be found.

    Every picture is a unit of its own, each class has enough for all parts, and no given part is empty: then
    `sightline.data.splits.split` puts each class into every part. It saves a third of a second for 60,000 pictures.
    """
    catalog, rows = surveyed.catalog, surveyed.labelled_rows
    if any(catalog.groups) or len({surveyed.contents[row] for row in rows.tolist()}) < len(rows):
        return False
    parts = np.array(catalog.parts, dtype=object)[rows]
    pool = catalog.labels[rows[(parts == "") | (parts == TRAIN)]]
    is_enough = np.bincount(pool, minlength=len(catalog.classes)).min(initial=FEW) >= FEW
    return bool(is_enough) and all((parts == part).any() for part in catalog.given_parts)


def _settled(surveyed: Surveyed) -> Parts:
    """Return (N,) each sample's part as given; what has none, and is not bound to another, counts as training."""
    parts, _ = kept_parts(surveyed)
    parts[parts == ""] = TRAIN
    return parts


def _absent(surveyed: Surveyed, rows: Rows) -> list[int]:
    """Return the classes that occur in the data, but not in these rows."""
    labels = surveyed.catalog.labels
    everywhere = set(labels[surveyed.labelled_rows].tolist())
    return sorted(everywhere - set(labels[rows].tolist()))


def _missing(part: str, catalog: Catalog, absent: list[int]) -> Finding:
    advice = {
        TRAIN: "a model names only classes that it learnt; add pictures or take the class out of the other parts",
        VALIDATION: "nothing that is chosen on the validation part takes heed of them; add pictures of other groups",
        TEST: "no figure on the test part will speak of them; add pictures of other groups",
    }
    return Finding(
        "class-missing-from-part",
        Severity.ERROR if part == TRAIN else Severity.WARNING,
        f"missing from the {part} part: {len(absent)} of {len(catalog.classes)} classes",
        advice[part],
        tuple(catalog.classes[label] for label in absent),
    )
