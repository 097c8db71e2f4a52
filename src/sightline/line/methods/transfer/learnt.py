"""A base with a head on it, frozen or learning on, once it has learnt."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.classical.fitting import FittedScores, FittingRecord
from sightline.classical.plan import Plan
from sightline.data.catalog import VALIDATION, Rows
from sightline.evaluation.fit_verdict import OF_BASES, OF_FROZEN_BASES, WaysOut
from sightline.evaluation.report.transfer.heads import TUNED, Heads
from sightline.evaluation.report.transfer.learning_curve import LearningCurve
from sightline.evaluation.report.unlabelled import Unlabelled
from sightline.evaluation.trust.calibration_set import APART, OUT_OF_FOLD
from sightline.imaging.photo import Pixels
from sightline.inference.export.onnx_graph import headed_graph_of
from sightline.inference.graph import Features, Probabilities
from sightline.line.features.seen import Seen
from sightline.line.features.store import Store
from sightline.line.methods.before_training.section import before_training
from sightline.line.methods.contract import Learnt, Subject
from sightline.line.methods.heads_of_folds import answers_of_folds
from sightline.line.methods.held_out import HeldOut
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.methods.network.sections import training_section
from sightline.line.methods.pipeline.fitting import fitting_figures
from sightline.line.methods.pipeline.sections import pipeline_sections
from sightline.line.methods.transfer.out_of_fold import logits_of, out_of_fold_logits
from sightline.line.methods.transfer.tuning import Tuning
from sightline.line.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.inference.classifier import Classifier
    from sightline.line.answers import Answers


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

    def logits(self, pixels: Pixels, rows: Rows) -> npt.NDArray[np.float32]:
        """Return the logits of some rows, (n, classes); the base looks at those that it has not seen yet."""
        fresh = self.seen.lacks(rows)
        seen = self.seen.beside(fresh, self.store.looked(pixels[fresh])) if len(fresh) else self.seen
        return logits_of(self.course.fitted, seen.of(rows))

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
        return headed_graph_of(self.store.graph, head_network(self.course.fitted), width=self.seen.width, factor=factor)

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


def head_network(fitted: FittedScores) -> nn.Sequential:
    """Return what makes logits of features."""
    parts = OrderedDict[str, nn.Module](standardise=fitted.standardise, scores=fitted.classifier.scores)
    return nn.Sequential(parts).eval()
