"""A network learns in epochs, and says how that went."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sightline.core.regular import text_of
from sightline.core.storage import write_whole, writing
from sightline.data.catalog import Rows
from sightline.evaluation.report.unlabelled import Unlabelled
from sightline.inference.graph import MOST_SAMPLES
from sightline.line.layers import layers_of
from sightline.line.methods.before_training.preflight import fly
from sightline.line.methods.before_training.section import before_training
from sightline.line.methods.before_training.setup import first_network, setup_of
from sightline.line.methods.contract import Decided, Learnt, Subject
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.methods.network.sections import network_sections
from sightline.line.methods.network.unlabelled import (
    compared,
    recipe_with,
    recipe_without,
    shrink_head,
    with_unlabelled,
)
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.models.building import parameter_count
from sightline.training.checkpoints import Checkpoints
from sightline.training.history import EpochRecord, write_history
from sightline.training.loop import Outcome, fit
from sightline.training.phase import Phase
from sightline.training.preflight.flight import Preflight
from sightline.training.recipe import Recipe
from sightline.training.samplers import LABEL, evaluation_batch
from sightline.training.samples import Parts, Samples
from sightline.training.watchers.babysitter import Babysitter
from sightline.training.watchers.dynamics import DynamicsWatch, TrainingDynamics
from sightline.training.watchers.early_confidence import EarlyConfidence
from sightline.training.watchers.history_file import HistoryFile
from sightline.training.watchers.interrupts import Interrupts
from sightline.training.watchers.layers import LayerWatch, some_rows
from sightline.training.watchers.watcher import Watcher

if TYPE_CHECKING:
    from torch import nn

    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.line.answers import Answers

LEAST_SECONDS = 1.0
"""Of a training whose checks took all of its time."""


ALONE = "labelled"
"""The folder, among the checkpoints, of the course without pictures that have no label."""


@dataclass(frozen=True, eq=False)
class LearntNetwork(Learnt):
    """A network that has been learnt.

    Args:
        history: One record an epoch.
        flown: What was asked of the training before it began.
        unlabelled: What pictures without labels brought; None where none were learnt from.
        dynamics: What it said of its training pictures on the way; None where that was not kept.
    """

    history: tuple[EpochRecord, ...]
    flown: Preflight
    unlabelled: Unlabelled | None = None
    dynamics: TrainingDynamics | None = None

    @property
    def seconds(self) -> float:
        """Of all epochs, with the looks at the validation part."""
        return sum(record.seconds + record.validation_seconds for record in self.history)

    def label_evidence(self, prepared: Prepared) -> LabelEvidence | None:
        """Return what it said of its training pictures while it learnt."""
        if (seen := self.dynamics) is None:
            return None
        return LabelEvidence.calibrated(seen.rows, prepared.catalog.labels[seen.rows], seen.probabilities, seen.margins)

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
        before = (before_training(self.flown),) if self.flown.measured else ()
        return (*before, *sections, *((self.unlabelled,) if self.unlabelled else ()))


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
    setup, settings = setup_of(prepared, decided, options), decided.settings
    began = time.perf_counter()
    flown = fly(setup, settings, run=run, narrator=narrator)
    recipe = _without(setup.recipe, time.perf_counter() - began)
    course = Course(prepared, setup.parts, settings, options, narrator)
    rows = prepared.unlabelled(settings.data)
    followed, section = (
        _guarded(course, recipe, rows, run=run)
        if len(rows)
        else (course.followed(recipe, run=run, network=cast("nn.Sequential", setup.network)), None)
    )
    network, outcome = followed.network, followed.outcome
    # A process killed between its last checkpoint and its last line of history has no epoch left to write.
    write_history(run.history, outcome.history)
    return LearntNetwork(
        model=network.cpu().eval(),
        numbers=parameter_count(network),
        batch=evaluation_batch(prepared.preprocess.format.shape),
        graph_batch=MOST_SAMPLES,
        history=outcome.history,
        flown=flown,
        unlabelled=section,
        dynamics=followed.dynamics,
        findings=(*flown.findings, *outcome.findings),
    )


class Followed(NamedTuple):
    """A network with its best weights, how it came to them, and what it said of its pictures on the way."""

    network: "nn.Sequential"
    outcome: Outcome
    dynamics: TrainingDynamics | None


@dataclass(frozen=True, eq=False)
class Course:
    """What the courses of a training have in common, whatever their recipes.

    Args:
        prepared: Pictures, split and preprocessing.
        parts: Of the pictures with labels.
        settings: With every value decided.
        options: What the network is built with.
        narrator: Who tells the user.
    """

    prepared: Prepared
    parts: Parts
    settings: Settings
    options: Mapping[str, Any]
    narrator: Narrator

    def network(self) -> "nn.Sequential":
        """Return a network that has learnt nothing, the same for every course."""
        return first_network(self.prepared, self.parts, self.settings, self.options)

    def followed(
        self,
        recipe: Recipe,
        *,
        run: Run,
        network: "nn.Sequential | None" = None,
        training: Samples | None = None,
        watchers: Sequence[Watcher] = (),
    ) -> Followed:
        """Train a network, from its last checkpoint if there is one.

        Args:
            recipe: Of its steps, and how many there are.
            run: Takes the checkpoints, ``history.csv`` and ``layers.json``.
            network: Where it begins; a fresh one if not given.
            training: What it learns from; the training part's labelled pictures if not given.
            watchers: Who look on besides.
        """
        network = network or self.network()
        parts = Parts(training or self.parts.training, self.parts.validation)
        look = LayerWatch(run.layers, parts.validation.inputs[some_rows(parts.validation.rows)])
        babysitter = Babysitter(
            recipe,
            validated=len(parts.validation),
            accept=self.settings.data.accept,
            dead=lambda: look.dead,
            tell=self.narrator.tell_findings,
        )
        labels, classes = parts.training.targets[LABEL], len(self.prepared.catalog.classes)
        dynamics = DynamicsWatch(run.dynamics, self.parts.training.rows, labels, classes=classes)
        with self.narrator.watcher(recipe, recipe.step_count(parts.training)) as watcher, Interrupts() as interrupts:
            outcome = fit(
                network,
                parts,
                phases=[Phase(recipe)],
                checkpoints=Checkpoints(run.checkpoints),
                watchers=(watcher, HistoryFile(run.history), look, dynamics, babysitter, *watchers, interrupts),
                say=self.narrator.say,
            )
        return Followed(network, outcome, dynamics.dynamics())


def _guarded(course: Course, recipe: Recipe, rows: Rows, *, run: Run) -> tuple[Followed, Unlabelled]:
    """Train without and with pictures that have no label, in as many steps, and return what validation prefers.

    Args:
        recipe: Of the labelled pictures; its time is for both courses.
        rows: Of the pictures without a label.
        run: Takes the course with them; the one without has its files among the checkpoints.
    """
    settings, classes = course.settings, len(course.prepared.catalog.classes)
    ratio, amounts = settings["unlabelled_ratio"], settings.augmentation.amounts()
    alone_seconds = recipe.seconds / (2 + ratio)
    first_run = Run(run.checkpoints / ALONE)
    with writing(first_run.folder):
        first_run.folder.mkdir(parents=True, exist_ok=True)
    course.narrator.say("learning from the labelled pictures alone, to compare with")
    without = replace(recipe_without(recipe, unlabelled=len(rows), ratio=ratio), seconds=alone_seconds)
    alone = course.followed(without, run=first_run)
    course.narrator.say(f"learning from {len(rows):,} pictures without labels as well")
    network = course.network()
    shrink_head(network)
    both = recipe_with(recipe, amounts, unlabelled=len(rows), ratio=ratio, classes=classes)
    both = replace(both, seconds=recipe.seconds - alone_seconds)
    training = with_unlabelled(course.parts.training, rows)
    watch = EarlyConfidence(recipe.steps.epochs * both.step_count(training))
    beside = course.followed(both, run=run, network=network, training=training, watchers=(watch,))
    histories = alone.outcome.history, beside.outcome.history
    section = compared(*histories, unlabelled=len(rows), judged_by=len(course.parts.validation))
    course.narrator.say(section.words)
    if section.ships:
        return beside, section
    if first_run.layers.exists():
        write_whole(run.layers, text_of(first_run.layers))
    return alone, section


def _without(recipe: Recipe, seconds: float) -> Recipe:
    """Return a recipe that ends so many seconds earlier, if a clock ends it."""
    return replace(recipe, seconds=max(recipe.seconds - seconds, LEAST_SECONDS)) if recipe.seconds else recipe
