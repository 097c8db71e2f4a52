"""A graph as OpenVINO's two files, and opened with OpenVINO."""

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.choose import require_extra
from sightline.core.pieces import pieces
from sightline.core.storage import writing
from sightline.imaging.photo import Pixels
from sightline.inference.graph import Probabilities

BATCH = 16


def write_openvino(graph: bytes, path: Path) -> None:
    """Write ``path`` (XML, the layers) and beside it the same name with ``.bin`` (the arrays, float32), both or none.

    OpenVINO leaves half a file where the disk is full, and says so by a RuntimeError; so it writes aside.

    Args:
        graph: The bytes of an ONNX file.
        path: Ends in ``.xml``; its folder must exist.

    Raises:
        MissingExtraError: openvino is not installed.
        RunError: The files can't be written.

    Reference:
        OpenVINO, "OpenVINO IR format". https://docs.openvino.ai/2025/documentation/openvino-ir-format.html
    """
    openvino = _package()
    model = openvino.Core().read_model(model=graph)
    with writing(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
        aside = Path(folder) / path.name
        try:
            openvino.save_model(model, aside, compress_to_fp16=False)
        except RuntimeError as error:
            raise OSError(errno.EIO, f"OpenVINO says {error}") from error
        for file in (path.with_suffix(".bin"), path):
            aside.with_suffix(file.suffix).replace(file)


def opened_openvino(path: Path, *, batch: int) -> Callable[[Pixels], Probabilities]:
    """Return what asks a model through OpenVINO: from (N, H, W, C) uint8 to (N, classes) float32.

    Args:
        path: The XML file that `write_openvino` wrote.
        batch: Most pictures at a time.

    Raises:
        MissingExtraError: openvino is not installed.
    """
    compiled = _package().Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def ask(pixels: Pixels) -> Probabilities:
        batches = pieces(len(pixels), min(batch, BATCH))
        return np.concatenate([compiled(np.ascontiguousarray(pixels[piece]))[0] for piece in batches])

    return ask


def _package() -> Any:
    require_extra("openvino", extra="openvino", purpose="sightline export --to openvino")
    import openvino

    return openvino
