"""Linear classifiers: one objective, four losses.

    mean over pictures of loss(W'x + b)  +  strength / 2 * |W|^2, or strength * |W|_1

The bias is not penalised. Because the loss is a mean, a strength means the same for 50 and 50,000 pictures.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import Bounds, minimize
from torch import nn

from sightline.classical.features import Features, Floats, Loss
from sightline.classical.parts import empty
from sightline.classical.plan import Plan
from sightline.classical.shallow import FittedClassifier, Trial, losses
from sightline.classical.shallow.trials import accuracy, kept

SHARES = {
    "l2": (5e-2, 8e-3, 1.4e-3, 2.3e-4, 4e-5, 6e-6, 1e-6, 1.6e-7, 2.5e-8),
    "l1": (0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4),
}
"""Strengths that are tried, strong ones first. Of l2: as shares of a row's mean squared length, so that neither the
number of features nor their scale matters; of l1: of the strength from which on all weights are zero."""
MOST_STEERED = 16_384
"""Features; with more, their covariance would take more than a gigabyte."""
MOST_SPANNED = 2048
"""Pictures; of more, the directions that they span would take longer to find than the weights."""
LEAST_RIDGE = 1e-6
"""The smallest ridge, as a share of the covariance's mean diagonal."""
MEASURED_ROWS = 1024
MOST_PASSES = 500
LEAST_PROGRESS = 1e-6
"""The search ends at a step that lowers the objective by less than this share of it, or by less than this."""
OUT_OF_PASSES = 1

Vector = npt.NDArray[np.float64]


class LinearScores(nn.Module):
    """Features to scores, ``W'x + b``.

    Args:
        plan: Not read; every classifier's module is made from a plan.
    """

    weights: torch.Tensor  # (F, C)
    bias: torch.Tensor  # (C,)

    def __init__(self, plan: Plan) -> None:  # noqa: ARG002 - every classifier's module is made from a plan
        super().__init__()
        self.register_buffer("weights", empty())
        self.register_buffer("bias", empty())

    def fill(self, weights: Floats, bias: Floats) -> "LinearScores":
        """Take over weights (F, C) and bias (C,)."""
        self.weights, self.bias = torch.from_numpy(weights), torch.from_numpy(bias)
        return self

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, C) from (N, F)."""
        return features @ self.weights + self.bias


@dataclass(frozen=True, eq=False)
class Solution:
    """Weights that make an objective small.

    Args:
        weights: (F, C) float32, of standardised features.
        bias: (C,) float32, added to each picture's scores.
        objective: Mean loss and penalty together, with these weights.
        finished: False if the search was ended after its 500 passes.
    """

    weights: Floats
    bias: Floats
    objective: float = np.inf
    finished: bool = True


def squared_hinge(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:  # noqa: ARG001 - no chance
    """Fit a linear support vector machine, one class against the rest, with the squared hinge loss."""
    return _fitted(losses.squared_hinge, training, validation, plan)


def hinge(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:  # noqa: ARG001 - no chance
    """Fit a linear support vector machine, one class against the rest, with the hinge loss."""
    return _fitted(losses.hinge, training, validation, plan)


def multiclass_hinge(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:  # noqa: ARG001 - no chance
    """Fit a linear support vector machine of all classes at once."""
    return _fitted(losses.multiclass_hinge, training, validation, plan)


def logistic(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:  # noqa: ARG001 - no chance
    """Fit a softmax regression."""
    return _fitted(losses.logistic, training, validation, plan)


def nothing_learnt(features: Features) -> Solution:
    """Return weights and bias that are all zero."""
    return Solution(np.zeros((features.width, features.classes), np.float32), np.zeros(features.classes, np.float32))


def minimised(
    features: Features,
    loss: Loss,
    *,
    penalty: str,
    strength: float,
    start: Solution,
    covariance: torch.Tensor | None = None,
) -> Solution:
    """Return the weights that make loss and penalty together smallest.

    With the penalty ``"l1"`` the weights are the difference of two vectors that are never negative, so that the
    penalty is smooth and weights that are not needed become exactly zero. With ``"l2"`` and the features'
    covariance, the search uses coordinates in which the objective is nearly round, which takes a few passes
    instead of hundreds: the losses' curvature is a share of the covariance.

    Args:
        features: Of the training part.
        loss: Makes losses and slopes of the scores of some rows.
        penalty: ``"l1"`` for absolute weights, ``"l2"`` for squared ones.
        strength: What the penalty is multiplied by, above 0.
        start: The weights and bias that the search begins with.
        covariance: (F, F), for ``"l2"``; the place that is found does not depend on it.

    Reference:
        Byrd, Lu, Nocedal and Zhu, "A limited memory algorithm for bound constrained optimization" (1995).
        https://doi.org/10.1137/0916069. Coordinates: Nocedal and Wright, "Numerical Optimization" (2006), page 118.
    """
    shape = start.weights.shape
    form: _Whole
    if penalty == "l1":
        form = _Split(shape, strength)
    elif covariance is None:
        form = _Whole(shape, strength)
    else:
        form = _Steered(shape, strength, covariance)

    def objective(point: Vector) -> tuple[float, Vector]:
        weights, bias = form.unpacked(point)
        value, by_weights, by_bias = features.descent(weights, bias, loss)
        return value + form.cost(point, weights), np.concatenate([form.slopes(by_weights, weights), by_bias])

    optimum = minimize(
        objective,
        form.packed(start),
        method="L-BFGS-B",
        jac=True,
        bounds=form.bounds(),
        options={"maxfun": MOST_PASSES, "maxiter": MOST_PASSES, "ftol": LEAST_PROGRESS, "gtol": 0},
    )
    return Solution(*form.unpacked(optimum.x), objective=float(optimum.fun), finished=optimum.status != OUT_OF_PASSES)


class _Whole:
    """Weights and bias as one vector; l2."""

    def __init__(self, shape: tuple[int, int], strength: float) -> None:
        self.shape, self.strength, self.count = shape, strength, shape[0] * shape[1]

    def packed(self, solution: Solution) -> Vector:
        return np.concatenate([solution.weights.ravel(), solution.bias]).astype(np.float64)

    def unpacked(self, point: Vector) -> tuple[Floats, Floats]:
        single = point.astype(np.float32)
        return single[: self.count].reshape(self.shape), single[self.count :]

    def bounds(self) -> Bounds | None:
        return None

    def cost(self, point: Vector, weights: Floats) -> float:  # noqa: ARG002 - of the weights alone
        return float(self.strength / 2 * np.square(weights, dtype=np.float64).sum())

    def slopes(self, of_loss: Floats, weights: Floats) -> Vector:
        return (of_loss + self.strength * weights.astype(np.float64)).ravel()


class _Steered(_Whole):
    """Weights W as L'W, where LL' is the covariance plus the strength: there all directions curve about alike."""

    def __init__(self, shape: tuple[int, int], strength: float, covariance: torch.Tensor) -> None:
        super().__init__(shape, strength)
        self.lower = _factored(covariance, strength)

    def packed(self, solution: Solution) -> Vector:
        turned = self.lower.T @ torch.from_numpy(solution.weights)
        return np.concatenate([turned.numpy().ravel(), solution.bias]).astype(np.float64)

    def unpacked(self, point: Vector) -> tuple[Floats, Floats]:
        turned, bias = super().unpacked(point)
        weights = torch.linalg.solve_triangular(self.lower.T, torch.from_numpy(turned), upper=True)
        return weights.contiguous().numpy(), bias

    def slopes(self, of_loss: Floats, weights: Floats) -> Vector:
        plain = torch.from_numpy((of_loss + self.strength * weights).astype(np.float32))
        turned: Floats = torch.linalg.solve_triangular(self.lower, plain, upper=False).numpy()
        return turned.ravel().astype(np.float64)


def _factored(covariance: torch.Tensor, strength: float) -> torch.Tensor:
    """Return the Cholesky factor of a covariance plus a ridge: the strength, or what rounding needs if that is more.

    Where the search ends does not depend on the ridge, only how many passes it takes.
    """
    diagonal = covariance.diagonal().clone()
    ridge = max(strength, LEAST_RIDGE * float(diagonal.mean()))
    failed = 1
    while failed:
        covariance.diagonal().copy_(diagonal + ridge)  # in place: 15,000 x 15,000 numbers take a gigabyte
        lower, info = torch.linalg.cholesky_ex(covariance)
        failed, ridge = int(info), 10 * ridge
    covariance.diagonal().copy_(diagonal)
    factor: torch.Tensor = lower
    return factor


class _Split(_Whole):
    """Weights above zero, weights below zero with their sign turned, and bias as one vector; l1."""

    def packed(self, solution: Solution) -> Vector:
        weights = solution.weights.ravel()
        halves = (np.maximum(weights, 0), np.maximum(-weights, 0))
        return np.concatenate([*halves, solution.bias]).astype(np.float64)

    def unpacked(self, point: Vector) -> tuple[Floats, Floats]:
        above, below, bias = np.split(point, [self.count, 2 * self.count])
        return (above - below).astype(np.float32).reshape(self.shape), bias.astype(np.float32)

    def bounds(self) -> Bounds:
        return Bounds(np.concatenate([np.zeros(2 * self.count), np.full(self.shape[1], -np.inf)]), np.inf)

    def cost(self, point: Vector, weights: Floats) -> float:  # noqa: ARG002 - of both halves
        return float(self.strength * point[: 2 * self.count].sum())

    def slopes(self, of_loss: Floats, weights: Floats) -> Vector:  # noqa: ARG002 - the same everywhere
        return np.concatenate([of_loss.ravel(), -of_loss.ravel()]) + self.strength


def _fitted(loss: Loss, training: Features, validation: Features, plan: Plan) -> FittedClassifier:
    trials, chosen, solution = _chosen(loss, training, validation, plan)
    remark = (
        f"the search for the weights ended after {MOST_PASSES} passes at strength = {trials[chosen].value:g}, before "
        "they converged"
    )
    remarks = () if solution.finished else (remark,)
    return FittedClassifier(
        LinearScores(plan).fill(solution.weights, solution.bias), "strength", trials, chosen, remarks
    )


def _chosen(
    loss: Loss, training: Features, validation: Features, plan: Plan
) -> tuple[tuple[Trial, ...], int, Solution]:
    """Return what was tried, which is kept, and its solution.

    Of few pictures the best weights with the penalty l2 are sums of the pictures themselves, so that it is enough to
    look for them among those.

    Reference:
        Schölkopf, Herbrich and Smola, "A generalized representer theorem" (2001). https://doi.org/10.1007/3-540-44581-1_27
    """
    if plan.penalty != "l2" or len(training) >= min(training.width, MOST_SPANNED):
        return kept(_attempts(loss, training, validation, plan), pictures=len(validation))
    basis, _ = torch.linalg.qr(training.rows(slice(None)).T)  # (F, n)
    attempts = _attempts(loss, training.turned(basis), validation.turned(basis), plan)
    trials, chosen, solution = kept(attempts, pictures=len(validation))
    return trials, chosen, replace(solution, weights=(basis @ torch.from_numpy(solution.weights)).numpy())


def _attempts(loss: Loss, training: Features, validation: Features, plan: Plan) -> Iterator[tuple[Trial, Solution]]:
    """Yield a solution a strength, each found from the one before."""
    solution = nothing_learnt(training)
    covariance = _covariance(training, plan)
    for strength in (plan.strength,) if plan.strength else _strengths(loss, training, plan.penalty):
        solution = minimised(
            training, loss, penalty=plan.penalty, strength=strength, start=solution, covariance=covariance
        )
        right = [accuracy(part.scores(solution.weights, solution.bias), part.labels) for part in (training, validation)]
        yield Trial(strength, *right), solution


def _covariance(training: Features, plan: Plan) -> torch.Tensor | None:
    """Return what the search is steered by, where it costs less than it saves."""
    worth_it = plan.penalty == "l2" and training.width <= min(MOST_STEERED, len(training))
    return training.gram() if worth_it else None


def _strengths(loss: Loss, training: Features, penalty: str) -> Iterator[float]:
    if penalty == "l1":
        start = nothing_learnt(training)
        whole = float(np.abs(training.descent(start.weights, start.bias, loss)[1]).max())
    else:
        whole = float(training.rows(training.sample(MEASURED_ROWS)).square().sum(dim=1).mean())
    for share in SHARES[penalty]:
        yield float(f"{share * (whole or 1):.2g}")
