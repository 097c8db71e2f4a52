"""One epoch: a step for each of the sampler's batches, then a look at the validation part."""

import math
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import accumulate

import torch

from sightline.core.errors import TrainingError
from sightline.core.seeding import derived_seed
from sightline.core.text import listed
from sightline.training.batch import Batch
from sightline.training.evaluation import evaluate
from sightline.training.feeding import batch_of, one_by_one, prefetched
from sightline.training.history import EpochRecord, of_phase, spent
from sightline.training.learner import Learner
from sightline.training.samples import Parts
from sightline.training.tally import Tally
from sightline.training.watchers.watcher import Step, Watcher

SHOWN_NAMES = 5
"""Of the samples whose loss is not finite."""


class Epoch:
    """One epoch of a phase. Everything random in it is a function of the recipe's seed and of its number.

    Args:
        learner: In the state in which the epoch before left it.
        parts: What it learns from, and what it is validated on.
        history: Of all epochs before, of other phases too.
        phase: The number of the phase, from 1.
        watchers: Called in this order at each moment.
        beside: Seconds of the phase that passed between its epochs.
    """

    def __init__(
        self,
        learner: Learner,
        parts: Parts,
        *,
        history: Sequence[EpochRecord],
        phase: int,
        watchers: Sequence[Watcher],
        beside: float = 0.0,
    ) -> None:
        self.learner, self.recipe, self.parts = learner, learner.recipe, parts
        self.number, self.phase, self.watchers = len(history) + 1, phase, watchers
        before = of_phase(history, phase)
        self._epochs_before, self._seconds_before = len(before), spent(before) + beside
        self._started = self._waited = 0.0
        self._samples = 0
        self._tally = Tally()

    def run(self) -> EpochRecord:
        """Learn for the epoch and look at the validation part.

        Raises:
            TrainingError: A loss is no longer finite, or memory does not hold two samples.
        """
        torch.manual_seed(self._seed("epoch"))
        self.learner.set_modes()
        self._started = time.perf_counter()
        self._learn()
        seconds = time.perf_counter() - self._started
        validation = evaluate(self.learner.shown, self.parts.validation, self.recipe)
        # The epoch's last step may be the one that diverged: only the validation loss has seen its weights.
        self._require_finite_validation(validation.mean("loss"))
        return EpochRecord(
            epoch=self.number,
            phase=self.phase,
            learning_rate=self._rate(self.recipe.progress(self._epochs_before, self._seconds_before)),
            training=self.recipe.objective.figures(self._tally),
            validation=self.recipe.objective.figures(validation),
            score=self.recipe.objective.score(validation),
            l1_penalty=self._tally.mean("l1_penalty"),
            l2_penalty=self._tally.mean("l2_penalty"),
            seconds=seconds,
            validation_seconds=time.perf_counter() - self._started - seconds,
            images_per_second=self._samples / seconds,
            waiting_seconds=self._waited,
            findings=tuple(finding for watcher in self.watchers for finding in watcher.findings()),
        )

    def _learn(self) -> None:
        """Take the epoch's steps, until its batches are used up or the time is over."""
        rows = self.recipe.sampler.batches(self.parts.training, seed=self._seed("shuffle"))
        starts = list(accumulate(map(len, rows), initial=0))
        augmenting = torch.Generator().manual_seed(self._seed("augment"))

        def batch(place: int) -> Batch:
            progress = self._progress(starts[place] / starts[-1])
            return batch_of(
                self.parts.training, rows[place], recipe=self.recipe, progress=progress, augmenting=augmenting
            )

        feed = one_by_one if self.recipe.device.type == "cpu" else prefetched
        with closing(feed(range(len(rows)), batch)) as batches:
            for place, (samples, waited) in enumerate(batches):
                progress = self._progress(starts[place] / starts[-1])
                if progress >= 1 and place:
                    break  # the time is over
                self._waited += waited
                self._step(place + 1, samples, progress)

    def _step(self, number: int, batch: Batch, progress: float) -> None:
        """Take one step, with the watchers before and after it."""
        rate = self.learner.go_to(progress)
        losses, tally = self.learner.gradients(batch)
        self._tally.merge(tally)
        self._samples += len(batch)
        step = Step(
            epoch=self.number,
            number=number,
            learning_rate=rate,
            network=self.learner.network,
            rows=batch.rows,
            losses=losses.values,
            scores=losses.scores,
            tally=self._tally,
            objective=self.recipe.objective,
        )
        self._require_finite_training(step, tally.mean("loss"))
        for watcher in self.watchers:
            watcher.before_step(step)
        self.learner.step()
        for watcher in self.watchers:
            watcher.after_step(step)

    def _seed(self, purpose: str) -> int:
        return derived_seed(self.recipe.seed, purpose, self.number)

    def _progress(self, share: float) -> float:
        """Return how far the phase is after this share of the epoch."""
        lasted = self._seconds_before + time.perf_counter() - self._started
        return self.recipe.progress(self._epochs_before + share, lasted)

    def _rate(self, progress: float) -> float:
        return self.recipe.learning_rate * self.recipe.schedule(progress)

    def _require_finite_training(self, step: Step, loss: float) -> None:
        """Raise before the step takes a loss that is not finite into the weights.

        Raises:
            TrainingError: With the samples of the batch whose losses are not finite.
        """
        if not math.isfinite(loss):
            names = self.parts.training.names(_not_finite(step))
            raise self._diverged(
                "training", loss, f"{step.epoch}, step {step.number}", f", with {listed(names, SHOWN_NAMES)}"
            )

    def _require_finite_validation(self, loss: float) -> None:
        """Raise if the weights that the epoch left give no finite loss.

        Raises:
            TrainingError: They don't.
        """
        if not math.isfinite(loss):
            raise self._diverged("validation", loss, str(self.number), "")

    def _diverged(self, part: str, loss: float, place: str, samples: str) -> TrainingError:
        rate = self.recipe.learning_rate
        return TrainingError(
            f"the {part} loss became {loss} in epoch {place} at a learning rate of {rate:g}{samples}",
            hint=f"take smaller steps, in a new run: --learning-rate {rate / 10:g}, "
            "or shorten the longest: --set clip_norm=1",
        )


def _not_finite(step: Step) -> torch.Tensor:
    """Return the rows of a step whose losses are not finite; all rows where that does not tell them apart."""
    is_broken = ~step.losses.isfinite().cpu()
    known = len(is_broken) == len(step.rows) and bool(is_broken.any())
    return (step.rows[is_broken] if known else step.rows).flatten()
