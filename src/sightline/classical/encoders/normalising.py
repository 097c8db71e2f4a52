"""Normalisation of the sums over patches, before a classifier sees them."""

import torch
from torch.nn.functional import pad

TINY = 1e-12


def signed_root(values: torch.Tensor) -> torch.Tensor:
    """Return the roots of the sizes, with the signs: bursts of like patches count less.

    Reference:
        Perronnin, Sanchez and Mensink, "Improving the Fisher kernel for large-scale image classification" (2010).
    """
    return values.sign() * values.abs().sqrt()


def unit(values: torch.Tensor) -> torch.Tensor:
    """Return vectors of length 1 along the last axis; zeros stay zeros."""
    return values / values.square().sum(dim=-1, keepdim=True).sqrt().clamp(min=TINY)


def completed(values: torch.Tensor, words: int) -> torch.Tensor:
    """Return (N, R, words, ...) from (N, R, k, ...): zeros for words that the sample was too small for."""
    return pad(values, (0, 0) * (values.dim() - 3) + (0, words - values.shape[2]))
