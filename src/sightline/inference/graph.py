"""The graph that answers, opened: pixels in, probabilities and features out, by ONNX Runtime."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.cores import core_count
from sightline.core.errors import BundleError
from sightline.imaging.photo import Pixels
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.wire import require_plain, with_output

INPUT, OUTPUT = "pixels", "probabilities"
FEATURES = "features"
"""The name, inside the graph, of what the last layer reads."""
MOST_PICTURES = 256
PIXELS_A_BATCH = 512 * 1024
"""256 pictures up to 45x45, ten at 224x224: whatever the size, a batch needs about the same memory."""
ONLY_FATAL = 4
CORES = core_count()

Probabilities = npt.NDArray[np.float32]
Features = npt.NDArray[np.float32]
"""(N, F): what the last layer reads of each picture."""
Entry = tuple[str, str, tuple[Any, ...]]
"""Name, type and sides of an input or output; a side is a number, or a name where it is left open."""


class Graph:
    """An ONNX file that has been opened and keeps what its bundle promises.

    Args:
        content: The bytes of an ONNX file.
        shape: (H, W, C) of the pictures.
        classes: Number of classes.
        batch: Most pictures of one run; large ones are taken in smaller batches still.
        threads: How many compute one run together; as many as there are cores if not given.

    Attributes:
        features: How many numbers the last layer reads of a picture; 0 where the graph names no such value.

    Raises:
        BundleError: It holds more than plain layers, can't be opened, or has other inputs or outputs.
    """

    def __init__(
        self,
        content: bytes,
        shape: tuple[int, int, int],
        classes: int,
        *,
        batch: int = MOST_PICTURES,
        threads: int | None = None,
    ) -> None:
        require_plain(content)
        self.batch = max(1, min(batch, PIXELS_A_BATCH // (shape[0] * shape[1])))
        self._classes = classes
        self.threads = threads or CORES
        self._session = _opened(with_output(content, FEATURES), self.threads)
        _require_promised(self._session, shape, classes)
        self.features = _features(self._session)

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return the probability of each class, (N, classes) float32.

        Args:
            pixels: (N, H, W, C) uint8.

        Raises:
            BundleError: The graph fails, or answers with another shape than it promised.
        """
        (answers,) = self._run(pixels, {OUTPUT: self._classes})
        return answers

    def with_features(self, pixels: Pixels) -> tuple[Probabilities, Features]:
        """Return the probabilities, and what the last layer read, (N, `features`) float32.

        Args:
            pixels: (N, H, W, C) uint8.

        Raises:
            BundleError: As with `probabilities`; or `features` is 0, since the graph does not say what they are.
        """
        if not self.features:
            raise BundleError("the model's graph does not say what its last layer reads", hint=TRAIN_AGAIN)
        answers, features = self._run(pixels, {OUTPUT: self._classes, FEATURES: self.features})
        return answers, features

    def _run(self, pixels: Pixels, widths: dict[str, int]) -> list[npt.NDArray[np.float32]]:
        """Return outputs of the graph, each (N, width) float32; cores that one batch leaves free compute others."""
        answers = [np.empty((len(pixels), width), dtype=np.float32) for width in widths.values()]

        def answer(start: int) -> None:
            parts = self._outputs(np.ascontiguousarray(pixels[start : start + self.batch]), widths)
            for whole, part in zip(answers, parts, strict=True):
                whole[start : start + self.batch] = part

        starts = range(0, len(pixels), self.batch)
        if len(starts) == 1:
            answer(0)
        else:
            with ThreadPoolExecutor(max(1, CORES // self.threads)) as threads:
                list(threads.map(answer, starts))
        return answers

    def _outputs(self, batch: Pixels, widths: dict[str, int]) -> list[npt.NDArray[np.float32]]:
        """Return outputs of the graph for one batch, each (n, width) float32."""
        try:
            parts: list[npt.NDArray[np.float32]] = self._session.run(list(widths), {INPUT: batch})
        except Exception as error:  # its errors have no common base
            raise BundleError(f"the graph can't be computed: {error}", hint=TRAIN_AGAIN) from error
        for part, width in zip(parts, widths.values(), strict=True):
            if part.shape != (len(batch), width):
                raise BundleError(
                    f"the graph answered with the shape {part.shape}; expected {(len(batch), width)}",
                    hint=TRAIN_AGAIN,
                )
        return parts


def _opened(content: bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # see docs/decisions/0007
    options.log_severity_level = ONLY_FATAL  # what goes wrong is raised, and told by us
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise BundleError(f"the graph can't be opened: {error}", hint=TRAIN_AGAIN) from error


def _require_promised(session: Any, shape: tuple[int, int, int], classes: int) -> None:
    found: list[list[Entry]] = [
        [(entry.name, entry.type, tuple(entry.shape)) for entry in entries]
        for entries in (session.get_inputs(), _without_features(session.get_outputs()))
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


def _without_features(outputs: list[Any]) -> list[Any]:
    return [entry for entry in outputs if entry.name != FEATURES]


def _features(session: Any) -> int:
    """Return the width of the features; 0 if there are none, or something else is named so."""
    for entry in session.get_outputs():
        if entry.name == FEATURES and entry.type == "tensor(float)":
            _, *sides = entry.shape
            return sides[0] if len(sides) == 1 and isinstance(sides[0], int) else 0
    return 0
