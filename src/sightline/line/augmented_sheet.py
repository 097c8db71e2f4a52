"""A sheet of pictures as the network will see them: each one as it is, and some ways it may come in training."""

import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from sightline.core.errors import DataError, SettingsError
from sightline.core.findings import Finding
from sightline.core.seeding import derived_seed
from sightline.data.catalog import TEST, Catalog, Rows
from sightline.data.health.flips import FlipCheck
from sightline.data.survey import survey
from sightline.imaging.augmentation import AUGMENTATIONS, require_colours
from sightline.imaging.colours import ColourSpace
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.line.prepared import choose_format
from sightline.line.settings import Settings

LOOKED_AT = 1_000
"""So many pictures at most are looked at for flips that alter the label; those shown are among them."""
LOOK_SIDE = 48

LEAST_CELL, MOST_CELL = 96, 256
GAP, MARGIN, FONT_SIZE, LINE_HEIGHT = 6, 12, 13, 18
CHARACTER_WIDTH = 8
LABEL_CHARACTERS = 24
PAPER, INK, PALE = (255, 255, 255), (20, 20, 20), (110, 110, 110)
PURE = 0.995
"""A target above this is shown as one class."""


@dataclass(frozen=True)
class Sheet:
    """Some pictures and their variants, ready to be drawn.

    Args:
        classes: The names of the classes.
        colours: The colour space of the pixels.
        originals: (N, H, W, C) uint8.
        labels: (N,) int64.
        variants: A (N, H, W, C) uint8 array a column.
        targets: A (N, K) float32 array a column.
        amounts: What was done.
        findings: What may alter the label.
    """

    classes: tuple[str, ...]
    colours: ColourSpace
    originals: Pixels
    labels: Rows
    variants: tuple[Pixels, ...]
    targets: tuple[npt.NDArray[np.float32], ...]
    amounts: Mapping[str, float]
    findings: tuple[Finding, ...]

    @property
    def caption(self) -> str:
        """The size of the pictures and each amount that is not zero."""
        height, width = self.originals.shape[1:3]
        told = ", ".join(f"{name} {amount:g}" for name, amount in self.amounts.items() if amount)
        return f"{height}x{width} {self.colours}: {told}"


def augment(
    catalog: Catalog,
    settings: Settings,
    *,
    pictures: int,
    variants: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Sheet:
    """Show some pictures the way a training with these settings would.

    A part that the data itself gives as its test is not looked at.

    Args:
        catalog: The pictures.
        settings: Model, size, colours, resize, amounts and seed.
        pictures: How many, taken from the classes in turn.
        variants: How many of each.
        advance: Called with the number of pictures looked at since the last call.

    Raises:
        DataError: No picture can be read.
        SettingsError: Every amount is zero, a change does not fit the colours, or the size the network.
    """
    amounts = settings.amounts()
    if not any(amounts.values()):
        raise SettingsError(
            "there is nothing to augment: augment = 0 and no amount is above 0",
            hint="say --augment 0.5, or name one: --set rotation=15",
        )
    input_format = choose_format(catalog, settings)
    require_colours(amounts, input_format.colours)
    looked_at = _some(catalog, LOOKED_AT, seed=settings.seed)
    small = replace(input_format, height=min(input_format.height, LOOK_SIDE), width=min(input_format.width, LOOK_SIDE))
    seen = survey(looked_at, small, advance=advance)
    rows = np.flatnonzero(seen.usable & looked_at.labelled)
    if not len(rows):
        raise DataError(
            f"{catalog.name} holds no picture that can be read and has a label", hint="`sightline check DATA` says why"
        )
    flips = FlipCheck(
        catalog.classes, cast("Pixels", seen.pixels), labels=looked_at.labels, rows=rows, seed=settings.seed
    )
    shown = _in_turn(rows, looked_at.labels)[:pictures]
    originals = np.stack([_read(looked_at, row, input_format) for row in shown])
    labels = looked_at.labels[shown]
    changed = [_changed(originals, labels, len(catalog.classes), amounts, settings.seed, n) for n in range(variants)]
    columns, targets = zip(*changed, strict=True)
    return Sheet(
        catalog.classes, input_format.colours, originals, labels, columns, targets, amounts, flips.findings(amounts)
    )


def _some(catalog: Catalog, count: int, *, seed: int) -> Catalog:
    """Return at most so many samples at random, none of a given test part."""
    allowed = np.array([row for row, part in enumerate(catalog.parts) if part != TEST], dtype=np.int64)
    rows = np.random.default_rng(derived_seed(seed, "sheet")).permutation(allowed)[:count]
    return replace(
        catalog,
        paths=tuple(catalog.paths[row] for row in rows),
        labels=catalog.labels[rows],
        groups=tuple(catalog.groups[row] for row in rows),
        parts=tuple(catalog.parts[row] for row in rows),
    )


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


def png(sheet: Sheet) -> bytes:
    """Draw a sheet: a row a picture, its class at the left, then the original and the variants.

    Small pictures are enlarged pixel by pixel; pictures above 256 pixels are reduced to that.
    """
    cell = _cell(*sheet.originals.shape[1:3])
    font = _font()
    names = [_wrapped(sheet.classes[label], lines=max(1, cell[0] // LINE_HEIGHT)) for label in sheet.labels]
    left = MARGIN + 2 * GAP + int(max(font.getlength(line) for name in names for line in name.split("\n")))
    columns = [left + column * (cell[1] + GAP) for column in range(2 + len(sheet.variants))]
    caption = textwrap.wrap(_printable(sheet.caption), columns[-1] // CHARACTER_WIDTH)
    top = MARGIN + LINE_HEIGHT * (len(caption) + 2)
    row_height = max(cell[0], LINE_HEIGHT) + GAP + (2 * LINE_HEIGHT if _mixes(sheet) else 0)
    rows = [top + row * row_height for row in range(1 + len(names))]
    page = Image.new("RGB", (columns[-1] + MARGIN, rows[-1] + MARGIN), PAPER)
    draw = ImageDraw.Draw(page)
    draw.multiline_text((MARGIN, MARGIN), "\n".join(caption), INK, font)
    for row, name in zip(rows, names, strict=False):
        draw.multiline_text((MARGIN, row), name, INK, font)
    for number, column in enumerate(columns[:-1]):
        draw.text((column, top - LINE_HEIGHT - 2), f"{number}" if number else "original", PALE, font)
        _draw_column(page, sheet, number, font=font, places=[(column, row) for row in rows[:-1]], cell=cell)
    file = io.BytesIO()
    page.save(file, "png")
    return file.getvalue()


def _draw_column(
    page: Image.Image,
    sheet: Sheet,
    number: int,
    *,
    font: ImageFont.FreeTypeFont,
    places: Sequence[tuple[int, int]],
    cell: tuple[int, int],
) -> None:
    """Draw the originals (column 0) or a variant of each, with the shares of their classes where they were mixed."""
    draw = ImageDraw.Draw(page)
    for row, (left, top) in enumerate(places):
        pixels = sheet.variants[number - 1][row] if number else sheet.originals[row]
        page.paste(_shown(pixels, sheet.colours, cell), (left, top))
        if number:
            told = _mixture(sheet.targets[number - 1][row], sheet.classes, cell[1] // CHARACTER_WIDTH)
            draw.multiline_text((left, top + cell[0]), told, PALE, font)


def _cell(height: int, width: int) -> tuple[int, int]:
    longer = max(height, width)
    if longer > MOST_CELL:
        return max(1, height * MOST_CELL // longer), max(1, width * MOST_CELL // longer)
    times = -(-LEAST_CELL // longer)
    return height * times, width * times


def _shown(pixels: Pixels, colours: ColourSpace, cell: tuple[int, int]) -> Image.Image:
    height, width = pixels.shape[:2]
    mode = {"rgb": "RGB", "grey": "L", "hsv": "HSV", "cmyk": "CMYK"}[colours]
    image = Image.frombytes(mode, (width, height), pixels.tobytes()).convert("RGB")
    enlarges = cell[0] >= height
    return image.resize(cell[::-1], Image.Resampling.NEAREST if enlarges else Image.Resampling.LANCZOS)


def _mixes(sheet: Sheet) -> bool:
    return bool(sheet.amounts["mixup"] or sheet.amounts["cutmix"])


def _mixture(target: npt.NDArray[np.float32], classes: Sequence[str], characters: int) -> str:
    """Return the two largest shares of a mixed target, a line each; nothing for a pure one."""
    if target.max() > PURE:
        return ""
    largest = np.argsort(-target, kind="stable")[:2]
    return "\n".join(
        f"{_printable(classes[label])[: characters - len(': 00%')]}: {target[label]:.0%}" for label in largest
    )


def _wrapped(name: str, *, lines: int) -> str:
    return "\n".join(textwrap.wrap(_printable(name), LABEL_CHARACTERS, max_lines=lines))


def _printable(text: str) -> str:
    """Return a name without what can't be drawn: control characters and bytes that are no text."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _font() -> ImageFont.FreeTypeFont:
    import matplotlib as mpl

    # DejaVu, which comes with matplotlib, knows far more letters than Pillow's own font.
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), FONT_SIZE)


def names_a_change(values: Mapping[str, object]) -> bool:
    """Say whether any of the values that a user gave is about augmentation."""
    return "augment" in values or not AUGMENTATIONS.keys().isdisjoint(values)
