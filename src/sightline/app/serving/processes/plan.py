"""What is to be served, and how: all that a worker needs to know, sent to it as it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sightline.app.http.limits import HttpLimits
from sightline.app.http.security import AccessRules
from sightline.app.serving.answers.limits import PictureLimits
from sightline.core.runtimes import core_count

Report = Callable[[Exception | None], None]
"""Is called once by a worker: with the error that keeps it from starting, or with None when it takes requests."""


@dataclass(frozen=True)
class Plan:
    """What is to be served, and how.

    Args:
        files: Each model's file or run folder by its name.
        access: Who may ask for anything.
        http: What each worker takes of requests.
        pictures: What each worker takes of pictures.
        watch: Whether a model is loaded anew when its file changes.
        teach: Whether classes may be enrolled over HTTP.
        workers: How many processes answer, 1 or more.
        metrics_folder: Where several workers write what they count; None for one.
        is_patient: Whether a worker that can't load the models tries again, for others answer meanwhile.
    """

    files: Mapping[str, Path]
    access: AccessRules
    http: HttpLimits = field(default_factory=HttpLimits)
    pictures: PictureLimits = field(default_factory=PictureLimits)
    watch: bool = False
    teach: bool = False
    workers: int = 1
    metrics_folder: Path | None = None
    is_patient: bool = False

    @property
    def threads(self) -> int:
        """How many threads of a worker decode, and compute a batch together: its share of the cores."""
        return max(1, core_count() // self.workers)
