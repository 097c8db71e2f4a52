"""What several trainings on the same pictures will cost, before the first of them begins."""

import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from sightline.core.errors import SettingsError
from sightline.evaluation.words import duration
from sightline.line.methods.contract import Foreseen
from sightline.line.prepared import Prepared
from sightline.line.resolution import decided, method_for
from sightline.line.run import Run
from sightline.line.settings.values import Settings


@dataclass(frozen=True)
class Cost:
    """What a command will cost on this machine.

    Args:
        trainings: How many models are trained, the last maybe a part of one.
        epochs: Of each, at most; 0 for a kind of model without epochs.
        seconds: All together, by a few timed steps.
    """

    trainings: float
    epochs: int
    seconds: float

    def within(self, seconds: float) -> Self:
        """Return what so many seconds allow of it."""
        share = min(1.0, seconds / self.seconds) if self.seconds else 1.0
        return replace(self, trainings=self.trainings * share, seconds=self.seconds * share)

    @property
    def words(self) -> str:
        """The cost in a sentence."""
        each = f" of up to {self.epochs} epochs" if self.epochs else ""
        return (
            f"{self.trainings:,.4g} trainings{each}: about {duration(self.seconds)} on this machine, "
            "by a few timed steps; nothing was trained"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the words as plain values."""
        return asdict(self) | {"words": self.words}


def cost_of(prepared: Prepared, settings: Settings, *, trainings: float) -> Cost:
    """Return what so many trainings cost, by timed steps of the first; no training begins and no run is written.

    Raises:
        SettingsError: Nothing of this kind of model can be timed beforehand.
        RunError: The minutes that are named leave too little time.
    """
    method = method_for(settings)
    with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
        chosen = decided(prepared, settings, started=time.perf_counter(), run=Run(Path(folder)))
    foreseen: Foreseen | None = method.foreseen(prepared, chosen)
    if foreseen is None:
        raise SettingsError(
            f"what {settings['model']} will cost can't be told by a few steps: it is {method.phrase}",
            hint="leave out --dry-run; what is finished when you interrupt it is kept",
        )
    epochs = chosen.settings["epochs"] if "epochs" in method.reads and not chosen.settings.is_open("epochs") else 0
    return Cost(trainings, int(epochs), foreseen.seconds(trainings))
