"""The training loop, written once: forward, loss, backward, watchers, step."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sightline.core.errors import RunError
from sightline.core.seeding import derived_seed
from sightline.training.checkpoints import Checkpoints
from sightline.training.history import EpochRecord, best_epoch
from sightline.training.optimizers import OptimizerEntry
from sightline.training.samples import Samples
from sightline.training.schedules import Schedule

EVALUATION_BATCH = 512


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Args:
        epochs: At most so many.
        batch_size: Pictures a step.
        optimizer: What takes the steps.
        learning_rate: Of the first step.
        schedule: How the learning rate decays with the progress through `epochs`.
        patience: Stop after so many epochs without a better validation accuracy; 0 never stops.
        seed: Decides the order of the pictures and everything random in the network.
    """

    epochs: int
    batch_size: int
    optimizer: OptimizerEntry
    learning_rate: float
    schedule: Schedule
    patience: int
    seed: int


@dataclass
class Tally:
    """Sums over the batches that were seen.

    Args:
        count: Pictures.
        loss: Sum over them.
        correct: How many were named rightly.
    """

    count: int = 0
    loss: float = 0.0
    correct: int = 0

    def add(self, loss: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor) -> None:
        """Add one batch with its mean loss."""
        self.count += len(labels)
        self.loss += loss.item() * len(labels)
        self.correct += int((logits.argmax(dim=1) == labels).sum())

    @property
    def mean_loss(self) -> float:
        """The mean loss a picture."""
        return self.loss / self.count

    @property
    def accuracy(self) -> float:
        """The share named rightly."""
        return self.correct / self.count


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

    Returns:
        One record an epoch.

    Raises:
        RunError: The loss is no longer finite, or the checkpoint can't be used.
    """
    optimizer = recipe.optimizer.build(network.parameters(), recipe.learning_rate)
    history = checkpoints.resume(network, optimizer)
    for watcher in watchers:
        watcher.on_start(len(history))
    with _reproducible():
        while not finished(history, recipe):
            record = _epoch(len(history) + 1, network, optimizer, training, validation, recipe, watchers)
            history.append(record)
            checkpoints.keep(network, optimizer, history)
            for watcher in watchers:
                watcher.on_epoch(history)
    checkpoints.load_best(network)
    return tuple(history)


def finished(history: Sequence[EpochRecord], recipe: Recipe) -> bool:
    """Return whether all epochs are done or patience has run out."""
    return len(history) >= recipe.epochs or stopped_early(history, recipe)


def stopped_early(history: Sequence[EpochRecord], recipe: Recipe) -> bool:
    """Return whether patience has run out before the last epoch."""
    if not history or not recipe.patience or len(history) >= recipe.epochs:
        return False
    return len(history) - best_epoch(history) >= recipe.patience


def _epoch(
    epoch: int,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    training: Samples,
    validation: Samples,
    recipe: Recipe,
    watchers: Sequence[Watcher],
) -> EpochRecord:
    torch.manual_seed(derived_seed(recipe.seed, "epoch", epoch))
    network.train()
    tally, started = Tally(), time.perf_counter()
    for pixels, labels in training.shuffled(recipe.batch_size, seed=derived_seed(recipe.seed, "shuffle", epoch)):
        _set_learning_rate(optimizer, recipe, epoch - 1 + tally.count / len(training))
        logits = network(pixels)
        loss = cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        tally.add(loss.detach(), logits.detach(), labels)
        for watcher in watchers:
            watcher.on_step(epoch, network, tally)
        optimizer.step()
    seconds = time.perf_counter() - started
    _require_finite("training", tally.mean_loss, epoch, recipe)
    checked = evaluate(network, validation)
    # The epoch's last step may be the one that diverged: only the validation loss has seen its weights.
    _require_finite("validation", checked.mean_loss, epoch, recipe)
    return EpochRecord(
        epoch=epoch,
        learning_rate=recipe.learning_rate * recipe.schedule((epoch - 1) / recipe.epochs),
        training_loss=tally.mean_loss,
        training_accuracy=tally.accuracy,
        validation_loss=checked.mean_loss,
        validation_accuracy=checked.accuracy,
        seconds=seconds,
        validation_seconds=time.perf_counter() - started - seconds,
        images_per_second=tally.count / seconds,
    )


def evaluate(network: nn.Module, samples: Samples) -> Tally:
    """Return loss and accuracy of a network on some samples, in eval mode."""
    network.eval()
    tally = Tally()
    with torch.no_grad():
        for pixels, labels in samples.in_order(EVALUATION_BATCH):
            logits = network(pixels)
            tally.add(cross_entropy(logits, labels), logits, labels)
    return tally


def _set_learning_rate(optimizer: torch.optim.Optimizer, recipe: Recipe, epochs_done: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = recipe.learning_rate * recipe.schedule(epochs_done / recipe.epochs)


def _require_finite(part: str, loss: float, epoch: int, recipe: Recipe) -> None:
    if not math.isfinite(loss):
        raise RunError(
            f"the {part} loss became {loss} in epoch {epoch} at a learning rate of {recipe.learning_rate:g}",
            hint=f"take smaller steps, in a new run: --learning-rate {recipe.learning_rate / 10:g}",
        )


@contextmanager
def _reproducible() -> Iterator[None]:
    """Use deterministic algorithms, and give torch's generator and switch back as they were."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.use_deterministic_algorithms(before)
