"""``sightline.runs``."""

from pathlib import Path

from sightline.app.api.inputs import Place
from sightline.line.comparison.runs import RunRow, runs_in


def runs(folder: Place) -> tuple[RunRow, ...]:
    """List the runs at or below a folder with their figures, times, and what differs in their settings.

    Args:
        folder: Where they are; a run's own folder is one run.

    Returns:
        The best first, those that are not finished last.

    Raises:
        RunError: There is no such folder, or no run in it.

    Example::

        [(run.name, run.accuracy) for run in sightline.runs(".")]
    """
    return runs_in(Path(folder))
