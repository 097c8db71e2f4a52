"""Classification: one label a sample, scores for every class."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.functional import one_hot

from sightline.training.batch import Batch
from sightline.training.losses import Criterion
from sightline.training.objectives.objective import Losses
from sightline.training.samplers import LABEL
from sightline.training.samples import Samples
from sightline.training.tally import Tally

AUXILIARY_SHARE = 0.3
"""Of an auxiliary head's loss: Szegedy et al., "Going deeper with convolutions" (2014), section 5."""

Change = Callable[[torch.Tensor, torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor]]
"""From inputs (n, ...), class shares (n, K) and what it draws from to changed ones of the same shapes."""


def accuracy(tally: Tally) -> float:
    """Return the share of the samples that were named rightly, 0 to 1."""
    return tally.mean("correct")


def balanced_accuracy(tally: Tally) -> float:
    """Return the mean of that share over the classes that were seen, 0 to 1.

    Reference:
        Brodersen et al., "The balanced accuracy and its posterior distribution" (2010).
        https://doi.org/10.1109/ICPR.2010.764
    """
    counts, correct = tally["class_counts"], tally["class_correct"]
    seen = counts > 0
    return float((correct[seen] / counts[seen]).mean())


@dataclass(frozen=True)
class Classification:
    """The objective of one label a sample, from a network that gives (n, K) scores.

    The target ``label`` is (n,) int64, or (n, K) shares of the classes after `ClassChange`. While it trains, a
    network may give a tuple of the scores and those of auxiliary heads, whose losses are added by their share.

    Args:
        criterion: The loss of a sample.
        score: What the best epoch is chosen by, `accuracy` or `balanced_accuracy`.
    """

    criterion: Criterion = field(default_factory=Criterion)
    score: Callable[[Tally], float] = accuracy

    @property
    def separable(self) -> bool:
        """Each sample has a loss of its own."""
        return True

    def __call__(self, network: nn.Module, batch: Batch) -> Losses:
        """Return the losses of a batch."""
        scores, *auxiliary = _all_scores(network(batch.inputs))
        shares = class_shares(batch.targets[LABEL], scores.shape[1])
        with torch.autocast(scores.device.type, enabled=False):  # losses and class weights are float32
            own = self.criterion(scores, shares)
            losses = own
            for more in auxiliary:
                losses = losses + AUXILIARY_SHARE * self.criterion(more, shares)
        seen = scores.detach()
        return Losses(losses, {"count": len(batch), "loss": own.detach().sum(), **_hits(seen, shares)}, seen)

    def figures(self, tally: Tally) -> dict[str, float]:
        """Return the mean loss, without auxiliary heads and penalties, and the accuracy."""
        return {"loss": tally.mean("loss"), "accuracy": accuracy(tally)}


@dataclass(frozen=True)
class ClassChange:
    """Lets what alters inputs and class shares, such as MixUp, alter batches with labels.

    Args:
        change: Alters a batch's inputs and its (n, K) shares.
        classes: The number K of classes.
    """

    change: Change
    classes: int

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the changed batch, whose labels are shares."""
        inputs, shares = self.change(batch.inputs, class_shares(batch.targets[LABEL], self.classes), generator)
        return batch.with_inputs(inputs, **{LABEL: shares})


def class_shares(labels: torch.Tensor, classes: int) -> torch.Tensor:
    """Return (n, K) float32 shares, whose rows sum to 1, of (n,) labels; shares stay as they are."""
    return labels if labels.ndim > 1 else one_hot(labels, classes).float()


def class_counts(samples: Samples, classes: int) -> tuple[int, ...]:
    """Return the number of samples of each of K classes."""
    return tuple(torch.bincount(samples.targets[LABEL][samples.rows], minlength=classes).tolist())


def _hits(scores: torch.Tensor, shares: torch.Tensor) -> dict[str, torch.Tensor]:
    """Count what is named rightly, and of each class what there is, what is answered and what is named rightly.

    The truth is the largest share.
    """
    truths = shares.argmax(dim=1)
    answers, classes = scores.argmax(dim=1), torch.arange(shares.shape[1], device=shares.device)
    correct = answers == truths
    truth = truths.unsqueeze(1) == classes  # (n, K)
    return {
        "correct": correct.sum(),
        "answers": (answers.unsqueeze(1) == classes).sum(dim=0),
        "class_counts": truth.sum(dim=0),
        "class_correct": (truth & correct.unsqueeze(1)).sum(dim=0),
    }


def first_scores(scores: "torch.Tensor | tuple[torch.Tensor, ...]") -> torch.Tensor:
    """Return the scores that count of what a network gives, (n, K), without those of auxiliary heads."""
    return _all_scores(scores)[0]


def _all_scores(scores: "torch.Tensor | tuple[torch.Tensor, ...]") -> tuple[torch.Tensor, ...]:
    return scores if isinstance(scores, tuple) else (scores,)
