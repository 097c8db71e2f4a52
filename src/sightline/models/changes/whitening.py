"""A first layer that is worked out from pictures instead of learnt."""

import torch
from torch import nn
from torch.nn.functional import unfold

SIDE = 2
"""Of a patch, in pixels."""
LEAST_VARIANCE = 5e-4
"""Added to the variance in every direction, so that noise is not blown up."""
MOST_PICTURES = 1000


class WhiteningConvolution(nn.Conv2d):
    """Turns 2x2 patches into numbers that are uncorrelated and of equal spread, each once with either sign.

    The filters are the eigenvectors of the patches' covariance over the roots of their eigenvalues.
    They are fixed; the biases learn. Until `fit` is called the filters are random.

    Args:
        channels: Of the pictures, C; the layer gives 8 C maps.

    Reference:
        Page, "How to train your ResNet 8" (2019); Jordan, "94% on CIFAR-10 in 3.29 seconds on a single
        GPU" (2024), section 3.2. https://arxiv.org/abs/2404.00498
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, 2 * channels * SIDE * SIDE, SIDE)
        filters = self.weight.detach()
        del self.weight
        self.register_buffer("weight", filters)  # no parameter: neither steps nor `unfreeze` shall move it

    @torch.no_grad()
    def fit(self, pictures: torch.Tensor) -> None:
        """Work the filters out.

        Args:
            pictures: (N, C, H, W) float32, centred and scaled; N above 0.
        """
        patches = unfold(pictures, SIDE).transpose(1, 2).reshape(-1, pictures.shape[1] * SIDE * SIDE)
        variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (directions / (variances + LEAST_VARIANCE).sqrt()).T.flip(0)  # largest variance first
        filters = filters.reshape(-1, *self.weight.shape[1:])
        self.weight.copy_(torch.cat((filters, -filters)))
        if self.bias is not None:
            self.bias.zero_()


def fit_to_pictures(network: nn.Module, pixels: torch.Tensor, rows: torch.Tensor) -> None:
    """Let the layers of a network that are worked out from pictures see some.

    Args:
        network: What `build_network` returns; changed in place.
        pixels: (M, H, W, C) uint8, of all parts.
        rows: (n,) of the training part; at most 1,000 of them, evenly spread, are looked at.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, WhiteningConvolution)]
    if layers:
        some = pixels[rows[:: -(-len(rows) // MOST_PICTURES)]]
        pictures = network.get_submodule("normalise")(some)
        for layer in layers:
            layer.fit(pictures)
