"""A model that answers: pictures in, a probability a class out."""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
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
from sightline.inference.graph import Features, Graph, Probabilities
from sightline.inference.manifest import batch_of, calibration_of, classes_of, format_of, model_of
from sightline.inference.migration import upgraded
from sightline.inference.network import network_of
from sightline.inference.streaming import Batch, answered

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Classifier", "Prediction", "Probabilities", "load"]

PORTIONS = 4
"""Of a batch; smaller ones are computed as fast, and leave no core without work when there are few pictures."""
FILES = FolderSource(Path())
"""Files by their paths, from wherever the process stands."""


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
        threads: How many compute a batch together; as many as there are cores if not given.

    Raises:
        BundleError: Its parts do not fit together.
        MissingExtraError: It is of format version 1, whose graph must be made first, and torch is not installed.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        model_of(bundle.manifest)
        self.manifest = bundle.manifest
        self.classes = classes_of(bundle.manifest)
        self.format = format_of(bundle.manifest)
        self.calibration = calibration_of(bundle.manifest)
        self.bundle = bundle if bundle.graph is not None else upgraded(bundle)
        self._graph = self._opened(threads)

    @property
    def graph(self) -> bytes:
        """The ONNX file that answers."""
        return self.bundle.graph or b""

    @property
    def batch(self) -> int:
        """The most pictures that are in memory at a time."""
        return self._graph.batch

    @property
    def portion(self) -> int:
        """How many pictures `predict_many` computes together; every core has portions of its own."""
        return max(1, self.batch // PORTIONS)

    @property
    def features(self) -> int:
        """How many numbers the last layer reads of a picture; 0 where an older file does not tell which they are."""
        return self._graph.features

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

    def with_features(self, pixels: Pixels) -> tuple[Probabilities, Features]:
        """Return the probabilities, and what the last layer read of each picture.

        Args:
            pixels: As for `probabilities`.

        Returns:
            (N, classes) float32, and (N, `features`) float32: the last hidden activations of a network, the
            standardised features of a classical pipeline.

        Raises:
            BundleError: The model's graph does not tell which they are.
        """
        return self._graph.with_features(pixels)

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
        return self._named([name], self.probabilities(pixels[None]))[0]

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
        return name, self.format.read(FILES.read(name), name=name)

    def predict_many(self, paths: Iterable[str | os.PathLike[str]]) -> Generator[Prediction, None, None]:
        """Yield a prediction for every file, in order; a file that can't be read has its error in it.

        Every core decodes and computes portions of its own, and of any number of pictures a few portions are in
        memory. Close the iterator to end early (`contextlib.closing`).
        """
        names = (os.fspath(path) for path in paths)
        batches = answered(names, batch=self.portion, read=self._pixels_or_error, ask=self._alone.probabilities)
        with closing(batches):
            for batch in batches:
                yield from self._told(batch)

    @cached_property
    def _alone(self) -> Graph:
        """The graph as it is computed by the thread that asks, alone.

        Where several threads share a run, every layer waits for the last of them; beside threads that decode, that
        takes a tenth of the cores.
        """
        return self._graph if self._graph.threads == 1 else self._opened(threads=1)

    def _opened(self, threads: int | None) -> Graph:
        most = batch_of(self.manifest)
        return Graph(self.graph, self.format.shape, len(self.classes), batch=most, threads=threads)

    def _pixels_or_error(self, name: str) -> Pixels | str:
        try:
            return self.format.read(FILES.read(name), name=name)
        except PictureError as error:
            return error.problem

    def _told(self, batch: Batch) -> Iterator[Prediction]:
        readable = [name for name, problem in zip(batch.names, batch.problems, strict=True) if not problem]
        named = iter(() if batch.probabilities is None else self._named(readable, batch.probabilities))
        for name, problem in zip(batch.names, batch.problems, strict=True):
            yield Prediction(name, {}, error=problem) if problem else next(named)

    def _named(self, names: list[str], answers: Probabilities) -> list[Prediction]:
        order = np.argsort(-answers, axis=1, kind="stable")
        shares = np.take_along_axis(answers, order, axis=1)
        sets: Sequence[tuple[str, ...] | None]
        sets = [None] * len(names) if self.calibration is None else self.sets(answers)
        return [
            Prediction(name, dict(zip(map(self.classes.__getitem__, places), values, strict=True)), set=likely)
            for name, places, values, likely in zip(names, order.tolist(), shares.tolist(), sets, strict=True)
        ]


def load(path: str | os.PathLike[str], *, threads: int | None = None) -> Classifier:
    """Load a model.

    Args:
        path: A ``model.sightline`` file, or the folder of the run that wrote it.
        threads: How many compute a batch together; as many as there are cores if not given. One is best for who
            only asks about many pictures: each core then computes a batch of its own.

    Raises:
        BundleError: The file is missing, damaged, foreign or too new.
        MissingExtraError: The file is of format version 1, and torch is not installed.
    """
    file = bundle_file(Path(path))
    bundle = read_bundle(file)
    try:
        return Classifier(bundle, threads=threads)
    except BundleError as error:
        raise BundleError(f"{file}: {error.problem}", hint=error.hint) from error
