"""A model that answers: pictures in, a probability a class out."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import BundleError, PictureError
from sightline.data.sources import FolderSource
from sightline.imaging.photo import Payload, Pixels
from sightline.inference.bundle import Bundle, bundle_file, read_bundle
from sightline.inference.graph import Graph, Probabilities
from sightline.inference.manifest import classes_of, format_of, model_of
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
    """

    path: str
    probabilities: dict[str, float]
    error: str = ""

    @property
    def label(self) -> str:
        """The likeliest class, or ``""`` if there is an error."""
        return next(iter(self.probabilities), "")

    @property
    def confidence(self) -> float:
        """The likeliest class's probability, or 0 if there is an error."""
        return next(iter(self.probabilities.values()), 0.0)

    def top(self, count: int) -> "Prediction":
        """Return the prediction with its `count` likeliest classes only."""
        return Prediction(self.path, dict(islice(self.probabilities.items(), count)), self.error)


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
        self.bundle = bundle if bundle.graph is not None else upgraded(bundle)
        self._graph = Graph(self.graph, self.format.shape, len(self.classes))

    @property
    def graph(self) -> bytes:
        """The ONNX file that answers."""
        return self.bundle.graph or b""

    @property
    def parameters(self) -> int:
        """The number of trainable parameters."""
        return int(self.bundle.manifest["parameters"])

    @cached_property
    def network(self) -> "nn.Sequential":
        """The torch network from decoded pixels to logits, for who looks inside; made when first asked for.

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

    def predict(self, picture: str | os.PathLike[str] | Payload) -> Prediction:
        """Name one picture.

        Args:
            picture: A file's path, the bytes of a file, or pixels (H, W) or (H, W, 1|3|4) uint8.

        Raises:
            PictureError: The picture can't be read.
        """
        if isinstance(picture, bytes | np.ndarray):
            return next(self._answered(["the picture"], [self.format.read(picture, name="the picture")]))
        name = os.fspath(picture)
        return next(self._answered([name], [self.format.read(FolderSource(Path()).read(name), name=name)]))

    def predict_many(self, paths: Iterable[str | os.PathLike[str]]) -> Iterator[Prediction]:
        """Yield a prediction for every file, in order; a file that can't be read has its error in it.

        Pictures are decoded on all cores and kept only until their batch is answered.
        """
        names = iter(os.fspath(path) for path in paths)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            while chunk := list(islice(names, self._graph.batch)):
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
        return Prediction(name, {self.classes[index]: float(answer[index]) for index in order})


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
