"""Embeddings of unit length: what is far apart is then a matter of direction alone."""

import torch
from torch import nn
from torch.nn.functional import normalize


class UnitLength(nn.Module):
    """Divides each embedding by its length."""

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Return (N, E) of unit length, in float32 whatever the precision.

        Reference:
            Wang, Xiang, Cheng and Yuille, "NormFace" (2017). https://arxiv.org/abs/1704.06369
        """
        return normalize(embeddings.float(), dim=1)
