"""From a trained network to the file that ships: weights, graph and the proof that they agree."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.imaging.photo import Pixels
from sightline.inference.bundle import write_bundle
from sightline.inference.graph_making import graph_of
from sightline.inference.proof import Proof, prove

if TYPE_CHECKING:
    from torch import nn

UNSTATED = "unstated"


def ship(path: Path, manifest: Mapping[str, Any], network: "nn.Sequential", pixels: Pixels) -> Proof:
    """Write a network's model file, if its graph answers as the network does.

    Args:
        path: Usually ``RUN/model.sightline``.
        manifest: ``model``, ``classes``, ``preprocess`` and what else docs/bundle.md lets the maker say;
            parameters, proof and licence are added.
        network: Trained; it is left as it is.
        pixels: (N, H, W, C) uint8: at least 200 real pictures that are not of the test part, or all.

    Returns:
        The proof, which stands in the manifest too.

    Raises:
        BundleError: The graph does not answer as the network does; nothing is written.
        MissingExtraError: torch, onnx or onnxscript is not installed.
    """
    from safetensors.torch import save

    from sightline.models.building import parameter_count

    graph = graph_of(network, pixels.shape[1:])
    proof = prove(graph, network, pixels)
    said = {"parameters": parameter_count(network), "proof": proof.as_json(), "licence": UNSTATED}
    weights = OrderedDict((name, tensor.cpu().contiguous()) for name, tensor in network.state_dict().items())
    write_bundle(path, said | dict(manifest), save(weights), graph)
    return proof
