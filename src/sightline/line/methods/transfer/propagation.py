"""Label spreading: pictures without a label take those of the pictures that a base sees as like them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags_array, eye_array
from scipy.sparse.linalg import LinearOperator, cg
from sklearn.neighbors import NearestNeighbors

from sightline.core.pieces import pieces
from sightline.data.catalog import Rows
from sightline.inference.graph import Features

NEIGHBOURS = 10
"""Of each picture, that it gives to and takes from."""
SHARPNESS = 3.0
"""The power of the cosine between two pictures, which is what one gives the other of its label."""
SPREAD = 0.9
"""What a picture takes from its neighbours, of 1; the rest is its own label."""
TOLERANCE = 1e-6
"""Of the solution, relative; labels are certain or not long before."""
MOST_SOLVED = 200
"""Steps towards the solution; each costs a multiplication of the sparse graph."""
DIRECTIONS = 128
"""In which pictures differ most: neighbours are looked for along these, which takes a tenth of the time."""
MOST_SPREAD = 50_000
"""Pictures in the graph: to find neighbours takes time with the square of their number, half a minute for so many."""
ROWS_A_PIECE = 1_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spread:
    """What became of the pictures without a label.

    Args:
        labels: (n,) int64, the class with the largest share.
        certainty: (n,) 0 for equal shares of all classes, to 1 for a single class.
    """

    labels: Rows
    certainty: Floats

    @property
    def certain(self) -> Rows:
        """The places of those that are learnt from, ascending: all that are no less certain than the mean, nor of 0."""
        return np.flatnonzero((self.certainty >= self.certainty.mean()) & (self.certainty > 0))


def spread_labels(known: Features, labels: Rows, unknown: Features, *, classes: int) -> Spread:
    """Spread labels over a graph in which each picture is bound to those that look most like it.

    The graph is sparse: it takes memory with the number of pictures, and time to find neighbours with its square, so
    the caller bounds them.

    Args:
        known: (k, F), of pictures with a label.
        labels: (k,) int64, each in 0..classes-1.
        unknown: (n, F), of pictures without one.
        classes: 2 or more.

    Reference:
        Zhou, Bousquet, Lal, Weston and Schölkopf, "Learning with local and global consistency" (2004), section 2:
        the closed form, solved by conjugate gradients. https://proceedings.neurips.cc/paper/2003/hash/87682805257e619d49b8e0dfdc14affa-Abstract.html
        Graph and certainty: Iscen, Tolias, Avrithis and Chum, "Label propagation for deep semi-supervised learning"
        (2019), sections 3.2 and 3.3. https://arxiv.org/abs/1904.04717
    """
    graph = normalised(neighbour_graph(np.concatenate([known, unknown])))
    first = np.zeros((graph.shape[0], classes))
    first[np.arange(len(labels)), labels] = 1
    shares = spread(graph, first)[len(labels) :]
    return Spread(shares.argmax(axis=1).astype(np.int64), certainty(shares))


def neighbour_graph(features: Features) -> csr_matrix:
    """Return what pictures give each other, (N, N) sparse, symmetric, with nothing on its diagonal.

    Args:
        features: (N, F) float32; their mean is taken off, so that a cosine tells directions apart.
    """
    centred = features - features.mean(axis=0)
    _, main = np.linalg.eigh(centred.T @ centred)  # the principal directions, the last of which says most
    centred = centred @ main[:, -DIRECTIONS:]
    directions = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    count = min(NEIGHBOURS, len(features) - 1)
    places = NearestNeighbors(n_neighbors=count).fit(directions).kneighbors(return_distance=False)
    cosines = np.concatenate(
        [
            np.einsum("nf,nkf->nk", directions[rows], directions[places[rows]])
            for rows in pieces(len(places), ROWS_A_PIECE)
        ]
    )
    values = np.maximum(cosines, 0).astype(np.float64) ** SHARPNESS
    begins = np.arange(0, places.size + 1, count)
    graph = csr_matrix((values.ravel(), places.ravel(), begins), shape=(len(features),) * 2)
    return graph + graph.T


def normalised(graph: csr_matrix) -> csr_matrix:
    """Return ``D^-1/2 W D^-1/2`` of a graph W whose rows sum to D; a picture without neighbours keeps zeros."""
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    factors = diags_array(1 / np.sqrt(np.where(degrees > 0, degrees, 1)))
    return csr_matrix(factors @ graph @ factors)


def spread(graph: csr_matrix, first: Floats) -> Floats:
    """Return where spreading ends: ``(1 - a) (I - a S)^-1 Y``.

    Args:
        graph: S, (N, N), normalised.
        first: Y, (N, C), one where a picture has a label, zeros where it has none.
    """
    system: LinearOperator | Any = eye_array(graph.shape[0]) - SPREAD * graph
    solved = [cg(system, column, rtol=TOLERANCE, maxiter=MOST_SOLVED)[0] for column in first.T]
    ended: Floats = (1 - SPREAD) * np.stack(solved, axis=1)
    return np.maximum(ended, 0)


def certainty(shares: Floats) -> Floats:
    """Return one minus the entropy of each row over that of equal shares; 0 where a row has nothing.

    Args:
        shares: (n, C) of 0 or more, not yet adding up to one.
    """
    sums = shares.sum(axis=1, keepdims=True)
    parts = np.where(sums > 0, shares / np.where(sums > 0, sums, 1), 1 / shares.shape[1])
    entropy = -(parts * np.log(np.maximum(parts, np.finfo(np.float64).tiny))).sum(axis=1)
    sure: Floats = np.clip(1 - entropy / np.log(shares.shape[1]), 0, 1)
    return sure
