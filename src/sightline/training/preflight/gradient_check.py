"""Analytic gradients against numerical ones, layer by layer, in float64; kinks are told apart from faults."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from sightline.core.findings import Finding
from sightline.core.seeding import derived_seed
from sightline.core.text import listed
from sightline.training.batch import Batch
from sightline.training.preflight.setup import Measured, Setup, warning
from sightline.training.thresholds import threshold

SAMPLES = 4
MOST_TENSORS = 60
"""Weights of a network that are looked at, evenly spread."""
ENTRIES, DRAWS = 8, 4
"""Numbers of a weight that are moved together; how often others are drawn before a weight is blamed."""
RELATIVE_STEP = 1e-5
LEAST_SIZE = 1e-3
"""Of the numbers of a weight, for the size of a step."""
NOISE = 1e-11
"""Relative: what rounding in float64 may do to a difference of losses, with room."""
SHOWN = 5


@dataclass(frozen=True)
class Slope:
    """The slope of the loss along one direction.

    Args:
        analytic: By the backward pass.
        ahead: By a small step ahead.
        behind: By a small step back.
        noise: What rounding may do to either.
    """

    analytic: float
    ahead: float
    behind: float
    noise: float

    @property
    def numerical(self) -> float:
        """By central differences."""
        return (self.ahead + self.behind) / 2

    @property
    def error(self) -> float:
        """The relative error of the analytic slope; 0 where a kink explains it, or rounding hides it.

        At a kink (of a ReLU or a maximum) the loss has two slopes, and any between them may be given.
        """
        size = max(abs(self.analytic), abs(self.ahead), abs(self.behind))
        if size <= self.noise:
            return 0.0
        if self.has_kink and min(self.ahead, self.behind) <= self.analytic <= max(self.ahead, self.behind):
            return 0.0
        return abs(self.analytic - self.numerical) / size

    @property
    def has_kink(self) -> bool:
        """Whether the slopes ahead and behind are others, by more than a curve makes."""
        size = max(abs(self.ahead), abs(self.behind))
        return abs(self.ahead - self.behind) > threshold("gradient-kink") * size + self.noise


def gradient_check(setup: Setup) -> Measured:
    """Compare the gradients of a network's weights with central differences.

    Reference:
        Karpathy, "CS231n: neural networks, part 3" (2015), "Gradient checks".
        https://cs231n.github.io/neural-networks-3/
    """
    try:
        slopes = weight_slopes(setup)
    except RuntimeError as error:  # a module that insists on another type than float64
        return Measured(f"not made: the network can't compute in float64 ({str(error).splitlines()[0]})")
    errors = {name: slope.error for name, slope in slopes.items()}
    if not errors:
        return Measured("no weight learns")
    worst = max(errors, key=lambda name: errors[name])
    line = f"{len(errors)} weights: the largest relative error is {errors[worst]:.1g}, in {worst}"
    return Measured(line, {"errors": errors}, tuple(_findings(slopes)))


def weight_slopes(setup: Setup) -> dict[str, Slope]:
    """Return the slope of each weight that learns, of several draws the one with the least error.

    Raises:
        RuntimeError: The network can't compute in float64.
    """
    with setup.copied() as copied:
        network = copied.cpu().double().train()
        loss_of = _loss(setup, network)
        names = [name for name, weight in network.named_parameters() if weight.requires_grad and weight.numel()]
        places = torch.linspace(0, len(names) - 1, min(MOST_TENSORS, len(names))).round().long().tolist()
        loss_of().backward()  # type: ignore[no-untyped-call]
        gradients = {name: weight.grad for name, weight in network.named_parameters()}
        chance = torch.Generator().manual_seed(derived_seed(setup.recipe.seed, "preflight", "slopes"))
        with torch.no_grad():
            return {
                name: _best_slope(network.get_parameter(name), gradients[name], loss_of, chance)
                for name in (names[place] for place in places)
            }


def _loss(setup: Setup, network: nn.Module) -> Callable[[], torch.Tensor]:
    """Return what gives the loss of always the same samples, with always the same dropout."""
    cut = setup.parts.training.cut(setup.rows(SAMPLES))
    inputs = cut.inputs.double() if cut.inputs.is_floating_point() else cut.inputs
    batch: Batch = cut.with_inputs(inputs)
    seed = derived_seed(setup.recipe.seed, "preflight", "dropout")

    def loss() -> torch.Tensor:
        torch.manual_seed(seed)
        return setup.recipe.objective(network, batch).values.mean()

    return loss


def _best_slope(
    weight: torch.Tensor, gradient: torch.Tensor | None, loss_of: Callable[[], torch.Tensor], chance: torch.Generator
) -> Slope:
    """Return the slope along some numbers of a weight; of several draws, the one with the least error.

    Where several numbers stand at kinks, the slopes ahead and behind are no bounds: then they are moved one by one.
    """
    slopes = torch.zeros_like(weight) if gradient is None else gradient
    drawn: list[Slope] = []
    for _ in range(DRAWS):
        together = 1 if drawn and drawn[-1].has_kink else ENTRIES
        drawn.append(_slope(weight, slopes, _places(slopes, together, chance), loss_of))
        if drawn[-1].error <= threshold("gradient-error"):
            break
    return min(drawn, key=lambda slope: slope.error)


def _places(slopes: torch.Tensor, count: int, chance: torch.Generator) -> torch.Tensor:
    """Return so many places in a flat weight, at random, of those that have a gradient where some have one."""
    flat = slopes.reshape(-1)
    places = flat.nonzero().flatten() if flat.any() else torch.arange(len(flat))
    return places[torch.randperm(len(places), generator=chance)[:count]]


def _slope(
    weight: torch.Tensor, slopes: torch.Tensor, places: torch.Tensor, loss_of: Callable[[], torch.Tensor]
) -> Slope:
    """Move numbers of a weight, each up its gradient, and look at the loss on both sides."""
    given = slopes.reshape(-1)[places]
    signs = torch.where(given < 0, -1.0, 1.0).to(weight.dtype)
    size = RELATIVE_STEP * max(float(weight.square().mean().sqrt()), LEAST_SIZE)
    index = torch.unravel_index(places, weight.shape)
    before, here = weight[index].clone(), float(loss_of())
    weight[index] = before + size * signs
    ahead = (float(loss_of()) - here) / size
    weight[index] = before - size * signs
    behind = (here - float(loss_of())) / size
    weight[index] = before
    return Slope(float((given * signs).sum()), ahead, behind, NOISE * max(abs(here), 1.0) / size)


def _findings(slopes: dict[str, Slope]) -> list[Finding]:
    wrong = [name for name, slope in slopes.items() if slope.error > threshold("gradient-error")]
    if not wrong:
        return []
    right = [name for name in slopes if name not in wrong]
    after = [name for name in right if list(slopes).index(name) > list(slopes).index(wrong[-1])]
    where = f", and right from {after[0]} on" if after else ""
    last = slopes[wrong[-1]]
    return [
        warning(
            "wrong-gradient",
            f"the gradients of {listed(wrong, SHOWN)} are not those of the loss{where}: in {wrong[-1]} the backward "
            f"pass gives {last.analytic:.4g}, differences give {last.numerical:.4g} (relative error {last.error:.1g})",
            f"look at the backward of {wrong[-1].rpartition('.')[0] or 'the network'} and of what follows it",
            tuple(f"{name}: relative error {slopes[name].error:.2g}" for name in wrong),
        )
    ]
