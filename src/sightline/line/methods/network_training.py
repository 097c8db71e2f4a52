"""A network learns in epochs, and says how that went."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from sightline.inference.graph import MOST_SAMPLES
from sightline.line.layers import layers_of
from sightline.line.methods.before_training.preflight import fly
from sightline.line.methods.before_training.section import before_training
from sightline.line.methods.before_training.setup import setup_of
from sightline.line.methods.contract import Decided, Learnt, Subject
from sightline.line.methods.network_sections import network_sections
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.models.building import parameter_count
from sightline.training.checkpoints import Checkpoints
from sightline.training.history import EpochRecord, write_history
from sightline.training.loop import fit
from sightline.training.phase import Phase
from sightline.training.preflight.flight import Preflight
from sightline.training.recipe import Recipe
from sightline.training.samplers import evaluation_batch
from sightline.training.watchers.babysitter import Babysitter
from sightline.training.watchers.history_file import HistoryFile
from sightline.training.watchers.interrupts import Interrupts
from sightline.training.watchers.layers import LayerWatch, some_rows

if TYPE_CHECKING:
    from torch import nn

    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.line.answers import Answers

LEAST_SECONDS = 1.0
"""Of a training whose checks took all of its time."""


@dataclass(frozen=True, eq=False)
class LearntNetwork(Learnt):
    """A network that has been learnt.

    Args:
        history: One record an epoch.
        flown: What was asked of the training before it began.
    """

    history: tuple[EpochRecord, ...]
    flown: Preflight

    @property
    def seconds(self) -> float:
        """Of all epochs, with the looks at the validation part."""
        return sum(record.seconds + record.validation_seconds for record in self.history)

    def came_out(self, settings: Settings) -> dict[str, Any]:
        """Return how many epochs the clock left room for, where only it bounded them."""
        is_named = settings.origins.get("epochs") in ("named", "file")
        is_bounded = settings["minutes"] and not is_named and len(self.history) < settings["epochs"]
        return {"epochs": f"{len(self.history)}, the minutes being the bound"} if is_bounded else {}

    def sections(
        self,
        subject: Subject,
        answers: "Answers",  # noqa: ARG002 - the contract's
        scores: "Scores",
    ) -> "tuple[Section, ...]":
        """Return the course of the training with its verdict, and what the layers were like."""
        steps = subject.settings.steps
        sections = network_sections(
            self.history,
            epochs=steps.epochs,
            patience=steps.patience,
            layers=layers_of(subject.classifier, subject.run),
            scores=scores,
        )
        return (before_training(self.flown), *sections) if self.flown.measured else sections


def train_network(
    prepared: Prepared, decided: Decided, options: Mapping[str, Any], *, run: Run, narrator: Narrator
) -> LearntNetwork:
    """Ask the training what must be mended first, then train, from the last checkpoint if there is one.

    Args:
        options: What the network is built with.
        run: Takes the checkpoints, ``history.csv`` and ``layers.json``.
        narrator: Who tells the user.

    Raises:
        RunError: The training diverged, or the checkpoint can't be used.
    """
    setup = setup_of(prepared, decided, options)
    began = time.perf_counter()
    flown = fly(setup, decided.settings, run=run, narrator=narrator)
    network, parts, recipe = setup.network, setup.parts, _without(setup.recipe, time.perf_counter() - began)
    look = LayerWatch(run.layers, parts.validation.inputs[some_rows(parts.validation.rows)])
    babysitter = Babysitter(
        recipe,
        validated=len(parts.validation),
        accept=decided.settings.data.accept,
        dead=lambda: look.dead,
        tell=narrator.tell_findings,
    )
    with narrator.watcher(recipe, recipe.step_count(parts.training)) as watcher, Interrupts() as interrupts:
        outcome = fit(
            network,
            parts,
            phases=[Phase(recipe)],
            checkpoints=Checkpoints(run.checkpoints),
            watchers=(watcher, HistoryFile(run.history), look, babysitter, interrupts),
            say=narrator.say,
        )
    # A process killed between its last checkpoint and its last line of history has no epoch left to write.
    write_history(run.history, outcome.history)
    return LearntNetwork(
        model=cast("nn.Sequential", network.cpu().eval()),
        numbers=parameter_count(network),
        batch=evaluation_batch(prepared.preprocess.format.shape),
        graph_batch=MOST_SAMPLES,
        history=outcome.history,
        flown=flown,
        findings=(*flown.findings, *outcome.findings),
    )


def _without(recipe: Recipe, seconds: float) -> Recipe:
    """Return a recipe that ends so many seconds earlier, if a clock ends it."""
    return replace(recipe, seconds=max(recipe.seconds - seconds, LEAST_SECONDS)) if recipe.seconds else recipe
