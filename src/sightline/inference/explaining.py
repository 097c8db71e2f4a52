"""Why a picture was called so: what each place of it adds to the answer, found by hiding it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from sightline.core.choose import choose
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat

CELLS = 8
SQUARES = ((2, 1), (4, 2))
"""Side of a square that is hidden, and how far the next one lies; in cells."""
FAINT = 0.02
"""Nats a cell; where no cell adds more, nothing is made to look strong."""
SUPPORTS, OPPOSES = (217, 95, 2), (44, 98, 182)
"""Orange and blue, which are told apart by all eyes."""
STRONGEST_ALPHA = 190

Grid = npt.NDArray[np.float32]
Window = tuple[slice, slice]
"""Rows and columns of cells."""


class Answering(Protocol):
    """What is explained: anything that answers pictures of a format."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, in the order of the probabilities."""

    @property
    def format(self) -> PictureFormat:
        """What every picture becomes."""

    @property
    def batch(self) -> int:
        """How many pictures to ask about at a time."""

    def probabilities(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """Return (n, classes) of (n, H, W, C) uint8."""


@dataclass(frozen=True, eq=False)
class Heat:
    """What each place of a picture adds to one class's answer.

    Args:
        label: The class.
        grid: (h, w) float32, at most 8x8 cells over the pixels that the model reads: how many nats of the
            class's log-odds, log(p / (1 - p)), are lost when the cell is hidden. Above zero the cell
            speaks for the class, below zero against it.
        probability: Of the class, on the picture as it is.
        least: The class's lowest probability with one square hidden.
        format: What the picture became before the model read it.
    """

    label: str
    grid: Grid
    probability: float
    least: float
    format: PictureFormat

    @property
    def shares(self) -> Grid:
        """(h, w) float32 from -1 to 1: `grid` as shares of its largest value, or of 0.02 if that is more."""
        shares: Grid = self.grid / max(float(np.abs(self.grid).max()), FAINT)
        return shares

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        numbers = {"probability": self.probability, "least": self.least}
        return {"label": self.label, **numbers, "grid": self.grid.tolist(), "shares": self.shares.tolist()}

    def overlay(self, width: int, height: int) -> bytes:
        """Return a PNG to lay over the upright picture: orange supports the class, blue opposes it.

        What the model never saw, outside its crop, stays clear.

        Args:
            width: Of the picture, or of a smaller copy with its proportions.
            height: The same.
        """
        rows, columns = self.grid.shape
        left, top, right, bottom = _seen(self.format, width, height)
        extent = (left * columns, top * rows, right * columns, bottom * rows)
        shares = np.asarray(
            Image.fromarray(self.shares).transform(
                (width, height), Image.Transform.EXTENT, extent, Image.Resampling.BILINEAR
            )
        )
        colours = np.where(shares[..., None] > 0, SUPPORTS, OPPOSES)  # (height, width, 3)
        alpha = np.abs(shares[..., None]) * STRONGEST_ALPHA
        stream = io.BytesIO()
        Image.fromarray(np.concatenate([colours, alpha], axis=2).round().astype(np.uint8)).save(stream, "PNG")
        return stream.getvalue()


def explain(classifier: Answering, pixels: Pixels, label: str | None = None) -> Heat:
    """Hide one square after another behind the picture's mean colour and see how the answer falls.

    Overlapping squares of a quarter and of half the sides are hidden, 107 pictures at most. Each fall is
    shared out evenly among the cells that were hidden, and a cell has the mean of its shares. So small
    things show by small squares, and what stands there twice shows by large ones. Only the graph is
    asked; any model can be explained so.

    Args:
        classifier: The model.
        pixels: (H, W, C) uint8, as its `format` makes them.
        label: The class to be explained; the likeliest if not given.

    Raises:
        SettingsError: There is no such class.

    Reference:
        M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section
        4.2: occlusion. https://arxiv.org/abs/1311.2901
        L. M. Zintgraf et al., "Visualizing Deep Neural Network Decisions: Prediction Difference Analysis",
        ICLR 2017: the difference of log-odds. https://arxiv.org/abs/1702.04595
    """
    places = {name: place for place, name in enumerate(classifier.classes)}
    answer = classifier.probabilities(pixels[None])
    place = int(answer.argmax()) if label is None else choose(label, places, kind="class")
    rows, columns = (min(CELLS, side) for side in pixels.shape[:2])
    windows = tuple(_windows(rows, columns))
    parts = [windows[start : start + classifier.batch] for start in range(0, len(windows), classifier.batch)]
    answers = np.concatenate([classifier.probabilities(_hidden(pixels, part, (rows, columns))) for part in parts])
    falls = _log_odds(answer, place) - _log_odds(answers, place)
    return Heat(
        label=classifier.classes[place],
        grid=_shared_out(falls, windows, (rows, columns)),
        probability=float(answer[0, place]),
        least=float(answers[:, place].min()),
        format=classifier.format,
    )


def _windows(rows: int, columns: int) -> Iterator[Window]:
    """Yield every square; those at the edges hang over, so that all cells are hidden equally often."""
    for side, step in SQUARES:
        for top in range(step - side, rows, step):
            for left in range(step - side, columns, step):
                yield slice(max(top, 0), top + side), slice(max(left, 0), left + side)


def _hidden(pixels: Pixels, windows: tuple[Window, ...], cells: tuple[int, int]) -> Pixels:
    """Return (n, H, W, C) uint8, the picture with each of n squares hidden."""
    edges = [np.linspace(0, pixels.shape[axis], cells[axis] + 1).round().astype(int) for axis in (0, 1)]
    hidden = np.repeat(pixels[None], len(windows), axis=0)
    colour = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    for picture, window in zip(hidden, windows, strict=True):
        (top, bottom), (left, right) = (
            (edge[part.start], edge[min(part.stop, len(edge) - 1)]) for edge, part in zip(edges, window, strict=True)
        )
        picture[top:bottom, left:right] = colour
    return hidden


def _log_odds(answers: npt.NDArray[np.float32], place: int) -> npt.NDArray[np.float64]:
    """Return (n,) log-odds; the others are summed, since 1 - p is nothing where p rounds to 1."""
    tiny = float(np.finfo(np.float32).tiny)
    others = np.delete(answers, place, axis=1).sum(axis=1, dtype=np.float64)
    odds: npt.NDArray[np.float64] = np.log(np.maximum(answers[:, place], tiny)) - np.log(np.maximum(others, tiny))
    return odds


def _shared_out(falls: npt.NDArray[np.float64], windows: tuple[Window, ...], cells: tuple[int, int]) -> Grid:
    total, times = np.zeros(cells), np.zeros(cells)
    for fall, window in zip(falls, windows, strict=True):
        total[window] += fall / total[window].size
        times[window] += 1
    grid: Grid = (total / times).astype(np.float32)
    return grid


def _seen(input_format: PictureFormat, width: int, height: int) -> tuple[float, float, float, float]:
    """Return where a picture's left, top, right and bottom edges lie in what the model reads, whose sides are 1."""
    if input_format.resize == "squash":
        return 0.0, 0.0, 1.0, 1.0
    scales = (width / input_format.width, height / input_format.height)
    scale = min(scales) if input_format.resize == "crop" else max(scales)
    across, down = (one / scale / 2 for one in scales)
    return 0.5 - across, 0.5 - down, 0.5 + across, 0.5 + down
