"""FixMatch: what a network is sure of in a picture, it shall also say of the same picture altered strongly."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sightline.training.batch import Batch, joined
from sightline.training.objectives.classification import Change, Classification, class_shares, first_scores
from sightline.training.objectives.objective import Losses
from sightline.training.samplers import LABEL
from sightline.training.tally import Tally

STRONG = "strong"
"""The target that holds each unlabelled sample's strongly altered view."""
FIRST_CONFIDENCE = 0.95
"""Where the threshold begins: FixMatch's own. So nothing is learnt from before the labels have taught something."""
SETTLED, MOST_MOMENTUM = 20, 0.999
"""The threshold follows the confidence over one part in so many of a training; in a long one as FreeMatch's does."""


class FixMatch(nn.Module):
    """Labelled samples as in a classification, and unlabelled ones where the network is sure of them.

    An unlabelled sample is seen weakly altered, without gradients; the class it is then given counts for its strongly
    altered view, if its confidence is above the threshold of that class. The threshold follows the mean confidence, and
    is lower for classes that are rarely named. It is the state of the objective, which checkpoints keep.

    Args:
        supervised: The objective of the labelled samples; it also validates.
        classes: The number K of classes.
        steps: Of the whole training; they say how fast the threshold follows.
        weight: Of the unlabelled samples' mean loss, beside that of the labelled ones.

    Reference:
        Sohn et al., "FixMatch: simplifying semi-supervised learning with consistency and confidence" (2020),
        equations 3 and 4. https://arxiv.org/abs/2001.07685
        Wang et al., "FreeMatch: self-adaptive thresholding for semi-supervised learning" (2023), equations 5 to 8,
        without its fairness term. https://arxiv.org/abs/2205.07246
    """

    separable = False
    """Gradients of labelled and unlabelled samples, and the threshold, are the whole step's."""
    confidence: torch.Tensor
    class_means: torch.Tensor

    def __init__(self, supervised: Classification, *, classes: int, steps: int, weight: float = 1.0) -> None:
        super().__init__()
        self.supervised, self.weight = supervised, weight
        self.momentum = min(MOST_MOMENTUM, max(0.0, 1 - SETTLED / steps))
        self.register_buffer("confidence", torch.tensor(FIRST_CONFIDENCE))
        self.register_buffer("class_means", torch.full((classes,), 1 / classes))

    def forward(self, network: nn.Module, batch: Batch) -> Losses:
        """Return the losses of a batch whose labelled samples come first; without strong views, of those alone."""
        labels = batch.targets[LABEL]
        has_label = labels >= 0 if labels.ndim == 1 else labels.sum(dim=1) > 0
        known = Batch(batch.rows[has_label.cpu()], batch.inputs[has_label], {LABEL: labels[has_label]})
        supervised = self.supervised(network, known)
        if STRONG not in batch.targets:
            return supervised
        values, passing = self._consistency(network, batch.inputs[~has_label], batch.targets[STRONG][~has_label])
        shares = len(batch) / len(known), self.weight * len(batch) / len(values)
        together = torch.cat([supervised.values * shares[0], values * shares[1]])
        return Losses(together, {**supervised.sums, "unlabelled": len(values), "passing": passing.sum()})

    def _consistency(
        self, network: nn.Module, weak: torch.Tensor, strong: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the losses of unlabelled samples, 0 for those below the threshold, and which are above, (u,) each."""
        with torch.no_grad():
            sure, guess = self._probabilities(network, weak).max(dim=1)
            passing = sure >= self.thresholds[guess]
        scores = first_scores(network(strong))
        with torch.autocast(scores.device.type, enabled=False):
            return cross_entropy(scores.float(), guess, reduction="none") * passing, passing

    def _probabilities(self, network: nn.Module, weak: torch.Tensor) -> torch.Tensor:
        """Return what the network says of weakly altered samples, (u, K), and let the threshold follow it."""
        probabilities = first_scores(network(weak)).float().softmax(dim=1)
        self.confidence.lerp_(probabilities.max(dim=1).values.mean(), 1 - self.momentum)
        self.class_means.lerp_(probabilities.mean(dim=0), 1 - self.momentum)
        return probabilities

    @property
    def thresholds(self) -> torch.Tensor:
        """(K,) the confidence that a guess of each class must have."""
        return self.confidence * self.class_means / self.class_means.max()

    def figures(self, tally: Tally) -> dict[str, float]:
        """Return those of the labelled samples, and in training the share of the others that were learnt from."""
        above = {"above": float(tally["passing"] / tally["unlabelled"])} if "unlabelled" in tally.sums else {}
        return {**self.supervised.figures(tally), **above}

    def score(self, tally: Tally) -> float:
        """Return what the best epoch is chosen by."""
        return self.supervised.score(tally)


@dataclass(frozen=True)
class WeakAndStrong:
    """Alters labelled samples in their way, and shows each unlabelled one weakly and strongly altered.

    Args:
        labelled: Of labelled samples: inputs and class shares.
        weak: Of unlabelled samples, as what they are taken for.
        strong: Of unlabelled samples, as what is learnt from.
        classes: The number K of classes.
    """

    labelled: Change
    weak: Change
    strong: Change
    classes: int

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the batch with shares for labels, all zero where there is none, and with strong views."""
        has_label = batch.targets[LABEL] >= 0
        known, unknown = (
            Batch(batch.rows[some], batch.inputs[some], {LABEL: batch.targets[LABEL][some]})
            for some in (has_label, ~has_label)
        )
        shares = class_shares(known.targets[LABEL], self.classes)
        inputs, shares = self.labelled(known.inputs, shares, generator)
        nothing = shares.new_zeros(len(unknown), self.classes)
        weak, strong = (change(unknown.inputs, nothing, generator)[0] for change in (self.weak, self.strong))
        return joined(
            [
                known.with_inputs(inputs, **{LABEL: shares, STRONG: inputs}),
                unknown.with_inputs(weak, **{LABEL: nothing, STRONG: strong}),
            ]
        )
