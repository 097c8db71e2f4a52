"""A base as an ONNX graph in the cache: made by torch once, asked without it from then on."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import BundleError, RunError
from sightline.core.regular import content_of
from sightline.core.storage import write_whole
from sightline.data.cache_folder import require_own
from sightline.inference.graph import Graph
from sightline.inference.onnx_file import read_model
from sightline.inference.signature import FLOAT32, INPUT, UINT8, Signature, TensorSpec
from sightline.line.features.extractor import Extractor, no_numbers

if TYPE_CHECKING:
    from torch import nn

SUM_BYTES = 32
"""Of the SHA-256 sum behind a graph in the folder."""
PROVED = 4
TOLERANCE = 1e-3
"""Of the largest feature: what rounding may make of it."""
VERSION = 1
"""Of what is made of a base; a graph of another version is not looked for."""


def base_graph(base: Extractor, folder: Path | None) -> bytes:
    """Return the graph of a base: from the folder if it is there, else made, and kept there.

    Args:
        base: What is asked for.
        folder: Of caches; None to keep nothing.

    Raises:
        MissingExtraError: The graph has to be made, and torch, onnx or onnxscript is not installed.
        BundleError: The graph that was made does not see what the base sees.
    """
    height, width, _ = base.format.shape
    path = folder and folder / "bases" / f"{base.digest[:32]}-{height}x{width}-{base.views}-{VERSION}.onnx"
    kept = _kept(path) if path else None
    return kept or _made(base, path)


def signature_of(graph: bytes, shape: tuple[int, int, int]) -> Signature:
    """Return what the graph of a base takes and gives.

    Args:
        graph: As `base_graph` returns it.
        shape: (H, W, C) of the pictures.

    Raises:
        BundleError: It is no such graph.
    """
    [(name, _, (_, width))] = read_model(graph).outputs
    return Signature(TensorSpec(INPUT, UINT8, shape), (TensorSpec(name, FLOAT32, (width,)),))


def opened(graph: bytes, signature: Signature) -> Graph:
    """Open the graph of a base; each core answers about one picture after the other.

    Raises:
        BundleError: It can't be computed.
    """
    return Graph(graph, signature, batch=1, threads=1)


def _kept(path: Path) -> bytes | None:
    """Return what lies in the folder, if it is what was once proved and the folder is the user's own alone."""
    with suppress(OSError):
        require_own(path.parent)
        content = content_of(path)
        graph, digest = content[:-SUM_BYTES], content[-SUM_BYTES:]
        return graph if hashlib.sha256(graph).digest() == digest else None
    return None


def _made(base: Extractor, path: Path | None) -> bytes:
    from sightline.inference.export.onnx_graph import base_graph_of

    network = base.load()
    graph = base_graph_of(network, base.format.shape)
    _prove(graph, network, base)
    if path:
        with suppress(OSError, RunError):  # a full disk costs only the time to make it again
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            require_own(path.parent)
            write_whole(path, graph + hashlib.sha256(graph).digest())
    return graph


def _prove(graph: bytes, network: "nn.Module", base: Extractor) -> None:
    """Raise unless the graph makes the same features as the network of pictures of all frequencies.

    Raises:
        BundleError: It does not.
    """
    import torch

    pixels = np.random.default_rng(0).integers(0, 256, (PROVED, *base.format.shape), dtype=np.uint8)
    pixels[1::2] = np.sort(pixels[1::2], axis=2)  # noise has edges alone, a slope has none
    with torch.inference_mode():
        expected = network(torch.from_numpy(pixels)).numpy()
    [features] = opened(graph, signature_of(graph, base.format.shape)).run(pixels)
    if not np.isfinite(expected).all():
        raise no_numbers(base.name)
    if not np.allclose(features, expected, rtol=TOLERANCE, atol=TOLERANCE * float(np.abs(expected).max())):
        difference = float(np.abs(features - expected).max())
        raise BundleError(
            f"the graph of {base.name} does not see what its network sees: features differ by up to {difference:.3g}",
            hint="nothing was kept; please report this with the base's name",
        )
