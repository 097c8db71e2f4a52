"""torch's optimizers under their names, with the defaults and a sentence each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer with its defaults.

    Args:
        build: Takes the parameters and a learning rate.
        learning_rate: Where to start when the user names none.
        line: What it does, in one sentence.
        reference: Where it comes from.
    """

    build: Callable[[Iterable[nn.Parameter], float], torch.optim.Optimizer]
    learning_rate: float
    line: str
    reference: str


OPTIMIZERS: dict[str, OptimizerEntry] = {
    "sgd": OptimizerEntry(
        build=lambda parameters, rate: torch.optim.SGD(parameters, lr=rate),
        learning_rate=0.05,
        line="steps against the gradient of one batch",
        reference="Robbins and Monro, 'A stochastic approximation method' (1951)",
    ),
    "momentum": OptimizerEntry(
        build=lambda parameters, rate: torch.optim.SGD(parameters, lr=rate, momentum=0.9),
        learning_rate=0.01,
        line="keeps nine tenths of the last step's velocity",
        reference="Polyak, 'Some methods of speeding up the convergence of iteration methods' (1964)",
    ),
    "adam": OptimizerEntry(
        build=lambda parameters, rate: torch.optim.Adam(parameters, lr=rate, fused=True),
        learning_rate=0.001,
        line="scales each weight's step by the recent size of its gradient",
        reference="Kingma and Ba, 'Adam: a method for stochastic optimization', arXiv 1412.6980 (2014)",
    ),
}
"""Each optimizer by its name."""
