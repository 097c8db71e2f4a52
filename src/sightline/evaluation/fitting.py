"""The fitting of a classical pipeline: what it took, and what was tried on the way."""

from dataclasses import dataclass

from sightline.core.percent import percent

TRIED = {"strength": "strengths of the penalty", "neighbours": "numbers of neighbours", "passes": "numbers of passes"}


@dataclass(frozen=True)
class FittingFigures:
    """What the fitting of a pipeline took, and what it tried.

    Args:
        seconds: How long it took in all.
        stages: Name and seconds of each stage, in their order.
        what: The name of what was tried: ``"strength"``, ``"neighbours"`` or ``"passes"``.
        trials: (value, training accuracy, validation accuracy) of each value that was tried; may be empty.
        chosen: The place among the trials of the one that was kept.
        remarks: Sentences on what had to be done differently than asked.
    """

    seconds: float
    stages: tuple[tuple[str, float], ...]
    what: str
    trials: tuple[tuple[float, float, float], ...]
    chosen: int
    remarks: tuple[str, ...] = ()


def fitting_words(figures: FittingFigures) -> str:
    """Say which value was kept, and whether a better one may lie beyond those that were tried."""
    if not figures.trials:
        return "Nothing was tried out: this classifier has nothing to choose."
    value, training, validation = figures.trials[figures.chosen]
    right = f"right in {percent(validation)} of the validation pictures and {percent(training)} of those it learnt from"
    if len(figures.trials) == 1:
        return f"One value was taken as given, {figures.what} {value:.3g}: {right}."
    tried = TRIED.get(figures.what, f"values of {figures.what}")
    words = f"Of {len(figures.trials)} {tried}, {value:.3g} was kept, the best in validation: {right}."
    return f"{words}{_beyond(figures, value)}"


def _beyond(figures: FittingFigures, value: float) -> str:
    """Return a remark if the value that was kept is an end of those tried and there is more beyond it."""
    values = [trial[0] for trial in figures.trials]
    if value == max(values):
        return " It is the largest that was tried: a larger one may do better."
    if value == min(values) and not (figures.what == "neighbours" and value <= 1):
        return " It is the smallest that was tried: a smaller one may do better."
    return ""
