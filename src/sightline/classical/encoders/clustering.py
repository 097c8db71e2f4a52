"""Visual words: the centres of local descriptors, by k-means."""

import numpy as np
import torch

from sightline.classical.parts import Floats

ROUNDS = (0.1,) * 10 + (0.3,) * 5 + (1.0,) * 5
"""Share of the sample that each round looks at: words first find their places on few patches."""
LEAST_A_WORD = 20
"""Patches a word that a round looks at at least, if there are so many."""
ROWS_A_PIECE = 2048


def vocabulary(sample: Floats, words: int, *, seed: int) -> tuple[torch.Tensor, str]:
    """Return visual words, and what had to be done differently.

    The first words are distinct rows, drawn at random. A round gives every row to its nearest word and moves
    the words to the means of their rows; a word without rows is put on a row that is drawn at random.

    Args:
        sample: (M, D); rows of zeros are left out.
        words: How many visual words are wanted, 1 or more.
        seed: Of the rows that are drawn at random.

    Returns:
        (k, D), as many as wanted, or else each distinct row once; and a sentence on that, or ``""``. Without
        any rows there is one word, of zeros.

    Reference:
        Lloyd, "Least squares quantization in PCM" (1982); on why a part of the sample is enough for most of the way:
        Bottou and Bengio, "Convergence properties of the k-means algorithms" (1994).
    """
    rows = shuffled(sample, seed=seed)
    centres = _distinct(rows, words)
    if len(centres) < words:
        return centres, (
            f"The vocabulary has {len(centres)} of {words} entries, for the sample has no more distinct local "
            "descriptors; the features of the others stay 0."
        )
    chance = torch.Generator().manual_seed(seed)
    for share in ROUNDS:
        centres = _moved(centres, rows[: max(int(share * len(rows)), LEAST_A_WORD * words)], chance)
    return centres, ""


def shuffled(sample: Floats, *, seed: int) -> torch.Tensor:
    """Return the rows that are not all zeros in random order, or one row of zeros if there are none."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(sample.any(axis=1)))
    return torch.from_numpy(sample[order] if len(order) else np.zeros((1, sample.shape[1]), np.float32))


def nearness(centres: torch.Tensor, local: torch.Tensor) -> torch.Tensor:
    """Return (..., k), greatest for the nearest word: half of |x|^2 - |x - c|^2, from (..., D)."""
    slopes = torch.cat([centres, -centres.square().sum(dim=1, keepdim=True) / 2], dim=1)
    return torch.cat([local, torch.ones_like(local[..., :1])], dim=-1) @ slopes.T  # one pass over the largest array


def _distinct(rows: torch.Tensor, most: int) -> torch.Tensor:
    rows_of: dict[bytes, int] = {}
    for number, row in enumerate(rows.numpy()):
        rows_of.setdefault(row.tobytes(), number)
        if len(rows_of) == most:
            break
    return rows[list(rows_of.values())]


def _moved(centres: torch.Tensor, rows: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    totals, counts = torch.zeros_like(centres), torch.zeros(len(centres))
    for piece in torch.split(rows, ROWS_A_PIECE):
        words = nearness(centres, piece).argmax(dim=1)
        totals.index_add_(0, words, piece)
        counts += torch.bincount(words, minlength=len(centres))
    dead = counts == 0
    totals[dead] = rows[torch.randint(len(rows), (int(dead.sum()),), generator=chance)]
    return totals / counts.clamp(min=1)[:, None]
