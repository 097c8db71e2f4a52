"""What local descriptors are projected on before they are encoded."""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.classical import DESCRIPTORS
from sightline.classical.parts import Floats, empty, is_flat
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError
from sightline.core.pieces import pieces

RANK_TOLERANCE = 1e-10
"""Of the largest variance, that a direction has at least if it is none of rounding."""
REGULAR_VARIANCE = 0.1
"""Added to the variance of every direction before patches are whitened."""

ROWS_A_PIECE = 16_384

Doubles = npt.NDArray[np.float64]


def projection_of(descriptor: str, length: int, plan: Plan) -> "IdentityProjection | Projection | Whitening":
    """Return the projection that goes with a descriptor.

    Patches are whitened, other local descriptors are projected on ``plan.components``; descriptors of a whole
    picture stay as they are.

    Args:
        descriptor: A name in `DESCRIPTORS`.
        length: D, its numbers a patch.
        plan: Its `components` are read.

    Raises:
        SettingsError: Patches are to be projected on components.
    """
    if plan.components and descriptor == "patches":
        raise SettingsError(
            f"components = {plan.components} with descriptor = {descriptor!r}",
            hint="leave components out (0) with patches, which are whitened; for others give 1 or more",
        )
    if descriptor == "patches":
        return Whitening(length)
    if plan.components and DESCRIPTORS[descriptor].dense:
        return Projection(length, plan.components)
    return IdentityProjection(length)


class IdentityProjection(nn.Module):
    """Leaves local descriptors as they are.

    Args:
        length: D, the numbers of a local descriptor.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def fit(self, sample: Floats, *, seed: int) -> str:  # noqa: ARG002 - nothing is learnt
        """Learn nothing."""
        return ""

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, G, D) from (N, G, D)."""
        return local


class Projection(nn.Module):
    """The principal components of local descriptors; flat patches stay all zeros.

    Args:
        length: D, the numbers of a local descriptor.
        components: d, how many, at most D; directions in which the sample does not vary give zeros.

    Attributes:
        length: d, the numbers after the projection.

    Reference:
        Jegou and Chum, "Negative evidences and co-occurences in image retrieval: the benefit of PCA and
        whitening" (2012).
    """

    mean: torch.Tensor
    directions: torch.Tensor

    def __init__(self, length: int, components: int) -> None:
        super().__init__()
        self.length = min(components, length)
        self._wanted = components
        self.register_buffer("mean", empty())
        self.register_buffer("directions", empty())

    def fit(self, sample: Floats, *, seed: int) -> str:  # noqa: ARG002 - nothing is left to chance
        """Find the directions of largest variance; those of no variance become zeros.

        Args:
            sample: (M, D); rows of zeros are left out.

        Returns:
            A sentence if there are fewer components than asked, or ``""``.
        """
        mean, variances, directions = _axes(sample[sample.any(axis=1)])
        rank = int((variances > RANK_TOLERANCE * max(variances[0], np.finfo(np.float32).tiny)).sum())
        directions[:, rank:] = 0
        largest = directions[np.abs(directions).argmax(axis=0), np.arange(len(directions))]
        directions *= np.where(largest < 0, -1, 1)  # else the sign would be left to the library
        self.mean = torch.from_numpy(mean.astype(np.float32))
        self.directions = torch.from_numpy(directions[:, : self.length].astype(np.float32))
        if min(rank, self.length) < self._wanted:
            return (
                f"The sample of local descriptors has {rank} principal components that vary; "
                f"{self._wanted} were wanted."
            )
        return ""

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, G, d) from (N, G, D)."""
        return ((local - self.mean) @ self.directions) * ~is_flat(local)


class Whitening(nn.Module):
    """Patches to numbers that are uncorrelated and of about equal spread, and still look like patches (ZCA).

    A patch of one colour becomes a vector like any other, for it too is a thing to be seen.

    Args:
        length: D, the numbers of a local descriptor.

    Attributes:
        length: D, the numbers of a local descriptor.

    Reference:
        Coates, Lee and Ng, "An analysis of single-layer networks in unsupervised feature learning" (2011), section
        3.1; Bell and Sejnowski, "The 'independent components' of natural scenes are edge filters" (1997).
    """

    mean: torch.Tensor
    whitener: torch.Tensor

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length
        self.register_buffer("mean", empty())
        self.register_buffer("whitener", empty())

    def fit(self, sample: Floats, *, seed: int) -> str:  # noqa: ARG002 - nothing is left to chance
        """Work out the covariance's inverse root, with 0.1 added to every variance.

        Args:
            sample: (M, D) patches of normalised contrast.

        Returns:
            ``""``: every sample will do.
        """
        mean, variances, directions = _axes(sample)
        whitener = (directions / np.sqrt(variances + REGULAR_VARIANCE)) @ directions.T
        self.mean = torch.from_numpy(mean.astype(np.float32))
        self.whitener = torch.from_numpy(whitener.astype(np.float32))
        return ""

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, G, D) from (N, G, D)."""
        return (local - self.mean) @ self.whitener


def _axes(sample: Floats) -> tuple[Doubles, Doubles, Doubles]:
    """Return mean (D,), variances (D,), largest first, and their directions (D, D), a column each.

    No rows have the mean 0 and no variance.
    """
    count = max(len(sample), 1)
    mean = sample.sum(axis=0, dtype=np.float64) / count
    covariance = np.zeros((sample.shape[1], sample.shape[1]))
    for piece in pieces(len(sample), ROWS_A_PIECE):
        centred = sample[piece] - mean
        covariance += centred.T @ centred / count
    variances, directions = np.linalg.eigh(covariance)
    return mean, variances.clip(0)[::-1], np.ascontiguousarray(directions[:, ::-1])
