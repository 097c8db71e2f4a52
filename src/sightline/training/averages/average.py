"""An exponential moving average of the weights."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """Return the moving average of a network's weights and running statistics.

    After n updates the decay is at most ``(1 + n) / (10 + n)``, so that the first weights are soon
    forgotten however slow the average is.

    Args:
        network: Copied; the average is updated by ``update_parameters(network)`` after each step.
        decay: Share of the average that an update keeps, in (0, 1).

    Reference:
        Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
        https://doi.org/10.1137/0330046. The exponential form with its growing decay: Szegedy et al.,
        "Rethinking the Inception architecture for computer vision" (2015), section 8.
        https://arxiv.org/abs/1512.00567
    """

    def move(average: torch.Tensor, current: torch.Tensor, updates: torch.Tensor | int) -> torch.Tensor:
        if not average.is_floating_point():
            return current
        kept = min(decay, (1 + int(updates)) / (10 + int(updates)))
        return torch.lerp(current, average, kept)

    return AveragedModel(network, avg_fn=move, use_buffers=True)
