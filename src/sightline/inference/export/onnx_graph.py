"""From a torch network to an ONNX file: the same network, the same bytes, on any machine."""

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sightline.core.choose import require_extra
from sightline.inference.signature import EMBEDDING, FEATURES, INPUT, LOGITS, OUTPUT

if TYPE_CHECKING:
    from torch import Tensor, nn

OPSET = 20
"""The first with Gelu; every ONNX Runtime from 1.17 on reads it."""
BATCH_AXIS = "batch"
TRACED_PICTURES = 2
"""torch.export takes a side of 0 or 1 for a fixed one."""


def graph_of(network: "nn.Sequential", shape: tuple[int, int, int], *, factor: float = 1.0) -> bytes:
    """Return an ONNX file that does what a network does, calibration and softmax included.

    Args:
        network: From (N, H, W, C) uint8 to logits; it is left as it is, whatever its mode and device.
        shape: (H, W, C) of the pictures.
        factor: Multiplies the logits, see `sightline.evaluation.calibration.Calibration`.

    Returns:
        A graph from ``pixels`` (batch, H, W, C) uint8 to ``probabilities`` (batch, classes) float32,
        with the weights inside. The value in it that goes into the last layer is named ``features``, the one
        that goes into softmax ``logits``.

    Raises:
        MissingExtraError: torch, onnx or onnxscript is not installed.

    Reference:
        PyTorch, "Export a PyTorch model to ONNX". https://docs.pytorch.org/docs/stable/onnx_export.html
    """
    from sightline.inference.export.calibrated_network import CalibratedNetwork, last_layer

    names = [OUTPUT, LOGITS] if last_layer(network) is None else [OUTPUT, LOGITS, FEATURES]
    return _bare(_exported(CalibratedNetwork(network, factor), _some_pictures(shape), INPUT, names))


def base_graph_of(base: "nn.Module", shape: tuple[int, int, int]) -> bytes:
    """Return an ONNX file from ``pixels`` (batch, H, W, C) uint8 to the ``embedding`` (batch, F) float32 of a base.

    Args:
        base: From (N, H, W, C) uint8 to (N, F); it is left as it is, whatever its mode and device.
        shape: (H, W, C) of the pictures.

    Raises:
        MissingExtraError: torch, onnx or onnxscript is not installed.
    """
    return _bare(_exported(base, _some_pictures(shape), INPUT, [EMBEDDING]))


def headed_graph_of(base_graph: bytes, head: "nn.Sequential", *, width: int, factor: float = 1.0) -> bytes:
    """Return the graph of `graph_of` for a base and its head, without going through the base again.

    Args:
        base_graph: As `base_graph_of` returns it.
        head: From (N, F) float32 to logits; it is left as it is.
        width: F, how many numbers the base makes of a picture.
        factor: Multiplies the logits, as for `graph_of`.

    Raises:
        MissingExtraError: torch, onnx or onnxscript is not installed.
    """
    import torch

    from sightline.inference.export.calibrated_network import CalibratedNetwork, last_layer

    names = [OUTPUT, LOGITS] if last_layer(head) is None else [OUTPUT, LOGITS, FEATURES]
    top = _exported(CalibratedNetwork(head, factor), torch.zeros((TRACED_PICTURES, width)), EMBEDDING, names)
    import onnx
    from onnx.compose import add_prefix, merge_models

    below = add_prefix(onnx.load_from_string(base_graph), "base_", rename_inputs=False, rename_outputs=False)
    top = add_prefix(top, "head_", rename_inputs=False, rename_outputs=False, rename_edges=False)
    top.ir_version = below.ir_version
    whole = merge_models(below, top, io_map=[(EMBEDDING, EMBEDDING)])
    del whole.opset_import[1:]  # both have the same, of one domain under its two names
    return _bare(whole)


def _some_pictures(shape: tuple[int, int, int]) -> "Tensor":
    import torch

    return torch.zeros((TRACED_PICTURES, *shape), dtype=torch.uint8)


def _exported(module: "nn.Module", example: "Tensor", taken: str, given: list[str]) -> Any:
    """Return the ONNX model of a module with one input, whose first axis is left open."""
    require_extra("torch", "onnx", "onnxscript", extra="train", purpose="making a model's graph")
    import torch

    plain = copy.deepcopy(module).cpu().eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    with _quiet():
        program = torch.onnx.export(
            plain,
            (example,),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=[taken],
            output_names=given,
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
        )
    return program.model_proto  # type: ignore[union-attr]


def _bare(model: Any) -> bytes:
    """Return a model without what tells of the machine it was made on: paths, stack traces, versions."""
    graph = model.graph
    for message in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        message.ClearField("metadata_props")
        message.ClearField("doc_string")
    for field in ("producer_version", "domain", "functions"):
        model.ClearField(field)
    graph.ClearField("value_info")
    del graph.output[1:]  # only its name is wanted: other programs meet one output
    model.producer_name = graph.name = "sightline"
    for entry in (*graph.input, *graph.output):
        entry.type.tensor_type.shape.dim[0].dim_param = BATCH_AXIS
    return bytes(model.SerializeToString(deterministic=True))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's talk of torch's own affairs from our user (torch 2.13 warns of its own deprecations)."""
    before = logging.root.manager.disable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
