"""A stretch of training with a recipe of its own, in which some blocks learn and the others stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import nn

from sightline.core.errors import SettingsError
from sightline.core.text import listed
from sightline.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Phase:
    """A stretch of training.

    Args:
        recipe: How the network learns meanwhile.
        trainable: The blocks that learn, each by the start of its parameters' names, such as ``network.layer4`` or
            ``network.fc``; None for all that can. Frozen blocks keep their running statistics and drop nothing out.
    """

    recipe: Recipe
    trainable: tuple[str, ...] | None = None

    @contextmanager
    def freezing(self, network: nn.Module) -> Iterator[None]:
        """Let only the phase's blocks have gradients meanwhile.

        Raises:
            SettingsError: The network has no such block, or none of them can learn.
        """
        if self.trainable is None:
            yield
            return
        _require_blocks(network, self.trainable)
        before = {weight: weight.requires_grad for weight in network.parameters()}
        for name, weight in network.named_parameters():
            weight.requires_grad_(weight.requires_grad and self._holds(name))
        try:
            _require_something_to_learn(network, self.trainable)
            yield
        finally:
            for weight, could_learn in before.items():
                weight.requires_grad_(could_learn)

    def set_modes(self, network: nn.Module) -> None:
        """Put what learns, and what it lies in, into training mode, and the rest into eval mode."""
        if self.trainable is None:
            network.train()
            return
        for name, module in network.named_modules():
            surrounds = not name or any(block.startswith(f"{name}.") for block in self.trainable)
            module.training = surrounds or self._holds(name)

    def _holds(self, name: str) -> bool:
        return self.trainable is None or any(_begins(name, block) for block in self.trainable)


def _begins(name: str, block: str) -> bool:
    return name == block or name.startswith(f"{block}.")


def _require_blocks(network: nn.Module, blocks: tuple[str, ...]) -> None:
    names = [name for name, _ in network.named_parameters()]
    unknown = [block for block in blocks if not any(_begins(name, block) for name in names)]
    if unknown:
        there = dict.fromkeys(name.rpartition(".")[0] for name in names)
        raise SettingsError(
            f"the network has no block named {listed([*map(repr, unknown)])}",
            hint=f"name the start of some of these: {listed(there)}",
        )


def _require_something_to_learn(network: nn.Module, blocks: tuple[str, ...]) -> None:
    if not any(weight.requires_grad for weight in network.parameters()):
        raise SettingsError(
            f"nothing learns in a phase whose trainable blocks are {listed(blocks) or 'none'}",
            hint="name a block that has weights and is not frozen by the network itself",
        )
