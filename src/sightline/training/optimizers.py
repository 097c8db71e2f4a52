"""torch's optimizers under their names, with the defaults and a sentence each.

Importing this file does not import torch, so that settings can be checked and help can be shown without it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn, optim


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer with its defaults.

    Args:
        kind: The name of the class in ``torch.optim``.
        learning_rate: Where to start when the user names none.
        line: What it does, in one sentence.
        reference: Where it comes from.
        options: What else the class is told.
    """

    kind: str
    learning_rate: float
    line: str
    reference: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self, parameters: "Iterable[nn.Parameter]", learning_rate: float) -> "optim.Optimizer":
        """Return the optimizer of some parameters."""
        from torch import optim

        optimizer: optim.Optimizer = getattr(optim, self.kind)(parameters, lr=learning_rate, **self.options)
        return optimizer


OPTIMIZERS: dict[str, OptimizerEntry] = {
    "sgd": OptimizerEntry(
        kind="SGD",
        learning_rate=0.05,
        line="steps against the gradient of one batch",
        reference="Robbins and Monro, 'A stochastic approximation method' (1951)",
    ),
    "momentum": OptimizerEntry(
        kind="SGD",
        learning_rate=0.01,
        line="keeps nine tenths of the last step's velocity",
        reference="Polyak, 'Some methods of speeding up the convergence of iteration methods' (1964)",
        options={"momentum": 0.9},
    ),
    "adam": OptimizerEntry(
        kind="Adam",
        learning_rate=0.001,
        line="scales each weight's step by the recent size of its gradient",
        reference="Kingma and Ba, 'Adam: a method for stochastic optimization', arXiv 1412.6980 (2014)",
        options={"fused": True},
    ),
}
"""Each optimizer by its name."""
