"""The training loop, written once: forward, loss, backward, watchers, step."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate
from typing import NamedTuple, Protocol

import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.core.seeding import derived_seed
from sightline.training.checkpoints import Checkpoints
from sightline.training.devices import autocast, reproducible
from sightline.training.feeding import batch_of, made
from sightline.training.history import EpochRecord, best_epoch
from sightline.training.learner import Learner
from sightline.training.memory import TRIAL, freed_memory_kept, largest_piece
from sightline.training.recipe import Recipe
from sightline.training.samples import Batch, Samples, split_rows
from sightline.training.tally import Tally
from sightline.training.threads import Crowd, threads_set_to

EVALUATION_BATCH, LEAST_EVALUATION_BATCH = 512, 8
EVALUATION_PIXELS = EVALUATION_BATCH * 32 * 32
"""Of all pictures in a batch: larger pictures come in smaller batches."""


class Watcher(Protocol):
    """Anything that looks on while a network is trained."""

    def on_start(self, epochs_done: int) -> None:
        """Look on before the first step, with the number of epochs that an earlier process did."""

    def on_step(self, epoch: int, network: nn.Module, tally: Tally) -> None:
        """Look on between backward and step: the gradients are fresh, the weights still old."""

    def on_epoch(self, history: Sequence[EpochRecord]) -> None:
        """Look on after an epoch, when its checkpoint is safe."""


def fit(
    network: nn.Module,
    training: Samples,
    validation: Samples,
    *,
    recipe: Recipe,
    checkpoints: Checkpoints,
    watchers: Sequence[Watcher] = (),
    say: Callable[[str], None] = lambda _: None,
) -> tuple[EpochRecord, ...]:
    """Train a network, from its last checkpoint if there is one, and leave the best weights in it.

    Every epoch's randomness is a function of the seed and the epoch's number, so the weights at the
    end are the same, bit for bit, however often the process was stopped and started again.

    Args:
        network: Takes (n, H, W, C) uint8, gives logits (n, classes).
        training: What is learnt from.
        validation: What the best epoch is chosen by; not empty.
        recipe: How.
        checkpoints: Where the state is kept.
        watchers: Who looks on.
        say: Told in a line when a batch does not fit into memory.

    Returns:
        One record an epoch.

    Raises:
        RunError: The loss is no longer finite, memory does not hold two pictures, or the checkpoint
            can't be used.
        SettingsError: The optimizer does not fit the network.
    """
    learner = Learner(network, recipe, say=say)
    history = checkpoints.resume(learner)
    if not history and recipe.device.type == "cpu":
        learner.cut_into(largest_piece(network, training.pixels[training.rows[:TRIAL]], recipe.batch_size))
    for watcher in watchers:
        watcher.on_start(len(history))
    crowd = Crowd()
    with reproducible(recipe.device), freed_memory_kept():
        while not finished(history, recipe):
            if not history or crowd.has_changed(all_threads=learner.threads == torch.get_num_threads()):
                learner.choose_threads(training)
            with threads_set_to(learner.threads):
                history.append(_epoch(history, learner, training, validation, watchers))
                checkpoints.keep(learner, history)
                for watcher in watchers:
                    watcher.on_epoch(history)
    checkpoints.load_best(network)
    network.cpu()
    return tuple(history)


def finished(history: Sequence[EpochRecord], recipe: Recipe) -> bool:
    """Return whether all epochs are done, or time or patience has run out."""
    return recipe.progress(len(history), spent(history)) >= 1 or stopped_early(history, recipe)


def spent(history: Sequence[EpochRecord]) -> float:
    """Return the seconds of all epochs."""
    return sum(record.seconds + record.validation_seconds for record in history)


def stopped_early(history: Sequence[EpochRecord], recipe: Recipe) -> bool:
    """Return whether patience has run out before epochs and time."""
    if not history or not recipe.patience or recipe.progress(len(history), spent(history)) >= 1:
        return False
    return len(history) - best_epoch(history) >= recipe.patience


def _epoch(
    history: Sequence[EpochRecord],
    learner: Learner,
    training: Samples,
    validation: Samples,
    watchers: Sequence[Watcher],
) -> EpochRecord:
    recipe, epoch, before = learner.recipe, len(history) + 1, spent(history)
    torch.manual_seed(derived_seed(recipe.seed, "epoch", epoch))
    augmenting = torch.Generator().manual_seed(derived_seed(recipe.seed, "augment", epoch))
    learner.network.train()
    tally, started = Tally(), time.perf_counter()

    def progress_after(pictures: int) -> float:
        lasted = before + time.perf_counter() - started
        return recipe.progress(len(history) + pictures / len(training), lasted)

    def batch(step: Step) -> Batch:
        progress = progress_after(step.pictures_before)
        return batch_of(training, step.rows, recipe=recipe, progress=progress, augmenting=augmenting)

    is_free = recipe.device.type != "cpu"  # to make the next batch meanwhile
    with closing(made(_steps(epoch, training, recipe), batch, ahead=is_free)) as batches:
        for pictures, waited in batches:
            progress = progress_after(tally.count)
            if progress >= 1 and tally.count:
                break  # the time is over
            learner.go_to(progress)
            tally.waited += waited
            tally.merge(learner.gradients(pictures))
            for watcher in watchers:
                watcher.on_step(epoch, learner.network, tally)
            learner.step()
    seconds = time.perf_counter() - started
    _require_finite("training", tally.mean_loss, epoch, recipe)
    checked = evaluate(learner.shown, validation, recipe)
    # The epoch's last step may be the one that diverged: only the validation loss has seen its weights.
    _require_finite("validation", checked.mean_loss, epoch, recipe)
    return EpochRecord(
        epoch=epoch,
        learning_rate=recipe.learning_rate * recipe.schedule(recipe.progress(len(history), before)),
        training_loss=tally.mean_loss,
        training_accuracy=tally.accuracy,
        validation_loss=checked.mean_loss,
        validation_accuracy=checked.accuracy,
        validation_score=checked.balanced_accuracy if recipe.counts_classes_alike else checked.accuracy,
        l1_penalty=tally.l1 / tally.count,
        l2_penalty=tally.l2 / tally.count,
        seconds=seconds,
        validation_seconds=time.perf_counter() - started - seconds,
        images_per_second=tally.count / seconds,
        waiting_seconds=tally.waited,
    )


class Step(NamedTuple):
    """What a step learns from.

    Args:
        rows: (n,) of the samples.
        pictures_before: Of the same epoch.
    """

    rows: torch.Tensor
    pictures_before: int


def _steps(epoch: int, training: Samples, recipe: Recipe) -> Iterator[Step]:
    """Yield the steps of an epoch."""
    seed = derived_seed(recipe.seed, "shuffle", epoch)
    rows = training.balanced(seed=seed) if recipe.sampling == "balanced" else training.shuffled(seed=seed)
    batches = [rows] if recipe.optimizer.full_batch else split_rows(rows, recipe.batch_size)
    yield from map(Step, batches, accumulate(map(len, batches), initial=0))


def evaluate(network: nn.Module, samples: Samples, recipe: Recipe) -> Tally:
    """Return the loss, without penalties, and the accuracy of a network on some samples, in eval mode."""
    network.eval()
    tally = Tally()
    batch_size = evaluation_batch(*samples.pixels.shape[1:3])
    with torch.no_grad(), autocast(recipe.device, recipe.precision):
        for pixels, targets in samples.in_order(batch_size):
            truth = targets.to(recipe.device)
            scores = network(pixels.to(recipe.device))
            tally.add(recipe.criterion(scores, truth), scores, truth)
    return tally


def evaluation_batch(height: int, width: int) -> int:
    """Return how many pictures of a size are asked about at once."""
    return min(EVALUATION_BATCH, max(LEAST_EVALUATION_BATCH, EVALUATION_PIXELS // (height * width)))


def _require_finite(part: str, loss: float, epoch: int, recipe: Recipe) -> None:
    if not math.isfinite(loss):
        raise RunError(
            f"the {part} loss became {loss} in epoch {epoch} at a learning rate of {recipe.learning_rate:g}",
            hint=f"take smaller steps, in a new run: --learning-rate {recipe.learning_rate / 10:g}, "
            "or shorten the longest: --set clip_norm=1",
        )
