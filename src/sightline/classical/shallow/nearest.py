"""Classifiers by distance: the nearest class mean, and the nearest training pictures."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import nn

from sightline.classical.features import Features, Floats, Labels
from sightline.classical.parts import empty
from sightline.classical.plan import Plan
from sightline.classical.shallow import FittedClassifier, Trial
from sightline.classical.shallow.trials import accuracy, kept
from sightline.core.pieces import pieces

COUNTS = (31, 15, 9, 5, 3, 1)
"""Numbers of neighbours that are tried; of equals the larger is kept."""
MOST_SUPPORTS = 20_000
MEASURED_ROWS = 2048
"""Of the training part, whose accuracy is shown; a picture is its own nearest neighbour."""
ROWS_A_PIECE = 256
ROUNDING = 1e-5
"""Of a squared distance, as a share of the squared lengths that it is worked out from."""


class NearestMean(nn.Module):
    """Features to scores: minus the squared distance to each class's mean, plus that to the origin.

    A class without training pictures scores 1 less than the lowest other one.

    Args:
        plan: Nothing of it is read.
    """

    means: torch.Tensor  # (C, F)
    known: torch.Tensor  # (C,): 1 for a class with training pictures, else 0

    def __init__(self, plan: Plan) -> None:  # noqa: ARG002 - every classifier's module is made from a plan
        super().__init__()
        self.register_buffer("means", empty())
        self.register_buffer("known", empty())

    def fill(self, sums: torch.Tensor, counts: torch.Tensor) -> "NearestMean":
        """Take over the sums (C, F) of each class's rows and their numbers (C,), not all of them 0."""
        self.known = (counts > 0).float()
        self.means = sums / counts.clamp(min=1)[:, None]
        self.means[counts == 0] = self.means[counts > 0][0]  # so that it does not lower the lowest score
        return self

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, C) from (N, F)."""
        scores = 2 * features @ self.means.T - self.means.square().sum(dim=1)
        return torch.where(self.known > 0, scores, scores.amin(dim=1, keepdim=True) - 1)


class Neighbours(nn.Module):
    """Features to scores: the logarithm of each class's share of the votes of the nearest training pictures.

    Each class has one vote before the neighbours are asked, so that no share is zero (Laplace's rule of succession).
    Training pictures that are as near as the last one asked, up to rounding, vote too: which of equals comes first is
    no one's to say, and differs from one program to another.

    Args:
        plan: Nothing of it is read.
    """

    supports: torch.Tensor  # (M, F)
    squares: torch.Tensor  # (M,), of their lengths
    owners: torch.Tensor  # (M, C): 1 for each support's class, else 0
    votes: torch.Tensor  # (k,): as many as are asked

    def __init__(self, plan: Plan) -> None:  # noqa: ARG002 - every classifier's module is made from a plan
        super().__init__()
        for name in ("supports", "squares", "owners", "votes"):
            self.register_buffer(name, empty())

    def fill(self, supports: torch.Tensor, labels: Labels, *, classes: int, count: int) -> "Neighbours":
        """Take over supports (M, F) with their labels (M,), and how many of them are asked: 1 to M."""
        self.supports = supports
        self.squares = self.supports.square().sum(dim=1)
        self.owners = torch.eye(classes)[torch.from_numpy(labels)]
        self.votes = torch.ones(count)
        return self

    def nearest(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, k) int64, which supports are nearest to (N, F), the nearest first."""
        return self._distances(features).topk(len(self.votes), dim=1, largest=False).indices

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, C) from (N, F)."""
        distances = self._distances(features)
        last = distances.topk(len(self.votes), dim=1, largest=False).values[:, -1:]
        rounding = ROUNDING * (features.square().sum(dim=1, keepdim=True) + self.squares.mean())
        votes = 1 + (distances <= last + rounding).float() @ self.owners
        return (votes / votes.sum(dim=1, keepdim=True)).log()

    def _distances(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, M), the squared distances to all supports less each picture's own square."""
        return self.squares - 2 * features @ self.supports.T


def nearest_mean(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:  # noqa: ARG001 - nothing to choose
    """Work out each class's mean; there is nothing to choose.

    Reference:
        Duda, Hart and Stork, "Pattern Classification" (2001), section 2.6.1.
    """
    sums, counts = torch.zeros((training.classes, training.width)), torch.zeros(training.classes)
    for place in training.pieces():
        owners = torch.eye(training.classes)[torch.from_numpy(training.labels[place])]
        sums += owners.T @ training.rows(place)
        counts += owners.sum(dim=0)
    scores = NearestMean(plan).fill(sums, counts)
    return FittedClassifier(scores, "", (), 0)


def neighbours(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:
    """Keep training pictures to compare others with, and choose how many neighbours are asked.

    Args:
        training: Pictures to keep, at most 20,000.
        validation: Pictures to choose by; at least one.
        plan: Its `neighbours` is read.
        seed: Decides which are kept, where they are more.

    Reference:
        Cover and Hart, "Nearest neighbor pattern classification" (1967). https://doi.org/10.1109/TIT.1967.1053964
    """
    places = _kept_places(training, seed=seed)
    supports, labels = training.rows(places), training.labels[places]
    wanted = (plan.neighbours,) if plan.neighbours else COUNTS
    counts = [count for count in wanted if count <= len(places)] or [len(places)]
    scores = Neighbours(plan).fill(supports, labels, classes=training.classes, count=max(counts))
    attempts = _attempts(scores, labels, counts, training, validation)
    trials, chosen, count = kept(attempts, pictures=len(validation))
    scores.votes = torch.ones(count)
    return FittedClassifier(scores, "neighbours", trials, chosen, tuple(_remarks(training, places, plan)))


def _kept_places(training: Features, *, seed: int) -> Labels:
    """Return at most 20,000 places in ascending order, with the same share and at least one of each class."""
    order = np.random.default_rng(seed).permutation(len(training))
    order = order[np.argsort(training.labels[order], kind="stable")]  # class by class
    counts = np.bincount(training.labels, minlength=training.classes)
    ranks = np.arange(len(order)) - (np.cumsum(counts) - counts)[training.labels[order]]
    shares = ranks / counts[training.labels[order]]
    return np.sort(order[np.argsort(shares, kind="stable")[:MOST_SUPPORTS]])


def _attempts(
    scores: Neighbours, labels: Labels, counts: Iterable[int], training: Features, validation: Features
) -> Iterator[tuple[Trial, int]]:
    """Yield a trial a count; neighbours are searched for once."""
    ranked = [
        (part.labels[places], labels[_nearest(scores, part, places)])
        for part, places in ((training, training.sample(MEASURED_ROWS)), (validation, np.arange(len(validation))))
    ]
    for count in counts:
        right = [
            accuracy(_votes(neighbour_labels[:, :count], training.classes), truths)
            for truths, neighbour_labels in ranked
        ]
        yield Trial(count, *right), count


def _nearest(scores: Neighbours, part: Features, places: Labels) -> Labels:
    batches = [places[piece] for piece in pieces(len(places), ROWS_A_PIECE)]
    with torch.inference_mode():
        return np.concatenate([scores.nearest(part.rows(batch)).numpy() for batch in batches])


def _votes(labels: Labels, classes: int) -> Floats:
    """Return the votes for each class, (n, C), from the neighbours' labels (n, k)."""
    votes = np.zeros((len(labels), classes), np.float32)
    np.add.at(votes, (np.arange(len(labels))[:, None], labels), 1)
    return votes


def _remarks(training: Features, places: Labels, plan: Plan) -> Iterator[str]:
    if len(places) < len(training):
        yield f"{len(places):,} of {len(training):,} training pictures are kept as possible neighbours"
    if plan.neighbours and plan.neighbours > len(places):
        yield f"neighbours = {plan.neighbours} is more than the {len(places)} training pictures: all of them vote"
