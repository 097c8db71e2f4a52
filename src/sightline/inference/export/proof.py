"""The proof that a graph answers as the network it was made of."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.core.pieces import pieces
from sightline.imaging.photo import Pixels
from sightline.inference.graph import MOST_SAMPLES, Floats, Graph, Probabilities
from sightline.inference.signature import EMBEDDING, FLOAT32, INPUT, UINT8, Signature, TensorSpec, classification

if TYPE_CHECKING:
    from torch import nn

PROOF_PICTURES = 200
NETWORK_BATCH = 16
TOLERANCE = 1e-3
"""The largest difference of a probability; also how near two classes are to be called a tie."""


@dataclass(frozen=True)
class Proof:
    """How far two models agree.

    Args:
        count: Number of pictures that both were asked about.
        largest_difference: Of any class's probability on any picture.
        same_top1: How many pictures have the same likeliest class.
    """

    count: int
    largest_difference: float
    same_top1: int

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return asdict(self)


def prove(
    graph: bytes, network: "nn.Sequential", pixels: Pixels, *, factor: float = 1.0, batch: int = MOST_SAMPLES
) -> Proof:
    """Ask a graph and the network it was made of about the same pictures.

    A picture whose two likeliest classes lie within 0.001 of each other is a tie: there rounding alone
    decides, so either answer is right.

    Args:
        graph: The bytes of an ONNX file.
        network: From (N, H, W, C) uint8 to logits; it is left as it is.
        pixels: (N, H, W, C) uint8: at least 200 real pictures, or all there are.
        factor: What the graph multiplies the logits with.
        batch: Most pictures at a time, 1 to 256.

    Raises:
        BundleError: They differ, or there is no picture to tell by.
    """
    _require_some(pixels)
    return proof_by(graph, _answers(network, pixels, factor, min(batch, NETWORK_BATCH)), pixels, batch=batch)


def proof_by(graph: bytes, answers: Probabilities, pixels: Pixels, *, batch: int = MOST_SAMPLES) -> Proof:
    """Compare a graph's answers with those that the network which it was made of has given already.

    Args:
        graph: The bytes of an ONNX file.
        answers: (N, classes) float32, of the network.
        pixels: (N, H, W, C) uint8: at least 200 real pictures, or all there are.
        batch: Most pictures at a time, 1 to 256.

    Raises:
        BundleError: They differ, or there is no picture to tell by.
    """
    _require_some(pixels)
    opened = Graph(graph, classification(pixels.shape[1:], answers.shape[1]), batch=batch)
    proof, apart = compare(opened.run(pixels)[0], answers)
    if apart or not proof.largest_difference < TOLERANCE:  # also true for NaN
        raise BundleError(
            f"the ONNX graph does not answer as the trained network: on {proof.count} pictures the probabilities "
            f"differ by up to {proof.largest_difference:.3g} (allowed: {TOLERANCE}) and {apart} have another class",
            hint="no model file was written; please report this with the network's name and settings",
        )
    return proof


def prove_embeddings(graph: bytes, embeddings: Floats, pixels: Pixels, *, batch: int = MOST_SAMPLES) -> Proof:
    """Compare a graph's embeddings with those that the network which it was made of has given already.

    Args:
        graph: The bytes of an ONNX file, from pixels to embeddings.
        embeddings: (N, E) float32 of unit length, of the network.
        pixels: (N, H, W, C) uint8: at least 200 real pictures, or all there are.
        batch: Most pictures at a time, 1 to 256.

    Returns:
        The largest difference of a number, and how many pictures are nearest to the same other one.

    Raises:
        BundleError: They differ, or there is no picture to tell by.
    """
    _require_some(pixels)
    spec = TensorSpec(EMBEDDING, FLOAT32, (embeddings.shape[1],))
    opened = Graph(graph, Signature(TensorSpec(INPUT, UINT8, pixels.shape[1:]), (spec,)), batch=batch)
    actual = opened.run(pixels)[0]
    same = int((_nearest(actual) == _nearest(embeddings)).sum())
    proof = Proof(len(pixels), float(np.abs(actual - embeddings).max()), same)
    if not proof.largest_difference < TOLERANCE:  # also true for NaN
        raise BundleError(
            f"the ONNX graph does not answer as the trained network: on {proof.count} pictures the embeddings differ "
            f"by up to {proof.largest_difference:.3g} (allowed: {TOLERANCE})",
            hint="no model file was written; please report this with the network's name and settings",
        )
    return proof


def _nearest(embeddings: Floats) -> npt.NDArray[np.int64]:
    """Return which other of (N, E) embeddings each is nearest to, (N,)."""
    products = embeddings @ embeddings.T
    np.fill_diagonal(products, -np.inf)
    nearest: npt.NDArray[np.int64] = products.argmax(axis=1)
    return nearest


def _require_some(pixels: Pixels) -> None:
    if not len(pixels):
        raise BundleError("there is no picture to prove the model's graph by", hint="give pictures to learn from")


def compare(actual: Probabilities, expected: Probabilities) -> tuple[Proof, int]:
    """Return how far answers agree, and how many have another likeliest class without being a tie.

    Args:
        actual: (N, classes) float32, the answers that are judged.
        expected: (N, classes) float32; says what a tie is.
    """
    same = actual.argmax(axis=1) == expected.argmax(axis=1)
    best = np.sort(expected, axis=1)[:, -2:]  # (N, 2), or (N, 1) of one class
    tied = best[:, -1] - best[:, 0] <= TOLERANCE
    difference = float(np.abs(actual - expected).max())
    return Proof(len(actual), difference, int(same.sum())), int((~same & ~tied).sum())


def evenly(rows: npt.NDArray[np.int64], count: int = PROOF_PICTURES) -> npt.NDArray[np.int64]:
    """Return `count` of the rows, spread evenly over them; all if there are fewer."""
    if len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]


def proof_rows(validation: npt.NDArray[np.int64], training: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the rows of the pictures to prove a graph by: of the validation part, then of the training part."""
    chosen = evenly(validation)
    return np.concatenate([chosen, evenly(training, PROOF_PICTURES - len(chosen))])


def _answers(network: "nn.Sequential", pixels: Pixels, factor: float, batch: int) -> Probabilities:
    import copy

    import torch

    plain = copy.deepcopy(network).cpu().eval()
    with torch.inference_mode():
        parts = [
            (factor * plain(torch.from_numpy(np.ascontiguousarray(pixels[piece])))).softmax(dim=1).numpy()
            for piece in pieces(len(pixels), batch)
        ]
    return np.concatenate(parts)
