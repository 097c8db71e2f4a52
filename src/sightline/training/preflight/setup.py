"""What the pre-flight looks at, and what a check of it gives back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from sightline.core.findings import Finding, Severity
from sightline.core.json_values import sayable
from sightline.core.seeding import derived_seed
from sightline.training.batch import Batch
from sightline.training.learner import Learner
from sightline.training.losses import Penalties
from sightline.training.objectives.classification import Classification
from sightline.training.objectives.loss_function import LossFunction
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.phase import Phase
from sightline.training.recipe import Recipe, unaltered
from sightline.training.samplers import LABEL
from sightline.training.samples import Parts

ALL_AT_ONCE = 64
"""Samples of a step that a check takes by itself: a lone one has no spread for batch normalisation."""


def as_it_is(finding: Finding) -> Finding:
    """Return a finding with the advice that it has."""
    return finding


@dataclass(frozen=True, eq=False)
class Setup:
    """A training as it is planned. The network is never changed: every check works on a copy of its own.

    Args:
        network: As it would begin, on any device.
        parts: What it would learn from, and what it would be validated on.
        recipe: How it would learn.
        is_new: Whether the network has learnt nothing yet.
        advise: From a finding to the same with advice that fits this kind of training.
    """

    network: nn.Module
    parts: Parts
    recipe: Recipe
    is_new: bool = True
    advise: Callable[[Finding], Finding] = as_it_is

    @contextmanager
    def copied(self) -> Iterator[nn.Module]:
        """Yield a copy of the network on the recipe's device, with chance that depends on the recipe's seed alone."""
        devices = [self.recipe.device] if self.recipe.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(derived_seed(self.recipe.seed, "preflight"))
            yield deepcopy(self.network).to(self.recipe.device)

    def batch(self, count: int) -> Batch:
        """Return at most so many training samples as they are, of all classes in turn where there are classes."""
        return self.parts.training.cut(self.rows(count)).to(self.recipe.device)

    def rows(self, count: int) -> torch.Tensor:
        """Return at most so many rows of the training part, one of each class first, then the second of each."""
        generator = torch.Generator().manual_seed(derived_seed(self.recipe.seed, "preflight", "rows"))
        training = self.parts.training
        rows = training.rows[torch.randperm(len(training), generator=generator)]
        labels = training.targets.get(LABEL)
        if labels is None or labels.ndim != 1:
            return rows[:count]
        turns = _turns(labels[rows])
        return rows[turns.argsort(stable=True)][:count]

    @property
    def labels(self) -> torch.Tensor | None:
        """(n,) int64 classes of the training part; None where its samples have no class."""
        labels = self.parts.training.targets.get(LABEL)
        return None if labels is None or labels.ndim != 1 else labels[self.parts.training.rows]

    @property
    def is_classification(self) -> bool:
        """Whether the objective asks for a score of each class."""
        return isinstance(self.recipe.objective, Classification | LossFunction)

    def plain(self, *, rate: float, optimizer: str = "", batch_size: int | None = None) -> Recipe:
        """Return the recipe at a constant rate, with nothing that keeps a network from learning by heart."""
        steps = replace(
            self.recipe.steps,
            learning_rate=rate,
            weight_decay=0.0,
            ema_decay=0.0,
            batch_size=batch_size or ALL_AT_ONCE,
        )
        chosen = OPTIMIZERS[optimizer] if optimizer else self.recipe.optimizer
        return replace(
            self.recipe,
            steps=steps,
            optimizer=chosen,
            schedule=lambda _: 1.0,
            penalties=Penalties(),
            augment=unaltered,
            precision="fp32",
        )


def learner_of(network: nn.Module, recipe: Recipe) -> Learner:
    """Return what takes steps with a copy of a network; it says nothing."""
    return Learner(network, Phase(recipe), say=lambda _: None)


@dataclass(frozen=True)
class Measured:
    """What one check saw.

    Args:
        line: That, in one line with its numbers.
        figures: The numbers behind it, plain values by name.
        findings: What is wrong; empty if nothing is.
    """

    line: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what was seen as plain values."""
        findings = [finding.as_json() for finding in self.findings]
        return {"line": self.line, "figures": sayable(dict(self.figures)), "findings": findings}


Check = Callable[[Setup], Measured]
"""From a set-up to what was seen."""


def warning(code: str, symptom: str, advice: str, evidence: tuple[str, ...] = ()) -> Finding:
    """Return a finding that does not stop a training."""
    return Finding(code, Severity.WARNING, symptom, advice, evidence)


def scores_of(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor | None:
    """Return a network's (n, K) scores without gradients, the main ones where it gives several; None if it has none."""
    with torch.no_grad():
        scores = network(inputs)
    main = scores[0] if isinstance(scores, tuple) and scores else scores
    return main if isinstance(main, torch.Tensor) and main.ndim == 2 else None  # noqa: PLR2004 - samples and classes


def _turns(labels: torch.Tensor) -> torch.Tensor:
    """Return how often each label came before in (n,) labels."""
    order = labels.argsort(stable=True)
    ordered = labels[order]
    begins = torch.searchsorted(ordered, ordered)
    turns = torch.empty_like(labels)
    turns[order] = torch.arange(len(labels)) - begins
    return turns
