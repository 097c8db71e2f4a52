"""The graph of a file of format version 1, which had none."""

from dataclasses import replace

from sightline.core.choose import require_extra
from sightline.inference.bundle import Bundle
from sightline.inference.manifest import format_of
from sightline.inference.network import network_of


def with_graph(bundle: Bundle) -> Bundle:
    """Return a bundle that has no graph with what version 2 added: its graph and its number of parameters.

    Raises:
        BundleError: Its weights do not fit its manifest.
        MissingExtraError: torch, onnx or onnxscript is not installed.
    """
    purpose = "a model file of format version 1, which has no graph yet,"
    require_extra("torch", "onnx", "onnxscript", extra="train", purpose=purpose)
    from sightline.inference.export.onnx_graph import graph_of
    from sightline.models.building import parameter_count

    network = network_of(bundle)
    manifest = bundle.manifest | {"parameters": parameter_count(network)}
    return replace(bundle, manifest=manifest, graph=graph_of(network, format_of(bundle.manifest).shape))
