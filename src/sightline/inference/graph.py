"""The graph that answers, opened: pixels in, probabilities out, by ONNX Runtime."""

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.imaging.photo import Pixels
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.wire import require_plain

INPUT, OUTPUT = "pixels", "probabilities"
MOST_PICTURES = 256
PIXELS_A_BATCH = 512 * 1024
"""256 pictures up to 45x45, ten at 224x224: whatever the size, a batch needs about the same memory."""
ONLY_FATAL = 4

Probabilities = npt.NDArray[np.float32]
Entry = tuple[str, str, tuple[Any, ...]]
"""Name, type and sides of an input or output; a side is a number, or a name where it is left open."""


class Graph:
    """An ONNX file that has been opened and keeps what its bundle promises.

    Args:
        content: The bytes of an ONNX file.
        shape: (H, W, C) of the pictures.
        classes: Number of classes.
        batch: Most pictures of one run; large ones are taken in smaller batches still.

    Raises:
        BundleError: It holds more than plain layers, can't be opened, or has other inputs or outputs.
    """

    def __init__(
        self, content: bytes, shape: tuple[int, int, int], classes: int, *, batch: int = MOST_PICTURES
    ) -> None:
        require_plain(content)
        self.batch = max(1, min(batch, PIXELS_A_BATCH // (shape[0] * shape[1])))
        self._classes = classes
        self._session = _opened(content)
        _require_promised(self._session, shape, classes)

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return the probability of each class, (N, classes) float32.

        Args:
            pixels: (N, H, W, C) uint8.

        Raises:
            BundleError: The graph fails, or answers with another shape than it promised.
        """
        answers = np.empty((len(pixels), self._classes), dtype=np.float32)
        for start in range(0, len(pixels), self.batch):
            batch = np.ascontiguousarray(pixels[start : start + self.batch])
            try:
                (answer,) = self._session.run([OUTPUT], {INPUT: batch})
            except Exception as error:  # its errors have no common base
                raise BundleError(f"the graph can't be computed: {error}", hint=TRAIN_AGAIN) from error
            if answer.shape != (len(batch), self._classes):
                raise BundleError(
                    f"the graph answered with the shape {answer.shape}; expected {(len(batch), self._classes)}",
                    hint=TRAIN_AGAIN,
                )
            answers[start : start + self.batch] = answer
        return answers


def _opened(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count() or 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # see docs/decisions/0005
    options.log_severity_level = ONLY_FATAL  # what goes wrong is raised, and told by us
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise BundleError(f"the graph can't be opened: {error}", hint=TRAIN_AGAIN) from error


def _require_promised(session: Any, shape: tuple[int, int, int], classes: int) -> None:
    found: list[list[Entry]] = [
        [(entry.name, entry.type, tuple(entry.shape)) for entry in entries]
        for entries in (session.get_inputs(), session.get_outputs())
    ]
    expected: list[list[Entry]] = [[(INPUT, "tensor(uint8)", shape)], [(OUTPUT, "tensor(float)", (classes,))]]
    for entries, promised in zip(found, expected, strict=True):
        bare = [(name, kind, sides[1:]) for name, kind, sides in entries]
        if bare != promised or not isinstance(entries[0][2][0], str):
            told = ", ".join(f"{name} {kind} {list(sides)}" for name, kind, sides in entries)
            name, kind, sides = promised[0]
            raise BundleError(
                f"the graph does not fit the manifest: it has {told}; expected {name} {kind} {['batch', *sides]}",
                hint=TRAIN_AGAIN,
            )
