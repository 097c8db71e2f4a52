"""The graph that answers, opened: samples in, outputs and features out, by ONNX Runtime."""

import os
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.core.pieces import pieces
from sightline.core.runtimes import core_count
from sightline.core.text import listed
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.onnx_file import Entry, OnnxModel, read_model
from sightline.inference.signature import FEATURES, FLOAT32, LOGITS, Signature, TensorSpec, written

MOST_SAMPLES = 256
PLACES_A_BATCH = 512 * 1024
"""256 pictures up to 45x45, ten at 224x224: whatever the size, a batch needs about the same memory."""
ONLY_FATAL = 4
CORES = core_count()

Samples = npt.NDArray[Any]
"""(N, *shape) of the signature's type."""
Floats = npt.NDArray[np.float32]
Probabilities = Floats
"""(N, classes)"""
Features = Floats
"""(N, F): what the last layer reads of each sample."""


class Graph:
    """An ONNX file that has been opened and keeps what its bundle promises.

    Args:
        content: The bytes of an ONNX file.
        signature: What it must take and give.
        batch: Most samples of one run, 1 to 256; large ones are taken in smaller batches still.
        threads: How many compute one run together; as many as there are cores if not given.

    Attributes:
        features: How many numbers the last layer reads of a sample; 0 where the graph names no such value.

    Raises:
        BundleError: It holds more than plain layers, can't be opened, has other inputs or outputs, or takes more work
            or memory than is allowed.
    """

    def __init__(
        self, content: bytes, signature: Signature, *, batch: int = MOST_SAMPLES, threads: int | None = None
    ) -> None:
        model = read_model(content)
        _require_promised(model.inputs, model.outputs, signature)
        self.signature = signature
        self.batch = max(1, min(batch, PLACES_A_BATCH // signature.input.places))
        self.threads = threads or CORES
        self._costs = _Costs(model, signature.input)
        self._costs.require_allowed(self.batch)
        self._session = _opened(model.written(FEATURES, LOGITS), self.threads)
        _require_promised(_entries(self._session.get_inputs()), _entries(self._session.get_outputs()), signature)
        inner = {name: (_width(self._session, name),) for name in (FEATURES, LOGITS)}
        self._shapes = {spec.name: spec.shape for spec in signature.outputs} | inner
        self.features = self.width(FEATURES)

    def width(self, name: str) -> int:
        """Return how many numbers an output, or an inner value, has of a sample; 0 where there is no such value."""
        return prod(self._shapes.get(name, (0,)))

    def run(self, samples: Samples, *names: str) -> list[Floats]:
        """Return outputs of the graph; cores that one batch leaves free compute others.

        Args:
            samples: (N, *shape) as the signature has it.
            names: Of outputs, ``features`` and ``logits`` among them; those of the signature if not given.

        Returns:
            Each output, (N, *shape) float32.

        Raises:
            BundleError: The graph fails, answers with another shape than it promised, takes more work or memory than
                is allowed, or names no features.
        """
        wanted = {name: self._shapes[name] for name in names or [spec.name for spec in self.signature.outputs]}
        if any(name in (FEATURES, LOGITS) and not sum(shape) for name, shape in wanted.items()):
            raise BundleError("the model's graph does not say what its last layer reads", hint=TRAIN_AGAIN)
        outputs = [np.empty((len(samples), *shape), dtype=np.float32) for shape in wanted.values()]

        def answer(piece: slice) -> None:
            parts = self._outputs(np.ascontiguousarray(samples[piece]), wanted)
            for whole, part in zip(outputs, parts, strict=True):
                whole[piece] = part

        batches = list(pieces(len(samples), self.batch))
        if len(batches) == 1:
            answer(batches[0])
        else:
            with ThreadPoolExecutor(max(1, CORES // self.threads)) as threads:
                list(threads.map(answer, batches))
        return outputs

    def _outputs(self, batch: Samples, wanted: dict[str, tuple[int, ...]]) -> list[Floats]:
        """Return outputs of the graph for one batch, each (n, *shape) float32."""
        self._costs.require_allowed(len(batch))
        try:
            parts: list[Floats] = self._session.run(list(wanted), {self.signature.input.name: batch})
        except Exception as error:  # its errors have no common base
            raise BundleError(f"the graph can't be computed: {error}", hint=TRAIN_AGAIN) from error
        for part, shape in zip(parts, wanted.values(), strict=True):
            if part.shape != (len(batch), *shape):
                raise BundleError(
                    f"the graph answered with the shape {part.shape}; expected {(len(batch), *shape)}",
                    hint=TRAIN_AGAIN,
                )
        return parts


class _Costs:
    """What a graph costs for batches of every size that it has been asked for; few numbers of it are kept.

    A graph can be cheap for two samples and endless for three, so every size is estimated once.
    """

    def __init__(self, model: OnnxModel, spec: TensorSpec) -> None:
        self._model = model.without_numbers()
        self._spec = spec
        self._allowed: set[int] = set()

    def require_allowed(self, count: int) -> None:
        """Raise if a batch of so many samples takes more work or memory than is allowed."""
        if count not in self._allowed:
            self._model.work(self._spec.name, (count, *self._spec.shape), FEATURES, LOGITS)
            self._allowed.add(count)


def _opened(content: bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # see docs/decisions/0007
    options.add_session_config_entry("session.load_model_format", "ONNX")  # it would guess, and take its own format
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    options.log_severity_level = ONLY_FATAL  # what goes wrong is raised, in our words
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise BundleError(f"the graph can't be opened: {error}", hint=TRAIN_AGAIN) from error


def _require_promised(inputs: list[Entry], outputs: list[Entry], signature: Signature) -> None:
    """Raise if the graph takes or gives anything but what its signature says, features and logits apart."""
    _require_equal(inputs, (signature.input,))
    _require_equal([entry for entry in outputs if entry[0] not in (FEATURES, LOGITS)], signature.outputs)


def _entries(entries: list[Any]) -> list[Entry]:
    return [(entry.name, entry.type, tuple(entry.shape)) for entry in entries]


def _require_equal(entries: list[Entry], promised: tuple[TensorSpec, ...]) -> None:
    for_one = [(name, kind, sides[1:]) for name, kind, sides in entries]
    open_batches = all(sides and isinstance(sides[0], str) for _, _, sides in entries)
    if for_one != [(spec.name, spec.type, spec.shape) for spec in promised] or not open_batches:
        raise BundleError(
            f"the graph does not fit the manifest: it has {listed([written(*entry) for entry in entries])}; "
            f"expected {', '.join(map(str, promised))}",
            hint=TRAIN_AGAIN,
        )


def _width(session: Any, name: str) -> int:
    """Return the width of a value that the graph names; 0 if there is none, or something else is named so."""
    for entry in session.get_outputs():
        if entry.name == name and entry.type == FLOAT32:
            _, *sides = entry.shape
            return sides[0] if len(sides) == 1 and isinstance(sides[0], int) else 0
    return 0
