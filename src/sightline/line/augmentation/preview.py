"""What augmentation makes of some pictures, before any training."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from sightline.core.errors import SettingsError
from sightline.core.findings import Finding, Severity
from sightline.core.seeding import derived_seed
from sightline.data.catalog import TEST, Catalog, Rows
from sightline.data.health.flips import FlipCheck
from sightline.data.survey import survey
from sightline.data.survey.record import Surveyed
from sightline.imaging.augmentation import AUGMENTATIONS, require_colours
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.line.augmentation.sheet import AugmentedSheet
from sightline.line.input.deep_pictures import in_measured_range
from sightline.line.input.input_format import choose_format
from sightline.line.input.second_look import with_colours, without_refusals
from sightline.line.narrator import Narrator
from sightline.line.resolution import method_for, resolved
from sightline.line.settings.run import PLAIN_RECIPE
from sightline.line.settings.tables import bare
from sightline.line.settings.values import Settings

MOST_SURVEYED = 1_000
"""So many pictures at most are looked at for flips that alter the label; those shown are among them."""
SURVEY_SIDE = 48
"""Of the pictures that are looked at for flips, in pixels."""


def sheet_settings(values: Mapping[str, Any], file: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings of a sheet: those of a training without any recipe's own changes.

    Args:
        values: Settings by name; where none is about augmentation, all changes have their standard amount.
        file: Settings from a file, which those that are named win over.

    Raises:
        SettingsError: A setting is unknown or impossible.
    """
    names = {bare(name) for name in (*values, *(file or {}))}
    names_a_change = "augment" in names or not AUGMENTATIONS.keys().isdisjoint(names)
    standard = {} if names_a_change else {"augment": 1.0}
    return resolved({"recipe": PLAIN_RECIPE, **standard, **values}, file)


def augment(
    catalog: Catalog, settings: Settings, *, pictures: int, variants: int, narrator: Narrator
) -> AugmentedSheet:
    """Show some pictures the way a training with these settings would.

    A part that the data itself gives as its test is not looked at.

    Args:
        settings: Model, size, colours, amounts and seed are read.
        pictures: How many rows, 1 or more, taken from the classes in turn.
        variants: How many columns, 1 or more.
        narrator: Shows how many pictures have been read.

    Raises:
        DataError: No picture can be read.
        SettingsError: Every amount is zero, a change does not fit the colours, or the size the network.
    """
    amounts = settings.augmentation.amounts()
    if not any(amounts.values()):
        raise SettingsError(
            "there is nothing to augment: augment = 0 and no amount is above 0",
            hint="say --augment 0.5, or name one: --set rotation=15",
        )
    method, model = method_for(settings), settings["model"]
    input_format = choose_format(catalog, settings.data, sides=method.sides(model))
    method.require_size(model, input_format.height, input_format.width)
    some = _some(catalog, MOST_SURVEYED, seed=settings["seed"])
    seen, input_format = _surveyed(some, input_format, settings, narrator=narrator)
    require_colours(amounts, input_format.colours)
    rows, findings = _readable(seen, amounts, seed=settings["seed"])
    shown = _in_turn(rows, some.labels)[:pictures]
    originals = np.stack([_read(some, row, input_format) for row in shown])
    labels = some.labels[shown]
    changed = [_changed(originals, labels, len(catalog.classes), amounts, settings["seed"], n) for n in range(variants)]
    columns, targets = zip(*changed, strict=True)
    return AugmentedSheet(catalog.classes, input_format.colours, originals, labels, columns, targets, amounts, findings)


def _some(catalog: Catalog, count: int, *, seed: int) -> Catalog:
    """Return at most so many samples at random, none of the test part that the data has itself."""
    allowed = np.array([row for row, part in enumerate(catalog.parts) if part != TEST], dtype=np.int64)
    rows = np.random.default_rng(derived_seed(seed, "sheet")).permutation(allowed)[:count]
    return catalog.at(rows)


def _surveyed(
    catalog: Catalog, input_format: PictureFormat, settings: Settings, *, narrator: Narrator
) -> tuple[Surveyed, PictureFormat]:
    """Look at pictures in a small size; return what they showed, and the format in their colours and range."""
    height, width = (min(side, SURVEY_SIDE) for side in (input_format.height, input_format.width))
    with narrator.counting("looking at pictures", len(catalog)) as advance:
        seen = survey(catalog, replace(input_format, height=height, width=width), advance=advance)
    meant = with_colours(input_format, settings.data, modes=seen.modes)
    if meant != input_format:
        return _surveyed(catalog, meant, settings, narrator=narrator)
    seen = without_refusals(seen, settings.data)
    seen = in_measured_range(seen, np.flatnonzero(seen.usable), settings.data, narrator=narrator)
    return seen, replace(input_format, deep=cast("PictureFormat", seen.format).deep)


def _readable(seen: Surveyed, amounts: Mapping[str, float], *, seed: int) -> tuple[Rows, tuple[Finding, ...]]:
    """Return the rows that can be read, and what is to be known of the data and of the changes.

    Raises:
        DataError: No picture can be read.
    """
    catalog = seen.catalog
    rows = seen.required_rows()
    flips = FlipCheck(catalog.classes, cast("Pixels", seen.pixels), labels=catalog.labels, rows=rows, seed=seed)
    warned = (finding for finding in catalog.findings if finding.severity is not Severity.NOTE)
    return rows, (*warned, *flips.findings(amounts))


def _in_turn(rows: Rows, labels: Rows) -> Rows:
    """Return the rows with one of each class first, then the second of each, and so on."""
    turns = np.zeros(len(rows), dtype=np.int64)
    for label in np.unique(labels[rows]):
        of_label = labels[rows] == label
        turns[of_label] = np.arange(of_label.sum())
    return rows[np.lexsort((labels[rows], turns))]


def _read(catalog: Catalog, row: int, input_format: PictureFormat) -> Pixels:
    name = catalog.paths[row]
    return input_format.read(catalog.source.read(name), name=name)


def _changed(
    originals: Pixels, labels: Rows, classes: int, amounts: Mapping[str, float], seed: int, number: int
) -> tuple[Pixels, npt.NDArray[np.float32]]:
    import torch

    from sightline.imaging.augmentation.policy import Augmentation

    generator = torch.Generator().manual_seed(derived_seed(seed, "sheet", number))
    targets = torch.from_numpy(np.eye(classes, dtype=np.float32)[labels])
    changed, mixed = Augmentation(amounts)(torch.from_numpy(originals), targets, generator)
    return changed.numpy(), mixed.numpy()
