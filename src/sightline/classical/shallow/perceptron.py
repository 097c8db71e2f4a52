"""The averaged perceptron."""

from collections.abc import Iterator

import numpy as np
import torch

from sightline.classical.features import Features, Floats, Labels
from sightline.classical.plan import Plan
from sightline.classical.shallow import FittedClassifier, Trial
from sightline.classical.shallow.linear import LinearScores
from sightline.classical.shallow.trials import accuracy, kept
from sightline.core.pieces import pieces

USUAL_PASSES = 10
MOST_PASSES = 20
MOST_PRODUCTS = 5e11
"""Of two features, or of a feature and a weight, in all passes: about a minute's work for two cores."""
ROWS_A_PIECE = 64


def perceptron(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:
    """Fit an averaged multi-class perceptron; the pass after which its averages do best is kept.

    Args:
        training: Pictures to learn from, one or more.
        validation: Pictures to choose by; at least one.
        plan: Nothing of it is read.
        seed: Of the order of the pictures in each pass.

    Reference:
        Rosenblatt, "The perceptron" (1958), https://doi.org/10.1037/h0042519; averaged: Freund and Schapire,
        "Large margin classification using the perceptron algorithm" (1999), https://doi.org/10.1023/A:1007662407062;
        that it ends on separable pictures: Novikoff, "On convergence proofs on perceptrons" (1962).
    """
    passes = _affordable(training)
    attempts = _passes(training, validation, passes, seed=seed)
    trials, chosen, (weights, bias) = kept(attempts, pictures=len(validation))
    remark = (
        f"the perceptron looked at each of {len(training):,} training pictures {passes} times at most, to end within "
        f"about a minute; {USUAL_PASSES} times is usual"
    )
    remarks = () if passes >= USUAL_PASSES else (remark,)
    return FittedClassifier(LinearScores(plan).fill(weights, bias), "passes", trials, chosen, remarks)


def _affordable(training: Features) -> int:
    """Return how many passes there is time for."""
    products = len(training) * training.width * (ROWS_A_PIECE + 3 * training.classes)
    return max(1, min(MOST_PASSES, int(MOST_PRODUCTS / products)))


def _passes(
    training: Features, validation: Features, passes: int, *, seed: int
) -> Iterator[tuple[Trial, tuple[Floats, Floats]]]:
    """Yield the averages after each pass, until they make no mistake on the training pictures."""
    chance = np.random.default_rng(seed)
    learner = _Learner(training)
    for number in range(1, passes + 1):
        learner.see(chance.permutation(len(training)))
        weights, bias = learner.averages()
        right = [accuracy(part.scores(weights, bias), part.labels) for part in (training, validation)]
        yield Trial(number, *right), (weights, bias)
        if right[0] == 1:
            return


class _Learner:
    """Weights that move on mistakes, and what their averages are made of.

    The average over all looks is ``weights - late / looks``, where `late` sums each move times the number of looks
    before it. Pictures are looked at one by one, but the products for some of them are made together:
    a move by one row changes the scores of the rows after it by their scalar products with it.
    """

    def __init__(self, training: Features) -> None:
        self._training = training
        self._weights = torch.zeros((training.classes, training.width + 1))  # the last one is the bias
        self._late = torch.zeros(self._weights.shape, dtype=torch.float64)
        self._looks = 0

    def see(self, order: Labels) -> None:
        """Look at the pictures one after the other, in this order."""
        for piece in pieces(len(order), ROWS_A_PIECE):
            places = order[piece]
            rows = torch.nn.functional.pad(self._training.rows(places), (0, 1), value=1.0)
            moves = self._moves(rows, self._training.labels[places])
            looks = torch.arange(self._looks, self._looks + len(rows), dtype=torch.float32)
            self._weights += moves.T @ rows
            self._late += (moves * looks[:, None]).T @ rows
            self._looks += len(rows)

    def averages(self) -> tuple[Floats, Floats]:
        """Return the mean weights (F, C) and bias (C,) over all looks so far."""
        means = (self._weights - self._late / self._looks).float().T.contiguous().numpy()
        return means[:-1], means[-1]

    def _moves(self, rows: torch.Tensor, labels: Labels) -> torch.Tensor:
        """Return by what each row (n, F + 1) moves each class's weights: 1, -1 or 0; (n, C)."""
        scores, products = (rows @ self._weights.T).numpy(), (rows @ rows.T).numpy()
        moves = np.zeros(scores.shape, np.float32)
        for place, label in enumerate(labels):
            guess = scores[place].argmax()
            if guess != label:
                moves[place, label], moves[place, guess] = 1, -1
                scores[:, label] += products[place]
                scores[:, guess] -= products[place]
        return torch.from_numpy(moves)
