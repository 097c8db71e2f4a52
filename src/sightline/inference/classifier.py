"""A model that answers: pictures in, a probability a class out."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import BundleError, PictureError
from sightline.data.sources import FolderSource
from sightline.evaluation.calibration import Calibration
from sightline.imaging.photo import Payload, Pixels
from sightline.inference.bundle import Bundle, bundle_file, read_bundle
from sightline.inference.explaining import Heat, explain
from sightline.inference.graph import Graph, Probabilities
from sightline.inference.manifest import batch_of, calibration_of, classes_of, format_of, model_of
from sightline.inference.migration import upgraded
from sightline.inference.network import network_of

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Classifier", "Prediction", "Probabilities", "load"]


@dataclass(frozen=True)
class Prediction:
    """The answer to one picture.

    Args:
        path: The picture's name.
        probabilities: Each class's probability, likeliest first; empty if there is an error.
        error: Why there is no answer, or ``""``.
        set: The prediction set, likeliest first: all classes that are likely enough to be the true one. None
            where the model was not calibrated, or there is an error. It may be empty, which is an answer
            too: `sightline.evaluation.calibration.Calibration.refusal` says it in words.
    """

    path: str
    probabilities: dict[str, float]
    error: str = ""
    set: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        """The likeliest class, or ``""`` if there is an error."""
        return next(iter(self.probabilities), "")

    @property
    def confidence(self) -> float:
        """The likeliest class's probability, or 0 if there is an error."""
        return next(iter(self.probabilities.values()), 0.0)

    def top(self, count: int) -> "Prediction":
        """Return the prediction with the probabilities of its `count` likeliest classes only."""
        return replace(self, probabilities=dict(islice(self.probabilities.items(), count)))


class Classifier:
    """A bundle that has been loaded; it answers without torch.

    Args:
        bundle: What the file holds.

    Raises:
        BundleError: Its parts do not fit together.
        MissingExtraError: It is of format version 1, whose graph must be made first, and torch is not installed.
    """

    def __init__(self, bundle: Bundle) -> None:
        model_of(bundle.manifest)
        self.manifest = bundle.manifest
        self.classes = classes_of(bundle.manifest)
        self.format = format_of(bundle.manifest)
        self.calibration = calibration_of(bundle.manifest)
        self.bundle = bundle if bundle.graph is not None else upgraded(bundle)
        self._graph = Graph(self.graph, self.format.shape, len(self.classes), batch=batch_of(bundle.manifest))

    @property
    def graph(self) -> bytes:
        """The ONNX file that answers."""
        return self.bundle.graph or b""

    @property
    def batch(self) -> int:
        """The most pictures that are in memory at a time."""
        return self._graph.batch

    @property
    def parameters(self) -> int:
        """The number of trainable parameters."""
        return int(self.bundle.manifest["parameters"])

    @cached_property
    def network(self) -> "nn.Sequential":
        """The torch network from decoded pixels to logits, for who looks inside; made when first asked for.

        Its logits are not calibrated: `probabilities` are the softmax of ``calibration.factor`` times them.

        Raises:
            BundleError: The weights do not fit the manifest.
            MissingExtraError: torch is not installed.
        """
        return network_of(self.bundle)

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return the probability of each class for pictures that are decoded already.

        Args:
            pixels: (N, H, W, C) uint8, as `format` makes them.

        Returns:
            (N, classes) float32, each row summing to one.
        """
        return self._graph.probabilities(pixels)

    def required_calibration(self) -> Calibration:
        """Return the calibration.

        Raises:
            BundleError: The model was not calibrated.
        """
        if self.calibration is None:
            raise BundleError(
                "the model holds no calibration, so its answers have no prediction sets",
                hint="train it again with this version of sightline",
            )
        return self.calibration

    def sets(self, probabilities: Probabilities) -> list[tuple[str, ...]]:
        """Return the prediction set of each answer: all classes that reach the calibration's threshold.

        Args:
            probabilities: (N, classes) float32, as `probabilities` gives them.

        Returns:
            The classes of each set, likeliest first; a set may be empty.

        Raises:
            BundleError: The model was not calibrated.
        """
        likely = probabilities >= self.required_calibration().threshold  # (N, classes)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        return [
            tuple(self.classes[place] for place in places if inside[place])
            for places, inside in zip(order, likely, strict=True)
        ]

    def predict(self, picture: str | os.PathLike[str] | Payload) -> Prediction:
        """Name one picture.

        Args:
            picture: A file's path, the bytes of a file, or pixels (H, W) or (H, W, 1|3|4) uint8.

        Raises:
            PictureError: The picture can't be read.
        """
        name, pixels = self._read(picture)
        return next(self._answered([name], [pixels]))

    def explain(self, picture: str | os.PathLike[str] | Payload, label: str | None = None) -> Heat:
        """Say which places of a picture speak for a class; see `sightline.inference.explaining.explain`.

        Args:
            picture: As for `predict`.
            label: The class; the likeliest if not given.

        Raises:
            PictureError: The picture can't be read.
            SettingsError: There is no such class.
        """
        return explain(self, self._read(picture)[1], label)

    def _read(self, picture: str | os.PathLike[str] | Payload) -> tuple[str, Pixels]:
        """Return a picture's name and its pixels in the model's format."""
        if isinstance(picture, bytes | np.ndarray):
            return "the picture", self.format.read(picture, name="the picture")
        name = os.fspath(picture)
        return name, self.format.read(FolderSource(Path()).read(name), name=name)

    def predict_many(self, paths: Iterable[str | os.PathLike[str]]) -> Iterator[Prediction]:
        """Yield a prediction for every file, in order; a file that can't be read has its error in it.

        Pictures are decoded on all cores and kept only until their batch is answered.
        """
        names = iter(os.fspath(path) for path in paths)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            while chunk := list(islice(names, self.batch)):
                yield from self._answered(chunk, list(threads.map(self._pixels_or_error, chunk)))

    def _pixels_or_error(self, name: str) -> Pixels | str:
        try:
            payload: Payload = FolderSource(Path()).read(name)
            return self.format.read(payload, name=name)
        except PictureError as error:
            return error.problem

    def _answered(self, names: list[str], decoded: list[Pixels | str]) -> Iterator[Prediction]:
        readable = [pixels for pixels in decoded if not isinstance(pixels, str)]
        answers = iter(self.probabilities(np.stack(readable)) if readable else ())
        for name, pixels in zip(names, decoded, strict=True):
            if isinstance(pixels, str):
                yield Prediction(name, {}, error=pixels)
            else:
                yield self._named(name, next(answers))

    def _named(self, name: str, answer: Probabilities) -> Prediction:
        order = np.argsort(-answer, kind="stable")
        shares = {self.classes[index]: float(answer[index]) for index in order}
        return Prediction(name, shares, set=None if self.calibration is None else self.sets(answer[None])[0])


def load(path: str | os.PathLike[str]) -> Classifier:
    """Load a model.

    Args:
        path: A ``model.sightline`` file, or the folder of the run that wrote it.

    Raises:
        BundleError: The file is missing, damaged, foreign or too new.
        MissingExtraError: The file is of format version 1, and torch is not installed.
    """
    file = bundle_file(Path(path))
    bundle = read_bundle(file)
    try:
        return Classifier(bundle)
    except BundleError as error:
        raise BundleError(f"{file}: {error.problem}", hint=error.hint) from error
