"""What is learnt from prepared pictures: a network in epochs, or a classical pipeline in stages."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.classical.building import SideBySide, build_pipeline, fitted_numbers
from sightline.classical.fitting import FittingRecord, LabelledPictures, fit_pipeline
from sightline.classical.plan import Plan
from sightline.core.seeding import derived_seed
from sightline.data.catalog import TRAIN, VALIDATION
from sightline.evaluation.fitting import FittingFigures
from sightline.imaging.preprocess import Preprocess
from sightline.line.methods.fast_network import Fitted
from sightline.line.methods.recipe import recipe_of
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings import Settings
from sightline.models.building import build_network, parameter_count
from sightline.models.changes.whitening import fit_to_pictures
from sightline.training.history import EpochRecord, HistoryFile, write_history
from sightline.training.interrupts import Interrupts
from sightline.training.layers import LayerWatch, some_rows
from sightline.training.loop import evaluation_batch, fit
from sightline.training.samples import Samples


@dataclass(frozen=True, eq=False)
class Learnt:
    """A model that has been learnt, and how that went.

    Args:
        model: From (N, H, W, C) uint8 to logits (N, classes), on the CPU, in eval mode.
        numbers: How many numbers it has learnt.
        history: Of a network, epoch by epoch; empty for a pipeline.
        fitting: Of a pipeline; None for a network.
        batch: How many pictures to ask it about at a time; None leaves that to who asks.
        training_accuracy: Of a pipeline, 0 to 1.
        validation_accuracy: Of a pipeline, 0 to 1.
    """

    model: nn.Sequential
    numbers: int
    history: tuple[EpochRecord, ...] = ()
    fitting: FittingFigures | None = None
    batch: int | None = None
    training_accuracy: float = 0.0
    validation_accuracy: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it took."""
        if self.fitting:
            return self.fitting.seconds
        return sum(record.seconds + record.validation_seconds for record in self.history)

    def logits(self, pixels: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the logits of some rows, (n, classes) float32."""
        size = self.batch or evaluation_batch(*pixels.shape[1:3])
        with torch.inference_mode():
            parts = [
                self.model(torch.from_numpy(pixels[rows[start : start + size]])).numpy()
                for start in range(0, len(rows), size)
            ]
        return np.concatenate(parts)


def learn(run: Run, prepared: Prepared, fitted: Fitted, narrator: Narrator) -> Learnt:
    """Learn from the training part, choose by the validation part; the test part is not looked at.

    Raises:
        RunError: The training diverged.
        SettingsError: A pipeline's classifier can't take so many pictures.
    """
    settings = fitted.settings
    if settings.is_pipeline:
        return learn_pipeline(prepared, settings.plan(), settings.seed, run.checkpoints.folder, narrator)
    return _learn_network(run, prepared, fitted, narrator)


def learn_pipeline(
    prepared: Prepared,
    plan: Plan,
    seed: int,
    folder: Path,
    narrator: Narrator,
    training: npt.NDArray[np.int64] | None = None,
) -> Learnt:
    """Fit a pipeline.

    Args:
        prepared: The pictures.
        plan: The pipeline's parts.
        seed: Decides what is left to chance.
        folder: Where stages that are done are kept.
        narrator: Who tells the user.
        training: Rows to learn from; all of the training part if not given.
    """
    split, catalog = prepared.split, prepared.catalog
    pipeline = build_pipeline(plan.as_options(), prepared.preprocess.format.shape)
    examples = LabelledPictures(
        prepared.pixels,
        catalog.labels,
        split.rows(TRAIN) if training is None else training,
        split.rows(VALIDATION),
        len(catalog.classes),
    )
    course = fit_pipeline(pipeline, plan, examples, seed=seed, folder=folder, counting=narrator.counting)
    features: SideBySide = pipeline.get_submodule("features")  # type: ignore[assignment]
    return Learnt(
        pipeline,
        fitted_numbers(pipeline),
        fitting=_figures(course),
        batch=features.batch,
        training_accuracy=course.training_accuracy,
        validation_accuracy=course.validation_accuracy,
    )


def _figures(course: FittingRecord) -> FittingFigures:
    trials = tuple(
        (trial.value, trial.training_accuracy, trial.validation_accuracy) for trial in course.classifier.trials
    )
    return FittingFigures(
        seconds=sum(seconds for _, seconds in course.stages),
        stages=course.stages,
        what=course.classifier.what,
        trials=trials,
        chosen=course.classifier.chosen,
        remarks=course.remarks,
    )


def _learn_network(run: Run, prepared: Prepared, fitted: Fitted, narrator: Narrator) -> Learnt:
    training, validation = _samples(prepared)
    recipe = recipe_of(fitted.settings, training, seconds=fitted.seconds)
    network = _fresh_network(prepared.preprocess, len(prepared.catalog.classes), fitted.settings)
    fit_to_pictures(network, training.pixels, training.rows)
    look = LayerWatch(run.layers, validation.pixels[some_rows(validation.rows)])
    with narrator.watcher(recipe, recipe.steps(len(training))) as watcher, Interrupts() as interrupts:
        history = fit(
            network,
            training,
            validation,
            recipe=recipe,
            checkpoints=run.checkpoints,
            watchers=(watcher, HistoryFile(run.history), look, interrupts),
            say=narrator.say,
        )
    # A process killed between its last checkpoint and its last line of history has no epoch left to write.
    write_history(run.history, history)
    return Learnt(network.cpu().eval(), parameter_count(network), history)


def _samples(prepared: Prepared) -> tuple[Samples, Samples]:
    """Return what is learnt from, and what the best epoch is chosen by."""
    catalog = prepared.catalog
    pixels, labels = torch.from_numpy(prepared.pixels), torch.from_numpy(catalog.labels)
    training, validation = (
        Samples(pixels, labels, torch.from_numpy(prepared.split.rows(part)), len(catalog.classes))
        for part in (TRAIN, VALIDATION)
    )
    return training, validation


def _fresh_network(preprocess: Preprocess, classes: int, settings: Settings) -> nn.Sequential:
    """Return the network with weights that depend on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(derived_seed(settings.seed, "weights"))
        return build_network(settings.model, preprocess, classes, settings.model_options())
