"""Pictures that a base sees as alike, such as shots of one scene: told by embeddings, not by pixels.

Two pictures are alike where they are nearer to each other than each is to its nearest twentieth of all: pictures of
white flowers are near to many, and none of these is of one scene with them. Each is compared with those in the two
cells that it is nearest to, of cells of about a thousand, so the cost grows nearly linearly; a larger cell is taken in
pieces.

References:
    Conneau, Lample, Ranzato, Denoyer and Jégou, "Word Translation Without Parallel Data" (2018), for similarity beyond
    that of the neighbourhood. https://arxiv.org/abs/1710.04087
    Jégou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search" (2011), for cells.
    https://doi.org/10.1109/TPAMI.2010.57
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sightline.core.pieces import pieces
from sightline.data.catalog import Rows
from sightline.data.copies.spectra import Floats

LEAST = 0.3
"""The similarity of shots of one scene, as two crops of one photo mostly have it: docs/benchmarks/similar.md."""
CELL, MOST_IN_PIECE, PROBES = 1_000, 4_000, 2
"""Pictures in a cell on average, those that are compared at once, and the cells that a picture is put into."""
SAMPLE, NEAREST = 2_000, 20
"""Pictures that stand for all, and the share of them, one part in so many, that are a picture's neighbourhood."""
SEED = 0


@dataclass(frozen=True, eq=False)
class Similar:
    """Pairs of pictures that a base sees as alike, the most similar first.

    Args:
        rows: (P, 2) int64 of the catalog, the lower one first.
        similarities: (P,) float32: the cosine of their embeddings beyond that of their neighbourhoods.
        seen: (M,) int64, ascending, the rows that the base has looked at.
        nearness: (M,) float32, the mean cosine of each to its neighbourhood.
    """

    rows: Rows = field(default_factory=lambda: np.empty((0, 2), np.int64))
    similarities: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    seen: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    nearness: Floats = field(default_factory=lambda: np.empty(0, np.float32))


NOTHING_SIMILAR = Similar()
"""What stands where no base has looked at the pictures."""


def embeddings_of(features: Floats) -> Floats:
    """Return features without their mean, each row of length one, (n, F) float32."""
    apart = features - features.mean(axis=0)
    embedded: Floats = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), np.float32(1e-6))
    return embedded.astype(np.float32)


def nearness_of(embeddings: Floats) -> Floats:
    """Return the mean cosine of each picture to its neighbourhood among some that stand for all, (n,) float32.

    Args:
        embeddings: (n, F) float32 of length one.
    """
    count = len(embeddings)
    sample = np.random.default_rng(SEED).permutation(count)[:SAMPLE]
    near = np.zeros(count, np.float32)
    for piece in pieces(count, CELL):
        cosines = embeddings[piece] @ embeddings[sample].T
        cosines[np.arange(count)[piece, None] == sample] = -1  # not to itself
        near[piece] = np.sort(cosines, axis=1)[:, -max(1, len(sample) // NEAREST) :].mean(axis=1)
    return near


def similar_pairs(embeddings: Floats, nearness: Floats) -> tuple[Rows, Floats]:
    """Return the pairs of rows that are alike, (P, 2), the most similar first, and how much they are.

    Args:
        embeddings: (n, F) float32 of length one.
        nearness: (n,) as `nearness_of` returns it.
    """
    found = [pair for cell in _cells(embeddings) for pair in _within(embeddings, nearness, cell)]
    rows = np.unique(np.concatenate([np.empty((0, 2), np.int64), *found]), axis=0)
    similarity = np.einsum("nf,nf->n", embeddings[rows[:, 0]], embeddings[rows[:, 1]]) - nearness[rows].mean(axis=1)
    order = np.argsort(-similarity, kind="stable")
    return rows[order], similarity[order]


def _cells(embeddings: Floats) -> Iterator[Rows]:
    """Yield the rows of each cell, ascending: of those that one of some pictures is among the nearest to."""
    count = max(1, len(embeddings) // CELL)
    middles = embeddings[np.random.default_rng(SEED).choice(len(embeddings), count, replace=False)]
    nearest = np.empty((len(embeddings), min(PROBES, count)), np.int64)
    for piece in pieces(len(embeddings), CELL):
        nearest[piece] = np.argsort(-(embeddings[piece] @ middles.T), axis=1)[:, : nearest.shape[1]]
    for cell in range(count):
        yield np.flatnonzero((nearest == cell).any(axis=1))


def _within(embeddings: Floats, nearness: Floats, cell: Rows) -> Iterator[Rows]:
    """Yield pairs of rows of a cell, (n, 2), the lower one first."""
    for piece in pieces(len(cell), MOST_IN_PIECE):
        rows = cell[piece]
        for part in pieces(len(rows), CELL):
            cosines = embeddings[rows[part]] @ embeddings[rows].T
            usual = (nearness[rows[part], None] + nearness[rows]) / 2
            first, second = np.nonzero(cosines - usual >= LEAST)
            first = first + part.start
            yield np.stack([rows[first], rows[second]], axis=1)[first < second]
