"""Kernels that compare vectors of pictures, and explicit maps with which a linear classifier compares as they do.

The exact kernels go through the supports in pieces, for the additive ones look at every feature of every pair.
"""

import math
from collections.abc import Callable

import torch
from torch import nn

PICTURES, FLOATS = 256, 16 * 2**20
"""Up to so many pictures at a time, no array of a kernel is above 64 MB."""
TINY = 1e-30


def linear(features: torch.Tensor, supports: torch.Tensor) -> torch.Tensor:
    """Return the scalar product of each pair, (N, M) from (N, F) and (M, F)."""
    return features @ supports.T


def rbf(features: torch.Tensor, supports: torch.Tensor, *, gamma: float | torch.Tensor) -> torch.Tensor:
    """Return ``exp(-gamma |x - y|^2)`` of each pair, (N, M) from (N, F) and (M, F).

    Args:
        features: (N, F), of the pictures asked about.
        supports: (M, F), of training pictures.
        gamma: One over the squared distance at which the kernel has fallen to 1/e; above 0.

    Reference:
        Boser, Guyon and Vapnik, "A training algorithm for optimal margin classifiers" (1992).
    """
    squares = features.square().sum(dim=1, keepdim=True) + supports.square().sum(dim=1)
    return (-gamma * (squares - 2 * features @ supports.T).clamp(min=0)).exp()


def intersection(features: torch.Tensor, supports: torch.Tensor) -> torch.Tensor:
    """Return the sum of the smaller of each pair of numbers, (N, M) from (N, F) and (M, F).

    Numbers are compared by their sizes, and count negative where their signs differ, as in `IntersectionMap`.

    Reference:
        Swain and Ballard, "Color indexing" (1991).
    """
    return _additive(features, supports, lambda x, y: (x + y).abs() - (x - y).abs()) / 2


def chi_square(features: torch.Tensor, supports: torch.Tensor) -> torch.Tensor:
    """Return the sum of ``2xy / (|x| + |y|)``, with 0/0 = 0, (N, M) from (N, F) and (M, F).

    Reference:
        Vedaldi and Zisserman, "Efficient additive kernels via explicit feature maps" (2012), section 3.
    """
    return 2 * _additive(features, supports, lambda x, y: x * y / (x.abs() + y.abs()).clamp(min=TINY))


def _additive(
    features: torch.Tensor, supports: torch.Tensor, similarity: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    size = max(1, FLOATS // (PICTURES * features.shape[1]))
    pieces = [similarity(features[:, None], piece).sum(dim=2) for piece in torch.split(supports, size)]
    return torch.cat(pieces, dim=1)


class IdentityMap(nn.Module):
    """Leaves features as they are.

    Args:
        features: F, the numbers of a picture.

    Attributes:
        length: F, as many as come in.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.length = features

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, F) from (N, F)."""
        return features


class HellingerMap(IdentityMap):
    """The map of Hellinger's kernel, which is exact: the root of each number's size, with the number's sign.

    Args:
        features: F, numbers a picture.

    Reference:
        Vedaldi and Zisserman, "Efficient additive kernels via explicit feature maps" (2012), section 3.
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, F) from (N, F)."""
        return features.sign() * features.abs().sqrt()


class HomogeneousMap(nn.Module):
    """A map whose scalar products are nearly an additive kernel: its spectrum, sampled at a few frequencies.

    Such a kernel of two numbers is the root of their product times a function of the logarithm of their
    ratio; the samples of that function's Fourier transform weigh cosines and sines of the logarithm. A
    negative number has the negative features of its size.

    Args:
        features: F, numbers a picture, such as histograms.
        spectrum: The weight of a frequency, which is 0 or more.
        spacing: From one frequency to the next, above 0.
        order: n, frequencies above 0.

    Attributes:
        length: (2n + 1) F: of all features the constant parts, then cosines, then sines, frequency by frequency.

    Reference:
        Vedaldi and Zisserman, "Efficient additive kernels via explicit feature maps" (2012), section 4.
        https://www.robots.ox.ac.uk/~vgg/publications/2011/Vedaldi11/vedaldi11.pdf
    """

    def __init__(self, features: int, spectrum: Callable[[float], float], *, spacing: float, order: int) -> None:
        super().__init__()
        self.length = (2 * order + 1) * features
        self._frequencies = [spacing * number for number in range(1, order + 1)]
        self._constant = math.sqrt(spacing * spectrum(0))
        self._amplitudes = [math.sqrt(2 * spacing * spectrum(frequency)) for frequency in self._frequencies]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, (2n + 1) F) from (N, F)."""
        sizes = features.abs()
        roots = features.sign() * sizes.sqrt()
        logarithms = sizes.clamp(min=TINY).log()
        parts = [self._constant * roots]
        for frequency, amplitude in zip(self._frequencies, self._amplitudes, strict=True):
            angles = frequency * logarithms
            parts += [amplitude * roots * angles.cos(), amplitude * roots * angles.sin()]
        return torch.cat(parts, dim=1)


class IntersectionMap(HomogeneousMap):
    """The map of the histogram intersection.

    The spacings of the frequencies were the best of 0.2, 0.25, ... 2 on random histograms of 16 to 500 bins. Where the
    histograms have 16 bins, the kernel is 9 % (order 1) or 6 % (order 2) away from the exact one in the
    mean; with 256 bins, 4 % or 2 %.

    Args:
        features: F, numbers a picture.
        order: 1, or 2 for a closer map of five thirds the length.
    """

    SPACINGS = (0.65, 0.55)

    def __init__(self, features: int, order: int = 1) -> None:
        super().__init__(
            features,
            lambda frequency: 2 / (math.pi * (1 + 4 * frequency**2)),
            spacing=self.SPACINGS[order - 1],
            order=order,
        )


class ChiSquareMap(HomogeneousMap):
    """The map of the chi-square kernel.

    The spacings were found as for `IntersectionMap`. Where the histograms have 16 bins, the kernel is 3 % (order 1) or
    1 % (order 2) away from the exact one in the mean; with 256 bins, 2 % or 0.6 %.

    Args:
        features: F, numbers a picture.
        order: 1, or 2 for a closer map of five thirds the length.
    """

    SPACINGS = (0.55, 0.45)

    def __init__(self, features: int, order: int = 1) -> None:
        super().__init__(
            features,
            lambda frequency: 1 / math.cosh(math.pi * frequency),
            spacing=self.SPACINGS[order - 1],
            order=order,
        )
