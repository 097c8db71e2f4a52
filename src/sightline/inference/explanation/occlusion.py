"""Why a picture was called so, found by hiding one place of it after another."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sightline.core.choose import choose
from sightline.core.pieces import pieces
from sightline.imaging.photo import Pixels
from sightline.inference.explanation.explainable import Explainable
from sightline.inference.explanation.heat import Grid, Heat

CELLS = 8
SQUARES = ((2, 1), (4, 2))
"""Side of a square that is hidden, and how far the next one lies; in cells."""

Window = tuple[slice, slice]
"""Rows and columns of cells."""


def occlusion_heat(classifier: Explainable, pixels: Pixels, label: str | None = None) -> Heat:
    """Hide one square after another behind the picture's mean colour and see how the answer falls.

    Overlapping squares of a quarter and of half the sides are hidden, 107 pictures at most. Each fall is
    shared out evenly among the cells that were hidden, and a cell has the mean of its shares. So small
    things show by small squares, and what stands there twice shows by large ones. Only the graph is
    asked; any model can be explained so.

    Args:
        classifier: Asked for 108 answers at most.
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
    parts = (windows[piece] for piece in pieces(len(windows), classifier.batch))
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
    for side, stride in SQUARES:
        for top in range(stride - side, rows, stride):
            for left in range(stride - side, columns, stride):
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
    """Return (rows, columns) float32: the mean, over the windows that hide a cell, of its share of their falls."""
    total, times = np.zeros(cells), np.zeros(cells)
    for fall, window in zip(falls, windows, strict=True):
        total[window] += fall / total[window].size
        times[window] += 1
    grid: Grid = (total / times).astype(np.float32)
    return grid
