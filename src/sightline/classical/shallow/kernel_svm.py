"""Support vector machines with a kernel, one class against the rest."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from sightline.classical import KERNELS
from sightline.classical.features import Features
from sightline.classical.parts import Places, empty
from sightline.classical.plan import Plan
from sightline.classical.shallow import FittedClassifier, Trial
from sightline.classical.shallow.trials import accuracy, kept
from sightline.core.errors import SettingsError
from sightline.core.pieces import pieces

MOST_PICTURES = 5000
SHARES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
"""Strengths that are tried, strong ones first, as shares of a picture's mean kernel with itself."""
ROWS_A_PIECE = 256
CACHE_MEGABYTES = 500


class KernelMachine(nn.Module):
    """Features to scores: weighted sums of kernels with the support vectors, plus a bias.

    Args:
        plan: Its `kernel` is read.
    """

    supports: torch.Tensor  # (M, F)
    coefficients: torch.Tensor  # (M, C)
    bias: torch.Tensor  # (C,)
    gamma: torch.Tensor  # (1,), of the kernel rbf

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._kernel, self._has_gamma = KERNELS[plan.kernel].load(), plan.kernel == "rbf"
        for name in ("supports", "coefficients", "bias", "gamma"):
            self.register_buffer(name, empty())

    def kernel(self, features: torch.Tensor) -> torch.Tensor:
        """Return how alike pictures and supports are, (N, M) from (N, F)."""
        options = {"gamma": self.gamma} if self._has_gamma else {}
        alike: torch.Tensor = self._kernel(features, self.supports, **options)
        return alike

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, C) from (N, F)."""
        return self.kernel(features) @ self.coefficients + self.bias


def kernel_svm(training: Features, validation: Features, plan: Plan, *, seed: int) -> FittedClassifier:  # noqa: ARG001 - no chance
    """Fit a support vector machine for each class against the rest, with the hinge loss.

    What is made small is ``strength / 2 * |w|^2`` plus the mean loss, as in `sightline.classical.shallow.linear`,
    with w in the kernel's space. The kernel rbf has sklearn's usual gamma: one over the number of
    features and the variance of all their values.

    Args:
        training: Pictures to learn from, at most 5,000.
        validation: Pictures to choose the strength by; at least one.
        plan: Its `kernel` and `strength` are read.

    Raises:
        SettingsError: There are more training pictures.

    Reference:
        Boser, Guyon and Vapnik, "A training algorithm for optimal margin classifiers" (1992),
        https://doi.org/10.1145/130385.130401; Chang and Lin, "LIBSVM: a library for support vector machines"
        (2011), https://doi.org/10.1145/1961189.1961199
    """
    if len(training) > MOST_PICTURES:
        raise SettingsError(
            f"classifier = 'kernel-svm' with {len(training):,} training pictures, which compares each with each "
            f"(expected {MOST_PICTURES:,} at most)",
            hint="take classifier=svm, with kernel_map=intersection or kernel_map=chi-square for histograms",
        )
    machine = KernelMachine(plan)
    machine.supports = training.rows(slice(None))
    machine.gamma = torch.tensor([1 / (training.width * float(machine.supports.var(correction=0)) or 1)])
    attempts = _attempts(machine, training, validation, plan)
    trials, chosen, (coefficients, bias) = kept(attempts, pictures=len(validation))
    used = np.abs(coefficients).sum(axis=1) > 0
    used[0] = True  # so that there is a support even if every score is a constant
    machine.supports = machine.supports[torch.from_numpy(used)]
    machine.coefficients, machine.bias = torch.from_numpy(coefficients[used]).float(), torch.from_numpy(bias).float()
    return FittedClassifier(machine, "strength", trials, chosen)


def _attempts(
    machine: KernelMachine, training: Features, validation: Features, plan: Plan
) -> Iterator[tuple[Trial, tuple[Places, Places]]]:
    """Yield coefficients (N, C) and bias (C,) a strength; every training picture is a support so far."""
    products, others = (_products(machine, part) for part in (training, validation))
    itself = float(products.diagonal().mean()) or 1.0
    for strength in (plan.strength,) if plan.strength else (float(f"{share * itself:.2g}") for share in SHARES):
        coefficients, bias = _machines(products, training, strength)
        right = [
            accuracy(alike @ coefficients + bias, part.labels)
            for alike, part in ((products, training), (others, validation))
        ]
        yield Trial(strength, *right), (coefficients, bias)


def _machines(products: Places, training: Features, strength: float) -> tuple[Places, Places]:
    from sklearn.svm import SVC

    coefficients, bias = np.zeros((len(training), training.classes)), np.zeros(training.classes)
    for label in range(training.classes):
        own = training.labels == label
        if own.all() or not own.any():
            bias[label] = 1 if own.all() else -1
            continue
        machine = SVC(C=1 / (strength * len(training)), kernel="precomputed", cache_size=CACHE_MEGABYTES)
        machine.fit(products, own)
        coefficients[machine.support_, label] = machine.dual_coef_[0]
        bias[label] = machine.intercept_[0]
    return coefficients, bias


def _products(machine: KernelMachine, part: Features) -> Places:
    """Return the kernel of a part's pictures and the supports, (n, M)."""
    with torch.inference_mode():
        batches = (part.rows(piece) for piece in pieces(len(part), ROWS_A_PIECE))
        return np.concatenate([machine.kernel(batch).numpy() for batch in batches]).astype(np.float64)
