"""Fine-tuning: a base learns on together with its head, its last blocks first."""

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from sightline.classical.building import build_head
from sightline.classical.fitting import FittedScores
from sightline.classical.shallow.linear import LinearScores
from sightline.core.findings import Finding
from sightline.data.catalog import TRAIN, VALIDATION
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.augmentation.settings import AugmentSettings
from sightline.line.methods.before_training.preflight import fly
from sightline.line.methods.before_training.setup import samples_of
from sightline.line.methods.network.machine import machine_of
from sightline.line.methods.network.unlabelled import recipe_with, with_unlabelled
from sightline.line.methods.transfer.advice import for_tuning
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.models.changes.blocks import hold_statistics, weights_of
from sightline.training.checkpoints import Checkpoints
from sightline.training.history import EpochRecord, best_epoch
from sightline.training.loop import fit
from sightline.training.losses import LossSettings
from sightline.training.objectives.classification import class_counts
from sightline.training.objectives.recipe import recipe_of
from sightline.training.phase import Phase
from sightline.training.preflight.flight import Preflight
from sightline.training.preflight.setup import Setup
from sightline.training.recipe import Recipe, StepSettings
from sightline.training.samples import Parts
from sightline.training.watchers.babysitter import Babysitter
from sightline.training.watchers.history_file import HistoryFile
from sightline.training.watchers.interrupts import Interrupts

BATCH = 16
BATCH_WITH_UNLABELLED = 8
"""Labelled pictures a step where others are in it too, and all of them have to be in memory together."""
TOP_BLOCKS = 2
"""The last blocks of the base, which learn before the others do."""
TOP_SHARE = 0.4
"""Of the epochs, in which only those learn."""
TOP_RATE, DEEP_RATE = 3e-4, 1e-4
"""Learning rates: what lies deeper has less to learn, and more to lose."""
SMOOTHING = 0.1
CROP = 0.1


@dataclass(frozen=True, eq=False)
class Tuning:
    """What came of fine-tuning.

    Args:
        network: The base with its head, parts named ``base``, ``standardise`` and ``scores``, with the best weights.
        history: One record an epoch.
        flown: What was asked of it before it began.
        findings: What was noticed before and meanwhile.
    """

    network: nn.Sequential
    history: tuple[EpochRecord, ...]
    flown: Preflight
    findings: tuple[Finding, ...]

    @property
    def accuracy(self) -> float:
        """On the validation part, of the epoch whose weights were kept, 0 to 1."""
        return self.history[best_epoch(self.history) - 1].validation["accuracy"]

    @property
    def seconds(self) -> float:
        """Of all epochs, with the looks at the validation part."""
        return sum(record.seconds + record.validation_seconds for record in self.history)


@dataclass(frozen=True, eq=False)
class TuningPlan:
    """A base with its head, before it learns on.

    Args:
        network: Parts named ``base`` and ``head``.
        parts: What it learns from, and what it is validated on.
        phases: The last blocks first.
        setup: What a pre-flight looks at: the last phase, in which most learns, with labelled pictures alone.
    """

    network: nn.Sequential
    parts: Parts
    phases: list[Phase]
    setup: Setup

    def freeze(self) -> None:
        """Let for good only those weights learn that learn in the last phase."""
        names = set(self.phases[-1].trainable or ())
        for name, weight in self.network.named_parameters():
            weight.requires_grad_(name in names)


def plan_tuning(
    prepared: Prepared, base: nn.Module, head: FittedScores, settings: Settings, *, seconds: float
) -> TuningPlan:
    """Return a base that is to learn on together with the head that was fitted to it.

    Batch normalisation keeps its statistics: those of few pictures are worse than those that the base has learnt. Where
    there are pictures without labels, each step has some of them, as `FixMatch` takes them.

    Args:
        base: From (N, H, W, C) uint8 to (N, F); it is changed.
        head: Linear, of features (N, F); it is left as it is.
        settings: With every value decided.
        seconds: How long it may take; 0 for no limit.

    Reference:
        Howard and Ruder, "Universal language model fine-tuning for text classification" (2018), section 3.3, gradual
        unfreezing, and 3.2, lower rates for what lies deeper. https://arxiv.org/abs/1801.06146
    """
    hold_statistics(base)
    network = nn.Sequential(OrderedDict(base=base, head=_trainable(head)))
    labelled = Parts(samples_of(prepared, TRAIN), samples_of(prepared, VALIDATION))
    parts = replace(labelled, training=with_unlabelled(labelled.training, prepared.unlabelled(settings.data)))
    phases = _phases(prepared, network, settings, last=settings.transfer.last_blocks(), seconds=seconds)
    rate, epochs = phases[-1].recipe.learning_rate, settings["epochs"]
    alone = _recipe_of_labelled(prepared, settings, rate=rate, epochs=epochs, seconds=seconds)
    return TuningPlan(network, parts, phases, Setup(network, labelled, alone, is_new=False, advise=for_tuning))


def tune(plan: TuningPlan, settings: Settings, *, seconds: float, run: Run, narrator: Narrator) -> Tuning:
    """Ask what must be mended first, then let a base learn on, from the last checkpoint if there is one.

    Args:
        settings: With every value decided.
        seconds: How long it may take; 0 for no limit.
        run: Takes the checkpoints, ``preflight.json`` and ``history.csv``.
        narrator: Who tells the user.

    Raises:
        SettingsError: Something must be mended first.
        RunError: The training diverged, or the checkpoint can't be used.
    """
    network, parts, recipe = plan.network, plan.parts, plan.phases[-1].recipe
    with plan.phases[-1].freezing(network):
        flown = fly(plan.setup, settings, run=run, narrator=narrator)
    babysitter = Babysitter(
        recipe,
        validated=len(parts.validation),
        accept=settings.data.accept,
        tell=narrator.tell_findings,
        advise=for_tuning,
    )
    shown = replace(recipe, steps=replace(recipe.steps, epochs=settings["epochs"]), seconds=seconds)
    with narrator.watcher(shown, shown.step_count(parts.training)) as watcher, Interrupts() as interrupts:
        outcome = fit(
            network,
            parts,
            phases=plan.phases,
            checkpoints=Checkpoints(run.checkpoints),
            watchers=(watcher, HistoryFile(run.history), babysitter, interrupts),
            say=narrator.say,
        )
    findings = (*flown.findings, *outcome.findings)
    return Tuning(_with_scores(network.cpu().eval()), outcome.history, flown, findings)


def _trainable(head: FittedScores) -> nn.Linear:
    """Return what a linear head does as one layer of weights that can learn."""
    scores: LinearScores = head.classifier.scores  # type: ignore[assignment]
    mean, factor = head.standardise.mean, head.standardise.factor
    weights = scores.weights * factor[:, None]  # (F, C)
    layer = nn.Linear(*weights.shape)
    with torch.no_grad():
        layer.weight.copy_(weights.T)
        layer.bias.copy_(scores.bias - mean @ weights)
    return layer


def _with_scores(network: nn.Sequential) -> nn.Sequential:
    """Return a base and its layer of weights as a base and a head, as a model file has them."""
    layer: nn.Linear = network.get_submodule("head")  # type: ignore[assignment]
    weights = layer.weight.detach().T.contiguous()  # (F, C)
    head = build_head("logistic")
    width = len(weights)
    head.get_submodule("standardise").fill(np.zeros(width, np.float32), np.ones(width, np.float32))  # type: ignore[operator]
    head.get_submodule("scores").fill(weights.numpy(), layer.bias.detach().numpy())  # type: ignore[operator]
    return nn.Sequential(OrderedDict(base=network.get_submodule("base"), **dict(head.named_children()))).eval()


def _phases(
    prepared: Prepared, network: nn.Sequential, settings: Settings, *, last: int | None, seconds: float
) -> list[Phase]:
    """Return the stretches: the last blocks with the head, then all that may learn."""
    base = network.get_submodule("base")
    head = tuple(f"head.{name}" for name in ("weight", "bias"))
    top, all_of_them = ((*(f"base.{name}" for name in weights_of(base, count)), *head) for count in (TOP_BLOCKS, last))
    epochs = settings["epochs"]
    first = max(1, round(TOP_SHARE * epochs)) if last is None or last > TOP_BLOCKS else 0
    stretches = [(top, TOP_RATE, first), (all_of_them, DEEP_RATE if first else TOP_RATE, epochs - first)]
    return [
        Phase(_recipe(prepared, settings, rate=rate, epochs=count, seconds=seconds * count / epochs), names)
        for names, rate, count in stretches
        if count
    ]


def _recipe(prepared: Prepared, settings: Settings, *, rate: float, epochs: int, seconds: float) -> Recipe:
    """Return how the base learns on, from pictures without labels too where there are some."""
    recipe = _recipe_of_labelled(prepared, settings, rate=rate, epochs=epochs, seconds=seconds)
    unlabelled = len(prepared.unlabelled(settings.data))
    if not unlabelled:
        return recipe
    ratio, classes = settings["unlabelled_ratio"], len(prepared.catalog.classes)
    return recipe_with(recipe, _amounts(prepared), unlabelled=unlabelled, ratio=ratio, classes=classes)


def _recipe_of_labelled(prepared: Prepared, settings: Settings, *, rate: float, epochs: int, seconds: float) -> Recipe:
    """Return how the base learns from the labelled pictures of a step."""
    has_others = len(prepared.unlabelled(settings.data)) > 0
    batch = BATCH_WITH_UNLABELLED if has_others else BATCH
    recipe = recipe_of(
        StepSettings(epochs=epochs, batch_size=batch, optimizer="adamw", learning_rate=rate, patience=0),
        LossSettings(label_smoothing=0.0 if has_others else SMOOTHING),
        machine_of(settings),
        counts=class_counts(samples_of(prepared, TRAIN), len(prepared.catalog.classes)),
        seed=settings["seed"],
        change=Augmentation(_amounts(prepared)),
    )
    return replace(recipe, seconds=seconds)


def _amounts(prepared: Prepared) -> dict[str, float]:
    """Return how much pictures are altered: in the mirror, where that makes no other class of one, and cut out."""
    mirrored = 0.0 if prepared.flips.misleads("flip_horizontal") else 0.5
    return AugmentSettings.named({"flip_horizontal": mirrored, "crop": CROP}).amounts()
