"""A head is fitted to what a base sees, and says how that went."""

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.classical.fitting import FittedScores, FittingRecord
from sightline.classical.plan import Plan
from sightline.data.catalog import TRAIN, VALIDATION, Rows
from sightline.evaluation.report.transfer.heads import Heads
from sightline.evaluation.report.transfer.learning_curve import LearningCurve
from sightline.imaging.photo import Pixels
from sightline.inference.export.onnx_graph import headed_graph_of
from sightline.inference.graph import Features, Probabilities
from sightline.line.features.extractor import extractor_of
from sightline.line.features.seen import Seen
from sightline.line.features.store import Store, store_of
from sightline.line.methods.contract import Learnt, Subject
from sightline.line.methods.pipeline_fitting import fitting_figures
from sightline.line.methods.pipeline_sections import pipeline_sections
from sightline.line.methods.transfer.curve import fit_head, learning_curve
from sightline.line.methods.transfer.head import ROWS, head_plan
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.settings.values import Settings
from sightline.models.building import parameter_count

if TYPE_CHECKING:
    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.inference.classifier import Classifier
    from sightline.line.answers import Answers

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
        curve: What more pictures would bring; None where there are too few to say.
    """

    store: Store
    seen: Seen
    course: FittingRecord
    heads: Heads
    curve: LearningCurve | None

    @property
    def seconds(self) -> float:
        """Of looking and fitting."""
        return sum(seconds for _, seconds in self.course.stages)

    def logits(self, pixels: Pixels, rows: Rows) -> npt.NDArray[np.float32]:  # noqa: ARG002 - the base has seen them
        """Return the logits of rows of the training or validation part, (n, classes)."""
        with torch.inference_mode():
            scores: npt.NDArray[np.float32] = _head(self.course.fitted)(torch.from_numpy(self.seen.of(rows))).numpy()
        return scores

    def answers(self, pixels: Pixels, rows: Rows, *, factor: float) -> Probabilities:
        """Return what the head, calibrated, answers about rows of the training or validation part, (n, classes)."""
        probabilities: Probabilities = torch.from_numpy(factor * self.logits(pixels, rows)).softmax(dim=1).numpy()
        return probabilities

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
        )
        return self.heads, *fitting, *((self.curve,) if self.curve else ())


def learn(prepared: Prepared, settings: Settings, *, narrator: Narrator) -> LearntTransfer:
    """Look at the training and the validation part through the base, and fit the head.

    Args:
        settings: With every value decided.
        narrator: Who tells the user.

    Raises:
        SettingsError: The head can't take so many pictures.
        BundleError: The base's graph can't be computed.
    """
    base = replace(extractor_of(settings.transfer), format=prepared.preprocess.format)
    plan, seed = head_plan(settings), settings["seed"]
    store, training, validation = store_of(base), prepared.split.rows(TRAIN), prepared.split.rows(VALIDATION)
    started = time.perf_counter()
    rows = np.sort(np.concatenate([training, validation]))
    features = store.features(prepared.surveyed, rows, narrator=narrator)
    mirrored = _mirrored(prepared, store, training, narrator) if plan.mirrored == "yes" else None
    looked = time.perf_counter()
    seen = Seen(rows, features, prepared.catalog.labels, len(prepared.catalog.classes))
    fitted = fit_head(plan, seen, training, validation, mirrored=mirrored, seed=seed)
    stages = (("looking at the pictures", looked - started), ("head", time.perf_counter() - looked))
    network = nn.Sequential(OrderedDict(base=base.load(), **dict(_head(fitted).named_children()))).eval()
    return LearntTransfer(
        model=network,
        numbers=parameter_count(network) + sum(array.numel() for array in fitted.classifier.scores.buffers()),
        batch=BATCH,
        graph_batch=BATCH,
        findings=(),
        store=store,
        seen=seen,
        course=FittingRecord(stages, fitted, fitted.classifier.remarks),
        heads=Heads(base.facts, seen.width, _compared(plan, fitted, seen, training, validation, seed=seed)),
        curve=learning_curve(prepared, seen, _settled(plan, fitted), seed=seed),
    )


def _mirrored(prepared: Prepared, store: Store, training: Rows, narrator: Narrator) -> Features:
    return store.features(prepared.surveyed, training, mirrored=True, narrator=narrator)


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
