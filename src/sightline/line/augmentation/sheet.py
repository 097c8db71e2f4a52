"""A sheet of pictures as the network will see them: each as it is, and some ways it may come in training."""

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from sightline.core.findings import Finding
from sightline.core.percent import percent
from sightline.data.catalog import Rows
from sightline.imaging.colours import ColourSpace
from sightline.imaging.photo import Pixels

LEAST_CELL, MOST_CELL = 96, 256
"""The longer side of a drawn picture, in pixels."""
GAP, MARGIN, FONT_SIZE, LINE_HEIGHT = 6, 12, 13, 18
CHARACTER_WIDTH = 8
LABEL_CHARACTERS = 24
PAPER, INK, PALE = (255, 255, 255), (20, 20, 20), (110, 110, 110)
PURE = 0.995
"""A target above this is shown as one class."""


@dataclass(frozen=True, eq=False)
class AugmentedSheet:
    """Some pictures, each with its variants.

    Args:
        classes: Their names, as `labels` counts them.
        colours: The colour space of the pixels.
        originals: (N, H, W, C) uint8.
        labels: (N,) int64, indices into `classes`.
        variants: One (N, H, W, C) uint8 array for each variant.
        targets: One (N, K) float32 array for each variant: the share of each class in each picture.
        amounts: How strong each kind of change was, 0 for none.
        findings: Changes that may make another class of a picture.
        remark: What else the caption says of how they are drawn.
    """

    classes: tuple[str, ...]
    colours: ColourSpace
    originals: Pixels
    labels: Rows
    variants: tuple[Pixels, ...]
    targets: tuple[npt.NDArray[np.float32], ...]
    amounts: Mapping[str, float]
    findings: tuple[Finding, ...]
    remark: str = ""

    def __repr__(self) -> str:
        """Return how many pictures and variants there are, in one line."""
        return f"<AugmentedSheet: {len(self.originals)} pictures, {len(self.variants)} variants of each>"

    @property
    def caption(self) -> str:
        """The size of the pictures, each amount that is not zero, and what else is to be said of them."""
        height, width = self.originals.shape[1:3]
        amounts = ", ".join(f"{name} {amount:g}" for name, amount in self.amounts.items() if amount)
        parts = (f"{height}x{width} {self.colours}", amounts or "not altered", self.remark)
        return "; ".join(part for part in parts if part)

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline augment --json`` prints besides the sheet's place: plain values."""
        height, width = self.originals.shape[1:3]
        return {
            "height": height,
            "width": width,
            "colours": self.colours,
            "classes": list(self.classes),
            "pictures": [self.classes[label] for label in self.labels],
            "variants": len(self.variants),
            "amounts": {name: amount for name, amount in self.amounts.items() if amount},
            "findings": [finding.as_json() for finding in self.findings],
        }

    def png(self) -> bytes:
        """Draw the sheet: a row a picture, its class at the left, then the original and the variants.

        Small pictures are enlarged pixel by pixel; pictures above 256 pixels are reduced to that.
        """
        return _png(self)

    def _repr_png_(self) -> bytes:
        """Show the sheet in a notebook."""
        return self.png()


def _png(sheet: AugmentedSheet) -> bytes:
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
    sheet: AugmentedSheet,
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
            shares = _mixture(sheet.targets[number - 1][row], sheet.classes, cell[1] // CHARACTER_WIDTH)
            draw.multiline_text((left, top + cell[0]), shares, PALE, font)


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


def _mixes(sheet: AugmentedSheet) -> bool:
    return bool(sheet.amounts["mixup"] or sheet.amounts["cutmix"])


def _mixture(target: npt.NDArray[np.float32], classes: Sequence[str], characters: int) -> str:
    """Return the two largest shares of a mixed target, a line each; nothing for a pure one."""
    if target.max() > PURE:
        return ""
    largest = np.argsort(-target, kind="stable")[:2]
    return "\n".join(
        f"{_printable(classes[label])[: characters - len(': 00.0 %')]}: {percent(target[label])}" for label in largest
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
