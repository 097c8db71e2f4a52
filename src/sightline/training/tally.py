"""Sums over the pictures that were seen."""

from collections import Counter
from dataclasses import dataclass, field

import torch


@dataclass
class Tally:
    """Sums over the batches that were seen.

    Args:
        count: Pictures.
        loss: Sum over them.
        correct: How many were named rightly.
        l1: Sum over them of the L1 penalty at the time.
        l2: Likewise of the L2 penalty.
        waited: Seconds for which the network waited for pictures.
        seen: Pictures of each class.
        named: How many of each class were named rightly.
    """

    count: int = 0
    loss: float = 0.0
    correct: int = 0
    l1: float = 0.0
    l2: float = 0.0
    waited: float = 0.0
    seen: Counter[int] = field(default_factory=Counter)
    named: Counter[int] = field(default_factory=Counter)

    def add(self, losses: torch.Tensor, scores: torch.Tensor, targets: torch.Tensor) -> None:
        """Add one batch.

        Args:
            losses: (n,) of each picture.
            scores: (n, K).
            targets: (n, K); the truth is the largest.
        """
        self.count += len(losses)
        self.loss += losses.sum().item()
        truths = targets.argmax(dim=1)
        right = scores.argmax(dim=1) == truths
        self.correct += int(right.sum())
        self.seen.update(truths.tolist())
        self.named.update(truths[right].tolist())

    def add_penalties(self, l1: float, l2: float, count: int) -> None:
        """Add what the weights cost in one step over so many pictures."""
        self.l1 += l1 * count
        self.l2 += l2 * count

    def merge(self, other: "Tally") -> None:
        """Add another's sums."""
        self.count += other.count
        self.loss += other.loss
        self.correct += other.correct
        self.l1 += other.l1
        self.l2 += other.l2
        self.waited += other.waited
        self.seen.update(other.seen)
        self.named.update(other.named)

    @property
    def mean_loss(self) -> float:
        """The mean loss a picture, without penalties."""
        return self.loss / self.count

    @property
    def accuracy(self) -> float:
        """The share named rightly."""
        return self.correct / self.count

    @property
    def balanced_accuracy(self) -> float:
        """The mean of that share over the classes that were seen."""
        return sum(self.named[label] / count for label, count in self.seen.items()) / len(self.seen)
