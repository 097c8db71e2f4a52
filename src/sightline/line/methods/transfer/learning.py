"""A head is fitted to what a base sees, and says how that went."""

import time
from collections import OrderedDict
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.classical.fitting import FittedScores, FittingRecord
from sightline.classical.plan import Plan
from sightline.core.errors import RunError
from sightline.core.regular import text_of
from sightline.core.storage import write_whole, writing
from sightline.data.catalog import CALIBRATION, TRAIN, VALIDATION, Rows
from sightline.evaluation.fit_verdict import OF_BASES, OF_FROZEN_BASES, WaysOut
from sightline.evaluation.report.transfer.heads import TUNED, Heads
from sightline.evaluation.report.transfer.learning_curve import LearningCurve
from sightline.evaluation.report.unlabelled import Unlabelled
from sightline.evaluation.trust.calibration_set import APART, OUT_OF_FOLD
from sightline.imaging.photo import Pixels
from sightline.inference.export.onnx_graph import headed_graph_of
from sightline.inference.graph import Features, Probabilities
from sightline.line.features.extractor import base_of, extractor_of
from sightline.line.features.seen import Seen
from sightline.line.features.store import Store, store_of
from sightline.line.methods.before_training.section import before_training
from sightline.line.methods.contract import Learnt, Subject
from sightline.line.methods.heads_of_folds import answers_of_folds
from sightline.line.methods.held_out import HeldOut
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.methods.network.sections import training_section
from sightline.line.methods.pipeline.fitting import fitting_figures
from sightline.line.methods.pipeline.sections import pipeline_sections
from sightline.line.methods.transfer.curve import Examples, fit_head, learning_curve
from sightline.line.methods.transfer.head import LINEAR, ROWS, head_plan
from sightline.line.methods.transfer.out_of_fold import logits_of, out_of_fold_logits
from sightline.line.methods.transfer.tuning import Tuning, plan_tuning, tune
from sightline.line.methods.transfer.unlabelled_head import guarded_head
from sightline.line.narrator import Narrator, Silent
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.transfer import NONE
from sightline.line.settings.values import Settings
from sightline.models.building import parameter_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.inference.classifier import Classifier
    from sightline.line.answers import Answers
    from sightline.training.preflight.setup import Setup

LEAST_SECONDS = 1.0
BATCH = 16
"""Pictures that the base takes at a time where it is asked as a torch network."""


@dataclass(frozen=True, eq=False)
class LearntTransfer(Learnt):
    """A head that has been fitted to what a base sees.

    Args:
        store: Where the base's features and graph are kept.
        seen: What the base has seen of the training and validation part.
        course: How the fitting went.
        heads: All that were fitted.
        unlabelled: What pictures without labels brought; None where none were learnt from.
        curve: What more pictures would bring; None where there are too few to say.
        settled: The plan of the head, with every value that was chosen.
        seed: Decides the folds that heads are fitted without.
    """

    features_are_fixed: ClassVar = True

    store: Store
    seen: Seen
    course: FittingRecord
    heads: Heads
    unlabelled: Unlabelled | None
    curve: LearningCurve | None
    settled: Plan
    seed: int

    @property
    def seconds(self) -> float:
        """Of looking and fitting."""
        return sum(seconds for _, seconds in self.course.stages)

    def held_out(self, prepared: Prepared) -> HeldOut:
        """Return what heads of folds say of pictures that they have not seen, where there is no part for it."""
        held = super().held_out(prepared)
        if held.origin == APART:
            return held
        logits = out_of_fold_logits(prepared.surveyed, self.seen, self.settled, seed=self.seed)
        return held if logits is None else HeldOut(self.seen.rows, logits, OUT_OF_FOLD)

    def label_evidence(self, prepared: Prepared) -> LabelEvidence:
        """Return what heads of folds say of all pictures outside the test part."""
        return answers_of_folds(prepared.surveyed, self.seen, seed=self.seed)

    def logits(self, pixels: Pixels, rows: Rows) -> npt.NDArray[np.float32]:  # noqa: ARG002 - the base has seen them
        """Return the logits of rows that the base has seen, (n, classes)."""
        return logits_of(self.course.fitted, self.seen.of(rows))

    def answers(self, pixels: Pixels, rows: Rows, *, factor: float) -> Probabilities | None:
        """Return what the head, calibrated, answers about rows of the training or validation part, (n, classes)."""
        probabilities: Probabilities = torch.from_numpy(factor * self.logits(pixels, rows)).softmax(dim=1).numpy()
        return probabilities

    def most_read(self, shape: tuple[int, int, int]) -> int:  # noqa: ARG002 - they are stored
        """Return how many pictures the base has seen: reading their features costs nothing."""
        return len(self.seen.rows)

    def features(self, classifier: "Classifier", pixels: Pixels, rows: Rows) -> Features:  # noqa: ARG002 - they are known
        """Return the standardised features of rows of the training or validation part, (n, F)."""
        standardised: Features = self.course.fitted.standardise(torch.from_numpy(self.seen.of(rows))).numpy()
        return standardised

    def graph(self, shape: tuple[int, int, int], *, factor: float) -> bytes:  # noqa: ARG002 - it is the base's
        """Return the base's graph with the head on it."""
        return headed_graph_of(self.store.graph, _head(self.course.fitted), width=self.seen.width, factor=factor)

    def sections(self, subject: "Subject", answers: "Answers", scores: "Scores") -> "tuple[Section, ...]":  # noqa: ARG002 - the fit's
        """Return the base with its heads, the fit with its verdict, and the learning curve."""
        fitting = pipeline_sections(
            fitting_figures(self.course),
            training_accuracy=self.course.fitted.training_accuracy,
            validation_accuracy=self.course.fitted.validation_accuracy,
            validation_count=subject.prepared.split.counts()[VALIDATION],
            scores=scores,
            plane=None,
            ways_out=self._ways_out(),
        )
        return self.heads, *fitting, *self._last_sections()

    def _ways_out(self) -> WaysOut:
        """Return what can be done about the fit; of more pictures the learning curve knows."""
        ways_out = OF_BASES if TUNED in dict(self.heads.tried) else OF_FROZEN_BASES
        return replace(ways_out, more_pictures=self.curve.short_words) if self.curve else ways_out

    def _last_sections(self) -> "Iterator[Section]":
        """Yield what unlabelled pictures brought, and what more labelled ones would."""
        if self.unlabelled:
            yield self.unlabelled
        if self.curve:
            yield self.curve


@dataclass(frozen=True, eq=False)
class TunedTransfer(LearntTransfer):
    """A base that has learnt on with its head.

    Args:
        tuning: What came of it, with its history.
    """

    features_are_fixed: ClassVar = False

    tuning: Tuning

    held_out = Learnt.held_out
    most_read = Learnt.most_read

    @property
    def seconds(self) -> float:
        """Of looking, fitting and learning on."""
        return super().seconds + self.tuning.seconds

    logits = Learnt.logits
    features = Learnt.features
    graph = Learnt.graph

    def answers(self, pixels: Pixels, rows: Rows, *, factor: float) -> Probabilities | None:  # noqa: ARG002 - not known
        """Return None: the network must be asked."""
        return None

    def sections(self, subject: "Subject", answers: "Answers", scores: "Scores") -> "tuple[Section, ...]":  # noqa: ARG002 - the course's
        """Return what was asked before, the base with its heads, how it learnt on, and the curve of the head alone."""
        epochs = subject.settings["epochs"]
        course = training_section(self.tuning.history, epochs=epochs, patience=0, scores=scores)
        before = (before_training(self.tuning.flown),) if self.tuning.flown.measured else ()
        return *before, self.heads, course, *self._last_sections()


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
    plan = plan_tuning(prepared, frozen.store.base.load(), frozen.course.fitted, settings, seconds=left)
    tuning = tune(plan, settings, seconds=left, run=run, narrator=narrator)
    heads = frozen.heads.beside((TUNED, tuning.accuracy), unfrozen=settings["unfreeze"])
    narrator.say(heads.gain_words)
    frozen = replace(frozen, heads=heads, findings=tuning.findings)
    if heads.unfrozen == NONE:
        stages = (*frozen.course.stages, ("learning on, which did not ship", tuning.seconds))
        return replace(frozen, course=replace(frozen.course, stages=stages))
    values = {entry.name: getattr(frozen, entry.name) for entry in fields(frozen)}
    numbers = parameter_count(tuning.network) + _numbers(frozen.course.fitted)
    return TunedTransfer(**{**values, "model": tuning.network, "numbers": numbers, "tuning": tuning})


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
    network = nn.Sequential(OrderedDict(base=base.load(), **dict(_head(fitted).named_children()))).eval()
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


def _head(fitted: FittedScores) -> nn.Sequential:
    """Return what makes logits of features."""
    parts = OrderedDict[str, nn.Module](standardise=fitted.standardise, scores=fitted.classifier.scores)
    return nn.Sequential(parts).eval()


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
