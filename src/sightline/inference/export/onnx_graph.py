"""From a torch network to an ONNX file: the same network, the same bytes, on any machine."""

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sightline.core.choose import require_extra
from sightline.inference.signature import FEATURES, INPUT, OUTPUT

if TYPE_CHECKING:
    from torch import nn

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
        with the weights inside. The value in it that goes into the last layer is named ``features``.

    Raises:
        MissingExtraError: torch, onnx or onnxscript is not installed.

    Reference:
        PyTorch, "Export a PyTorch model to ONNX". https://docs.pytorch.org/docs/stable/onnx_export.html
    """
    require_extra("torch", "onnx", "onnxscript", extra="train", purpose="making a model's graph")
    import torch

    from sightline.inference.export.calibrated_network import CalibratedNetwork, last_layer

    plain = copy.deepcopy(network).cpu().eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    with _quiet():
        program = torch.onnx.export(
            CalibratedNetwork(plain, factor).eval(),
            (torch.zeros((TRACED_PICTURES, *shape), dtype=torch.uint8),),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT] if last_layer(plain) is None else [OUTPUT, FEATURES],
            dynamic_shapes={"pixels": {0: torch.export.Dim.DYNAMIC}},
        )
    return _bare(program.model_proto)  # type: ignore[union-attr]


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
