"""From a trained network to the file that ships: weights, graph and the proof that they agree."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.evaluation.calibration import Calibration
from sightline.imaging.photo import Pixels
from sightline.inference.bundle import write_bundle
from sightline.inference.graph_making import graph_of
from sightline.inference.manifest import batch_of
from sightline.inference.proof import Proof, prove

if TYPE_CHECKING:
    from torch import nn

UNSTATED = "unstated"


def ship(
    path: Path,
    manifest: Mapping[str, Any],
    network: "nn.Sequential",
    pixels: Pixels,
    *,
    calibration: Calibration | None = None,
    batch: int | None = None,
) -> Proof:
    """Write a network's model file, if its graph answers as the network does.

    Args:
        path: Usually ``RUN/model.sightline``.
        manifest: ``model``, ``classes``, ``preprocess`` and what else docs/bundle.md lets the maker say;
            the proof is added, and parameters and licence where they are not said.
        network: Trained; it is left as it is.
        pixels: (N, H, W, C) uint8: at least 200 real pictures that are not of the test part, or all.
        calibration: Of the network's confidence; its factor becomes part of the graph.
        batch: Most pictures of a run of the graph, 1 to 256, for a network whose layers need much memory.

    Returns:
        The proof, which stands in the manifest too.

    Raises:
        BundleError: The graph does not answer as the network does, or batch is no such number; nothing is written.
        MissingExtraError: torch, onnx or onnxscript is not installed.
    """
    from safetensors.torch import save

    from sightline.models.building import parameter_count

    said = {"parameters": parameter_count(network), "licence": UNSTATED, **manifest}
    if calibration is not None:
        said["calibration"] = calibration.as_json()
    if batch is not None:
        said["batch"] = batch
    factor = 1.0 if calibration is None else calibration.factor
    graph = graph_of(network, pixels.shape[1:], factor=factor)
    proof = prove(graph, network, pixels, factor=factor, batch=batch_of(said))
    weights = OrderedDict((name, tensor.cpu().contiguous()) for name, tensor in network.state_dict().items())
    write_bundle(path, {**said, "proof": proof.as_json()}, save(weights), graph)
    return proof
