"""A head is fitted to what a base sees, and the base learns on with it."""

import time
from collections import OrderedDict
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from sightline.classical.fitting import FittedScores, FittingRecord
from sightline.classical.plan import Plan
from sightline.core.errors import RunError
from sightline.core.regular import text_of
from sightline.core.storage import write_whole, writing
from sightline.data.catalog import CALIBRATION, TRAIN, VALIDATION, Rows
from sightline.evaluation.report.transfer.heads import TUNED, Heads
from sightline.line.features.extractor import base_of, extractor_of
from sightline.line.features.seen import Seen
from sightline.line.features.store import Store, store_of
from sightline.line.methods.transfer.curve import Examples, fit_head, learning_curve
from sightline.line.methods.transfer.head import LINEAR, ROWS, head_plan
from sightline.line.methods.transfer.learnt import LearntTransfer, TunedTransfer, head_network
from sightline.line.methods.transfer.tuning import plan_tuning, tune
from sightline.line.methods.transfer.unlabelled_head import guarded_head
from sightline.line.narrator import Narrator, Silent
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.transfer import ALL, NONE
from sightline.line.settings.values import Settings
from sightline.models.building import parameter_count
from sightline.models.changes.blocks import blocks

if TYPE_CHECKING:
    from sightline.training.preflight.setup import Setup

LEAST_SECONDS = 1.0
BATCH = 16
"""Pictures that the base takes at a time where it is asked as a torch network."""


def learn(prepared: Prepared, settings: Settings, *, seconds: float, run: Run, narrator: Narrator) -> LearntTransfer:
    """Look at the training and the validation part through the base, fit the head, and let the base learn on.

    What learnt on ships where it is better on the validation part; else the frozen base does.

    Args:
        settings: With every value decided.
        seconds: How long it may take; 0 for no limit.
        run: Takes checkpoints and history of what learns on.
        narrator: Who tells the user.

    Raises:
        SettingsError: The head can't take so many pictures.
        BundleError: The base's graph can't be computed.
        RunError: The learning diverged, or a checkpoint can't be used.
    """
    started = time.perf_counter()
    _require_same_base(run, settings)
    frozen = _frozen(prepared, settings, narrator=narrator)
    if settings.transfer.last_blocks() == 0:
        if settings.origins.get("unfreeze") == "clock" and settings["classifier"] in LINEAR:
            narrator.say(f"minutes = {settings['minutes']:g} leave no time for the base to learn on: it stays frozen")
        return frozen
    left = seconds and max(LEAST_SECONDS, seconds - (time.perf_counter() - started))
    base = frozen.store.base.load()
    unfrozen = _unfrozen(base, settings, narrator)
    plan = plan_tuning(prepared, base, frozen.course.fitted, settings, seconds=left)
    tuning = tune(plan, settings, seconds=left, run=run, narrator=narrator)
    heads = frozen.heads.beside((TUNED, tuning.accuracy), unfrozen=unfrozen)
    narrator.say(heads.gain_words)
    frozen = replace(frozen, heads=heads, findings=tuning.findings)
    if heads.unfrozen == NONE:
        stages = (*frozen.course.stages, ("learning on, which did not ship", tuning.seconds))
        return replace(frozen, course=replace(frozen.course, stages=stages))
    values = {entry.name: getattr(frozen, entry.name) for entry in fields(frozen)}
    numbers = parameter_count(tuning.network) + _numbers(frozen.course.fitted)
    return TunedTransfer(**{**values, "model": tuning.network, "numbers": numbers, "tuning": tuning})


def _unfrozen(base: nn.Module, settings: Settings, narrator: Narrator) -> str:
    """Return how much of the base learns on, and say so where it has fewer blocks than were asked for."""
    last, count = settings.transfer.last_blocks(), len(blocks(base))
    if last is None or last <= count:
        return str(settings["unfreeze"])
    narrator.say(f"unfreeze = {last}: the base has {count} blocks, and all of them learn on")
    return ALL


def _require_same_base(run: Run, settings: Settings) -> None:
    """Remember which base a run begins with, or raise if it began with another.

    Raises:
        RunError: The weights of the base have changed since the run began.
    """
    digest, kept = extractor_of(settings.transfer).digest, run.checkpoints / "base.sha256"
    if kept.exists() and text_of(kept) != digest:
        raise RunError(
            f"the weights of the base {settings['base']} have changed since the run in {run.folder} began",
            hint="put them back as they were, choose another --out, or begin anew with --force",
        )
    with writing(run.checkpoints):
        run.checkpoints.mkdir(parents=True, exist_ok=True)
    write_whole(kept, digest)


def _frozen(prepared: Prepared, settings: Settings, *, narrator: Narrator) -> LearntTransfer:
    """Return the head on the base as it came."""
    base = replace(base_of(settings), format=prepared.preprocess.format)
    plan, seed = head_plan(settings), settings["seed"]
    store, training, validation = store_of(base), prepared.split.rows(TRAIN), prepared.split.rows(VALIDATION)
    started = time.perf_counter()
    seen = _seen(prepared, store, (TRAIN, VALIDATION, CALIBRATION), narrator)
    more = _mirrored(prepared, store, training, narrator) if plan.mirrored == "yes" else Examples.none(seen.width)
    without = prepared.unlabelled(settings.data)
    unlabelled = store.features(prepared.surveyed, without, narrator=narrator) if len(without) else None
    looked = time.perf_counter()
    fitted = fit_head(plan, seen, training, validation, more=more, seed=seed)
    tried = _compared(plan, fitted, seen, training, validation, seed=seed)
    heads = Heads(base.facts, seen.width, tried, judged_by=len(validation))
    narrator.say(heads.first_words)
    section = None
    if unlabelled is not None:
        fitted, section = guarded_head(
            plan, seen, unlabelled, (training, validation), alone=fitted, more=more, seed=seed, narrator=narrator
        )
        heads = replace(heads, tried=((plan.classifier, fitted.validation_accuracy), *tried[1:]))
    settled = _settled(plan, fitted)
    stages = (("looking at the pictures", looked - started), ("head", time.perf_counter() - looked))
    network = nn.Sequential(OrderedDict(base=base.load(), **dict(head_network(fitted).named_children()))).eval()
    return LearntTransfer(
        model=network,
        numbers=parameter_count(network) + _numbers(fitted),
        batch=BATCH,
        graph_batch=BATCH,
        findings=(),
        store=store,
        seen=seen,
        course=FittingRecord(stages, fitted, fitted.classifier.remarks),
        heads=heads,
        unlabelled=section,
        curve=learning_curve(prepared, seen, settled, seed=seed, narrator=narrator),
        settled=settled,
        seed=seed,
    )


def tuning_setup(prepared: Prepared, settings: Settings, *, seconds: float) -> "Setup":
    """Return what a pre-flight looks at: the base with a fitted head, of which only what is to learn on can learn.

    Args:
        settings: With every value decided.
        seconds: How long it may learn on; 0 for no limit.

    Raises:
        SettingsError: The head can't take so many pictures.
        BundleError: The base's graph can't be computed.
    """
    store = store_of(replace(base_of(settings), format=prepared.preprocess.format))
    seen = _seen(prepared, store, (TRAIN, VALIDATION), Silent())
    parts = [prepared.split.rows(part) for part in (TRAIN, VALIDATION)]
    fitted = fit_head(head_plan(settings), seen, *parts, seed=settings["seed"])
    plan = plan_tuning(prepared, store.base.load(), fitted, settings, seconds=seconds)
    plan.freeze()
    return plan.setup


def _seen(prepared: Prepared, store: Store, parts: tuple[str, ...], narrator: Narrator) -> Seen:
    """Return what the base sees of some parts."""
    rows = np.sort(np.concatenate([prepared.split.rows(part) for part in parts]))
    features = store.features(prepared.surveyed, rows, narrator=narrator)
    return Seen(rows, features, prepared.catalog.labels, len(prepared.catalog.classes))


def _numbers(fitted: FittedScores) -> int:
    """Return how many numbers a head has learnt."""
    return sum(array.numel() for array in fitted.classifier.scores.buffers())


def _mirrored(prepared: Prepared, store: Store, training: Rows, narrator: Narrator) -> Examples:
    """Return the mirror images of the training part, to be learnt from as well."""
    features = store.features(prepared.surveyed, training, mirrored=True, narrator=narrator)
    return Examples(features, prepared.catalog.labels[training])


def _compared(
    plan: Plan, fitted: FittedScores, seen: Seen, training: Rows, validation: Rows, *, seed: int
) -> tuple[tuple[str, float], ...]:
    """Return the name and the validation accuracy of the head that ships, and of others beside it."""
    others = [replace(Plan(), classifier=name) for name in ROWS if name != plan.classifier]
    accuracies = [fit_head(other, seen, training, validation, seed=seed).validation_accuracy for other in others]
    beside = zip((other.classifier for other in others), accuracies, strict=True)
    return (plan.classifier, fitted.validation_accuracy), *beside


def _settled(plan: Plan, fitted: FittedScores) -> Plan:
    """Return the plan with the value that was chosen on the validation part, so that it need not be chosen again."""
    classifier = fitted.classifier
    value = classifier.trials[classifier.chosen].value if classifier.trials else None
    if value is not None and classifier.what == "strength":
        return replace(plan, strength=value)
    if value is not None and classifier.what == "neighbours":
        return replace(plan, neighbours=int(value))
    return plan
