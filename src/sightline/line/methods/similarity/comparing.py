"""What all kinds of models that compare share: their task, the split of classes, loss, steps and length."""

import math
import time
from typing import Any, ClassVar

from sightline.core.errors import RunError
from sightline.core.findings import Finding
from sightline.data.catalog import TRAIN
from sightline.data.splits import Split
from sightline.data.survey.record import Surveyed
from sightline.inference.manifest import SIMILARITY
from sightline.line.input.checked_class_split import checked_class_split
from sightline.line.methods.contract import Decided, Method
from sightline.line.prepared import Prepared
from sightline.line.settings.tables import names_in
from sightline.line.settings.values import Settings
from sightline.training.objectives.embedding_losses import EMBEDDING_LOSSES, SUPERVISED_CONTRAST

SEEN = 400_000
"""Where no clock runs, about so many pictures are learnt from: those of small sets over and over again."""
LEAST_EPOCHS, MOST_EPOCHS = 8, 120
MOST_BY_CLOCK = 1_000
AFTERWARDS = 0.2
"""Share of the minutes for the model file, its proof and the report."""
LEAST_SECONDS = 5.0
STEPS: dict[str, Any] = {
    "optimizer": "adamw",
    "learning_rate": 0.002,
    "weight_decay": 0.05,
    "schedule": "one-cycle",
    "ema_decay": 0.998,
    "patience": 0,
}
"""Of the training, where nobody named others."""


class Comparing(Method):
    """A kind of model whose distance tells same from different."""

    task: ClassVar = SIMILARITY
    reads: ClassVar = (names_in("run", "data", "similarity", "steps", "machine") | {"loss", "l1", "l2"}) - {
        "recipe", "baseline", "batch_size", "sampling", "start_scale", "unlabelled", "unlabelled_ratio", "rate_from",
        "preflight",
    }  # fmt: skip

    def preset(self, settings: Settings) -> dict[str, Any]:
        """Return loss and steps; the rate is that of another optimizer, where one was named."""
        own_rate = "optimizer" in settings.origins and settings["optimizer"] != STEPS["optimizer"]
        steps = {name: value for name, value in STEPS.items() if not (own_rate and name == "learning_rate")}
        return {"task": SIMILARITY, "loss": SUPERVISED_CONTRAST, **steps}

    def contradictions(self, settings: Settings) -> list[str]:
        """Return which loss is none of embeddings, and what an episode of so few pictures can't have."""
        loss, pictures = settings["loss"], settings["pictures_a_class"]
        problems = {
            f"loss = {loss!r} with task = {SIMILARITY!r} (expected {', '.join(EMBEDDING_LOSSES)})": (
                loss not in EMBEDDING_LOSSES
            ),
            f"shots = {settings['shots']} with pictures_a_class = {pictures} (expected fewer: the others are asked "
            "about)": loss == "prototypical" and settings["shots"] >= pictures,
        }
        return [words for words, contradicts in problems.items() if contradicts]

    def checked_split(
        self, surveyed: Surveyed, settings: Settings, *, test_fraction: float
    ) -> tuple[Split, tuple[Finding, ...]]:
        """Check the data, and split its classes; see `checked_class_split`.

        Raises:
            DataError: Something must be mended first; the message names all of it.
        """
        return checked_class_split(surveyed, settings, test_fraction=test_fraction)

    def decide(self, prepared: Prepared, settings: Settings, *, started: float) -> Decided:
        """Return how many epochs are learnt, and within how many seconds.

        Raises:
            RunError: Too little time is left.
        """
        count = len(prepared.split.rows(TRAIN))
        epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, math.ceil(SEEN / count)))
        if not settings["minutes"]:
            return Decided(settings.decided("pictures", {"epochs": epochs}))
        left = 60 * settings["minutes"] * (1 - AFTERWARDS) - (time.perf_counter() - started)
        if left < LEAST_SECONDS:
            raise RunError(
                f"minutes = {settings['minutes']:g}, of which nothing is left to learn in", hint="give more --minutes"
            )
        return Decided(settings.decided("clock", {"epochs": MOST_BY_CLOCK}), left)

    def plan(self, decided: Decided) -> str:
        """Return the loss, who is in a step, and how long that goes on."""
        settings = decided.settings
        length = f"{decided.seconds:.0f} s" if decided.seconds else f"{settings['epochs']} epochs"
        turned = ", turned ones as classes of their own" if settings["turned_classes"] == "yes" else ""
        return (
            f"\n{settings['loss']} on {settings['embedding']} numbers a picture: {length}, "
            f"{settings['classes_a_step']} classes with {settings['pictures_a_class']} pictures a step{turned}"
        )

    def improvement(self, settings: Settings, verdict: str) -> tuple[str, dict[str, Any]]:
        """Return to learn for longer."""
        if settings["minutes"]:
            return "Train for longer", {"minutes": 2 * settings["minutes"]}
        if not settings.is_open("epochs"):
            return "Train for longer", {"epochs": 2 * settings["epochs"]}
        return super().improvement(settings, verdict)
