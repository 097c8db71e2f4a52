"""A network and everything that changes with it while it learns: one step, whole or in pieces."""

from collections.abc import Callable
from functools import partial
from itertools import chain

import torch
from torch import nn

from sightline.core.errors import TrainingError
from sightline.training.averages.average import averaged
from sightline.training.batch import Batch
from sightline.training.machine.arithmetic import autocast
from sightline.training.machine.memory import TRIAL, is_lack_of_memory, largest_piece
from sightline.training.machine.threads import quicker_threads, samples_a_turn
from sightline.training.objectives.objective import Losses
from sightline.training.phase import Phase
from sightline.training.samples import Samples
from sightline.training.tally import Tally

LEAST_PIECE = 2
MEMORY_FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}
"""Of filters by their number of dimensions: those of pictures, those of clips."""


class Learner:
    """A network in a phase of its training: its optimizers, its moving average, the pieces that a step is cut into.

    Args:
        network: Takes what the phase's objective gives it. Moved to the recipe's device.
        phase: How it learns; `Phase.freezing` must hold, so that the optimizers see what learns.
        say: Called with a line when a batch does not fit into memory, or when the number of threads changes.
    """

    def __init__(self, network: nn.Module, phase: Phase, *, say: Callable[[str], None]) -> None:
        self.phase, self.recipe = phase, phase.recipe
        recipe = phase.recipe
        self.network = network.to(recipe.device)
        _put_channels_last(self.network)
        self.piece = recipe.steps.batch_size
        self.optimizers = recipe.optimizer.build(
            network, learning_rate=recipe.learning_rate, weight_decay=recipe.steps.weight_decay
        )
        self._rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.average = averaged(network, recipe.steps.ema_decay) if recipe.steps.ema_decay else None
        self.scaler = torch.amp.GradScaler(recipe.device.type, enabled=recipe.precision == "fp16")
        self.threads = torch.get_num_threads()
        self._say = say

    @property
    def shown(self) -> nn.Module:
        """What is validated and shipped: the moving average where there is one, else the network."""
        return self.network if self.average is None else self.average.module

    def set_modes(self) -> None:
        """Put the network into training mode, but for what is frozen."""
        self.phase.set_modes(self.network)

    def go_to(self, progress: float) -> float:
        """Set every optimizer's learning rate to what it is so far on, and return that of the recipe.

        Args:
            progress: In [0, 1).
        """
        factor = self.recipe.schedule(progress)
        for optimizer, rates in zip(self.optimizers, self._rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
        return self.recipe.learning_rate * factor

    def losses_of(self, batch: Batch) -> Losses:
        """Return what a batch costs, computed on the recipe's device and in its precision."""
        there = batch.to(self.recipe.device)
        with autocast(self.recipe.device, self.recipe.precision):
            return self.recipe.objective(self.network, there)

    def gradients(self, batch: Batch) -> tuple[Losses, Tally]:
        """Leave the gradients of a batch's mean loss, plus the penalties', in the network.

        A batch that does not fit into memory is cut into pieces whose gradients are added up, so that
        the step stays the one that was asked for. (Batch normalisation then sees a piece at a time.)

        Args:
            batch: The step's samples, as the network shall see them.

        Returns:
            The losses and scores of the samples, without gradients, and the sums over the batch.

        Raises:
            TrainingError: Not even two samples fit, or the objective can't be cut into pieces.
        """
        while True:
            drawn = torch.get_rng_state()
            try:
                return self._gradients(batch)
            except (RuntimeError, MemoryError) as error:
                if not is_lack_of_memory(error):
                    raise
                reason = str(error).splitlines()[0]
            # Outside of the handler: the error held on to the tensors that filled the memory.
            self._halve(len(batch), reason)
            torch.set_rng_state(drawn)

    def _gradients(self, batch: Batch) -> tuple[Losses, Tally]:
        self.network.zero_grad()
        for optimizer in self.optimizers:
            optimizer.zero_grad()  # one that sees filters as matrices has gradients of its own
        tally, values, scores = Tally(), [], []
        pieces = batch.split(self.piece) if self.recipe.objective.separable else [batch]
        for piece in pieces:
            losses = self.losses_of(piece)
            count = len(losses.values) if len(pieces) == 1 else len(batch)
            self.scaler.scale(losses.values.sum() / count).backward()  # type: ignore[no-untyped-call]
            tally.add(losses.sums)
            values.append(losses.values.detach())
            scores += [] if losses.scores is None else [losses.scores]
        self._add_penalties(tally)
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        return Losses(torch.cat(values), tally.sums, torch.cat(scores) if scores else None), tally

    def _add_penalties(self, tally: Tally) -> None:
        l1, l2 = self.recipe.penalties.of(self.network)
        cost = l1 + l2
        if cost.requires_grad:
            self.scaler.scale(cost).backward()  # type: ignore[no-untyped-call]
        tally.add({"l1_penalty": l1.detach() * tally.count, "l2_penalty": l2.detach() * tally.count})

    def _halve(self, count: int, reason: str) -> None:
        """Take half as many samples at a time.

        Raises:
            TrainingError: Two are the least, or the objective needs them all together.
        """
        before, device = min(self.piece, count), self.recipe.device
        smaller = "take smaller pictures (--set size=...) or a smaller --model"
        if not self.recipe.objective.separable:
            raise TrainingError(
                f"a step of {count} pictures, whose loss needs them all, does not fit into the memory of {device}: "
                f"{reason}",
                hint=f"{smaller}, or fewer pictures a step (--set batch_size=...)",
            )
        if before <= LEAST_PIECE:
            raise TrainingError(f"not even {before} pictures fit into the memory of {device}: {reason}", hint=smaller)
        self.cut_into(-(-before // 2))

    def cut_into(self, piece: int) -> None:
        """Take so many samples at a time, and say so if that is fewer than a batch."""
        if piece < self.piece:
            self._say(
                f"a batch of {self.recipe.steps.batch_size} does not fit into memory: each step adds up the gradients "
                f"of {piece} pictures at a time, so the result keeps its batch size"
            )
        self.piece = piece

    def choose_piece(self, samples: Samples) -> None:
        """Take as many samples at a time as the memory of a CPU will hold; on other devices a step finds out."""
        if self.recipe.device.type == "cpu" and self.recipe.objective.separable:
            batch, size = self._trial(samples, TRIAL), self.recipe.steps.batch_size
            forward = partial(self.losses_of, batch)
            self.cut_into(largest_piece(self.network, forward, count=len(batch), batch_size=size))

    def choose_threads(self, samples: Samples) -> int:
        """Take one thread while another program makes that quicker, else all; say so if that changes."""
        before, all_threads = self.threads, torch.get_num_threads()
        self.threads = all_threads
        if self.recipe.device.type == "cpu":
            batch = self._trial(samples, samples_a_turn(tuple(samples.inputs.shape[1:])))
            self.threads = quicker_threads(self.network, lambda: self.losses_of(batch).values)
        if self.threads < before:
            self._say(
                f"another program is busy: one thread is quicker than {all_threads} at this moment (the last bits of "
                "the weights depend on it)"
            )
        elif self.threads > before:
            self._say(f"the other program is gone: {all_threads} threads again")
        return self.threads

    def _trial(self, samples: Samples, count: int) -> Batch:
        """Return at most so many samples of a step to try; all of them where they need each other."""
        rows = self.recipe.sampler.batches(samples, seed=self.recipe.seed)[0]
        return samples.cut(rows[:count] if self.recipe.objective.separable else rows)

    def step(self) -> None:
        """Clip the gradients, step against them, and let the average follow."""
        if self.recipe.steps.clip_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.steps.clip_norm)
        for optimizer in self.optimizers:
            self.scaler.step(optimizer)
        self.scaler.update()
        if self.average is not None:
            self.average.update_parameters(self.network)


def _put_channels_last(network: nn.Module) -> None:
    """Let filters lie in memory in the order in which convolutions are quick."""
    for tensor in chain(network.parameters(), network.buffers()):
        if tensor.ndim in MEMORY_FORMATS:
            tensor.data = tensor.data.to(memory_format=MEMORY_FORMATS[tensor.ndim])
