"""True against false acceptance, as a drawing inside a page."""

from sightline.evaluation.drawings.drawing import INK, VALIDATION, drawing, for_page, grid_and_legend
from sightline.evaluation.similarity.verification import Verification

INCHES = (4.0, 3.0)
LEAST_RATE = 1e-4
"""Of false acceptance, that is drawn."""


def verification_svg(verification: Verification, *, prefix: str = "verification") -> str:
    """Draw the receiver operating characteristic, false acceptance by its logarithm.

    Args:
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page.
    """
    from matplotlib.ticker import FuncFormatter

    false = [max(LEAST_RATE, rate) for rate, _ in verification.curve]
    true = [100 * rate for _, rate in verification.curve]
    with drawing(prefix, INCHES) as figure:
        axes = figure.add_subplot()
        axes.plot(false, true, color=VALIDATION, linewidth=1.8, label="like pairs found")
        axes.plot(false, [100 * rate for rate in false], color=INK, linewidth=1.2, linestyle=":", label="by guessing")
        for one in verification.accepted:
            low, high = (100 * end for end in one.interval)
            axes.plot([one.false_rate] * 2, [low, high], color=VALIDATION, linewidth=4, alpha=0.4)
        axes.set_xscale("log")
        axes.set_xlim(LEAST_RATE, 1)
        axes.set_ylim(0, 101)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{100 * rate:g}"))
        axes.set_xlabel("Unlike pairs let in, in %")
        axes.set_ylabel("Like pairs found, in %")
        grid_and_legend(axes)
        return for_page(figure, prefix, label="Like pairs found over unlike pairs let in")
