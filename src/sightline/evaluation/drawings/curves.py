"""The curves of a training as a drawing inside a page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.evaluation.drawings.drawing import INK, TRAINING, VALIDATION, drawing, for_page, grid_and_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (4.0, 2.6)


def curves_svg(
    *,
    name: str,
    training: Sequence[float],
    validation: Sequence[float],
    best_epoch: int | None = None,
    prefix: str = "curve",
) -> str:
    """Draw one number of the training and validation parts over the epochs.

    Args:
        name: What is drawn, such as ``"Loss"``; also the axis label.
        training: (T,) one value an epoch; values that are no numbers leave a gap.
        validation: (T,) the same on the validation part.
        best_epoch: The epoch to mark, counted from 1.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page.

    Raises:
        ValueError: The sequences are empty or differ in length.
    """
    if not training or len(training) != len(validation):
        raise ValueError(f"the curves must be alike and not empty, not {len(training)} and {len(validation)} long")
    with drawing(prefix, INCHES) as figure:
        axes = figure.add_subplot()
        _draw(axes, name, training=training, validation=validation)
        _mark_best(axes, best_epoch)
        grid_and_legend(axes)
        return for_page(figure, prefix, label=f"{name} per epoch, training against validation")


def _draw(axes: "Axes", name: str, *, training: Sequence[float], validation: Sequence[float]) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    epochs = np.arange(1, len(training) + 1)
    style: dict[str, Any] = {"linewidth": 1.8, "marker": "o", "markersize": 6 if len(training) == 1 else 0}
    axes.plot(epochs, np.asarray(training), color=TRAINING, label="training", linestyle="--", **style)
    axes.plot(epochs, np.asarray(validation), color=VALIDATION, label="validation", **style)
    axes.set_xlabel("Epoch")
    axes.set_ylabel(name)
    axes.xaxis.set_major_locator(FixedLocator([1]) if len(training) == 1 else MaxNLocator(integer=True))


def _mark_best(axes: "Axes", best_epoch: int | None) -> None:
    if best_epoch is not None:
        axes.axvline(best_epoch, color=INK, linewidth=1.4, linestyle=":", label=f"best epoch ({best_epoch})")
