"""From a trained network to the bundle that ships: weights, graph and the proof that they agree."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sightline.evaluation.calibration import Calibration
from sightline.imaging.photo import Pixels
from sightline.inference.arrays.array_file import Arrays, written_arrays
from sightline.inference.bundle import Bundle, bundle_of
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.export.proof import proof_by, prove
from sightline.inference.graph import Probabilities
from sightline.inference.manifest import CLASSIFICATION, batch_of

if TYPE_CHECKING:
    from torch import nn

UNSTATED = "unstated"
PICTURE = "picture"


def assembled(
    manifest: Mapping[str, Any],
    network: "nn.Sequential",
    pixels: Pixels,
    *,
    calibration: Calibration | None = None,
    graph: bytes | None = None,
    answers: Probabilities | None = None,
    batch: int | None = None,
    arrays: Arrays | None = None,
) -> Bundle:
    """Return a classifier's bundle, in memory, if its graph answers as the network does.

    Args:
        manifest: ``method``, ``model``, ``classes``, ``preprocess`` and what else docs/bundle.md lets the maker
            say; the task and the proof are added, and kind of sample, parameters and licence where they are not said.
        network: Trained; it is left as it is.
        pixels: (N, H, W, C) uint8: at least 200 real pictures that are not of the test part, or all.
        calibration: Of the network's confidence; its factor becomes part of the graph.
        graph: The bytes of its ONNX file, calibrated; made of the network if not given.
        answers: (N, classes) float32, the network's, calibrated, where they are known; it is asked if not given.
        batch: Most pictures of a run of the graph, 1 to 256, for a network whose layers need much memory.
        arrays: To travel beside, by name, such as `PictureDigests.arrays`.

    Raises:
        BundleError: The graph does not answer as the network does, or batch is no such number.
        MissingExtraError: torch, onnx or onnxscript is not installed.
    """
    from safetensors.torch import save

    from sightline.models.building import parameter_count

    stated = {"task": CLASSIFICATION, "parameters": parameter_count(network), "licence": UNSTATED, **manifest}
    stated["preprocess"] = {"kind": PICTURE, **stated["preprocess"]}
    if calibration is not None:
        stated["calibration"] = calibration.as_json()
    if batch is not None:
        stated["batch"] = batch
    factor = 1.0 if calibration is None else calibration.factor
    graph = graph or graph_of(network, pixels.shape[1:], factor=factor)
    if answers is None:
        proof = prove(graph, network, pixels, factor=factor, batch=batch_of(stated))
    else:
        proof = proof_by(graph, answers, pixels, batch=batch_of(stated))
    weights = OrderedDict((name, tensor.cpu().contiguous()) for name, tensor in network.state_dict().items())
    beside = None if arrays is None else written_arrays(arrays)
    return bundle_of({**stated, "proof": proof.as_json()}, save(weights), graph, arrays=beside)
