"""A network and everything that changes with it while it learns: one step, whole or in pieces."""

from collections.abc import Callable

import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.training.average import averaged
from sightline.training.devices import autocast
from sightline.training.memory import is_lack_of_memory
from sightline.training.recipe import Recipe
from sightline.training.samples import Batch, Samples, split_rows
from sightline.training.tally import Tally
from sightline.training.threads import PICTURES, quicker_threads

AUXILIARY_SHARE = 0.3
"""Of an auxiliary head's loss: Szegedy et al., "Going deeper with convolutions" (2014), section 5."""
LEAST_PIECE = 2


class Learner:
    """A network, its optimizers, its moving average, and the pieces that a step is cut into.

    Args:
        network: Takes (n, H, W, C) uint8, gives scores (n, K); while it trains it may give a tuple
            of the scores and those of auxiliary heads. Moved to the recipe's device.
        recipe: How it learns.
        say: Told in a line when a batch does not fit into memory.
    """

    def __init__(self, network: nn.Module, recipe: Recipe, *, say: Callable[[str], None]) -> None:
        self.network = network.to(recipe.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stub lacks it
        self.recipe = recipe
        self.piece = recipe.batch_size
        self.optimizers = recipe.optimizer.build(
            network, learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self._rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]
        self.average = averaged(network, recipe.ema_decay) if recipe.ema_decay else None
        self.scaler = torch.amp.GradScaler(recipe.device.type, enabled=recipe.precision == "fp16")
        self.threads = torch.get_num_threads()
        self._say = say

    @property
    def shown(self) -> nn.Module:
        """What is validated and shipped: the moving average where there is one, else the network."""
        return self.network if self.average is None else self.average.module

    def go_to(self, progress: float) -> None:
        """Set every optimizer's learning rate to what it is so far on.

        Args:
            progress: In [0, 1).
        """
        factor = self.recipe.schedule(progress)
        for optimizer, rates in zip(self.optimizers, self._rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor

    def gradients(self, batch: Batch) -> Tally:
        """Leave the gradients of a batch's mean loss, plus the penalties', in the network.

        A batch that does not fit into memory is cut into pieces whose gradients are added up, so that
        the step stays the one that was asked for. (Batch normalisation then sees a piece at a time.)

        Args:
            batch: The step's pictures, as the network shall see them.

        Raises:
            RunError: Not even two pictures fit.
        """
        while True:
            drawn = torch.get_rng_state()
            try:
                return self._gradients(*batch)
            except (RuntimeError, MemoryError) as error:
                if not is_lack_of_memory(error):
                    raise
                told = str(error).splitlines()[0]
            # Outside of the handler: the error held on to the tensors that filled the memory.
            self._halve(len(batch[0]), told)
            torch.set_rng_state(drawn)

    def _gradients(self, whole: torch.Tensor, truths: torch.Tensor) -> Tally:
        self.network.zero_grad()
        for optimizer in self.optimizers:
            optimizer.zero_grad()  # one that sees filters as matrices has gradients of its own
        tally = Tally()
        for some, their_truths in zip(split_rows(whole, self.piece), split_rows(truths, self.piece), strict=True):
            pixels, targets = some.to(self.recipe.device), their_truths.to(self.recipe.device)
            with autocast(self.recipe.device, self.recipe.precision):
                scores, *auxiliary = _all_scores(self.network(pixels))
            losses = self.recipe.criterion(scores, targets)
            asked = losses.sum()
            for more in auxiliary:
                asked = asked + AUXILIARY_SHARE * self.recipe.criterion(more, targets).sum()
            self.scaler.scale(asked / len(whole)).backward()  # type: ignore[no-untyped-call]
            tally.add(losses.detach(), scores.detach(), targets)
        self._add_penalties(tally)
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        return tally

    def _add_penalties(self, tally: Tally) -> None:
        l1, l2 = self.recipe.penalties.of(self.network)
        cost = l1 + l2
        if cost.requires_grad:
            self.scaler.scale(cost).backward()  # type: ignore[no-untyped-call]
        tally.add_penalties(l1.item(), l2.item(), tally.count)

    def _halve(self, count: int, told: str) -> None:
        """Take half as many pictures at a time.

        Raises:
            RunError: Two are the least.
        """
        before = min(self.piece, count)
        if before <= LEAST_PIECE:
            raise RunError(
                f"not even {before} pictures fit into the memory of {self.recipe.device}: {told}",
                hint="take smaller pictures (--set size=...) or a smaller --model",
            )
        self.cut_into(-(-before // 2))

    def choose_threads(self, samples: Samples) -> None:
        """Compute with one thread while another program makes that quicker, else with all; say so if that changes."""
        pixels, _ = samples.cut(samples.rows[:PICTURES])
        before, all_threads = self.threads, torch.get_num_threads()
        self.threads = quicker_threads(self.network, pixels, device=self.recipe.device, precision=self.recipe.precision)
        if self.threads < before:
            self._say(
                f"another program is busy: one thread is quicker than {all_threads} at this moment (the last bits of "
                "the weights depend on it)"
            )
        elif self.threads > before:
            self._say(f"the other program is gone: {all_threads} threads again")

    def cut_into(self, piece: int) -> None:
        """Take so many pictures at a time, and say so if that is fewer than a batch."""
        if piece < self.piece:
            self._say(
                f"a batch of {self.recipe.batch_size} does not fit into memory: each step adds up the gradients "
                f"of {piece} pictures at a time, so the result keeps its batch size"
            )
        self.piece = piece

    def step(self) -> None:
        """Clip the gradients, step against them, and let the average follow."""
        if self.recipe.clip_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        for optimizer in self.optimizers:
            self.scaler.step(optimizer)
        self.scaler.update()
        if self.average is not None:
            self.average.update_parameters(self.network)


def _all_scores(given: "torch.Tensor | tuple[torch.Tensor, ...]") -> tuple[torch.Tensor, ...]:
    return given if isinstance(given, tuple) else (given,)
