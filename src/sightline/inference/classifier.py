"""A model that answers: pictures in, a probability a class out."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.choose import require_extra
from sightline.core.errors import BundleError, PictureError
from sightline.data.sources import FolderSource
from sightline.imaging.colours import CHANNELS
from sightline.imaging.photo import Payload, Pixels
from sightline.imaging.preprocess import CENTRES, FITS, SCALES, InputFormat, Preprocess
from sightline.inference.bundle import TRAIN_AGAIN, Bundle, read_bundle

BATCH = 256
MAX_SIDE = 4096

Probabilities = npt.NDArray[np.float32]


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
    """A bundle that has been loaded.

    Args:
        bundle: What the file holds.

    Raises:
        BundleError: Its parts do not fit together.
        MissingExtraError: torch is not installed.
    """

    def __init__(self, bundle: Bundle) -> None:
        require_extra("torch", extra="train", purpose="predicting")
        self.manifest = bundle.manifest
        self.classes = _classes_of(bundle.manifest)
        self.format = _format_of(bundle.manifest["preprocess"])
        self.network = _network_of(bundle, self.format, len(self.classes))

    @property
    def parameters(self) -> int:
        """The number of trainable parameters."""
        from sightline.models.building import parameter_count

        return parameter_count(self.network)

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return the probability of each class for pictures that are decoded already.

        Args:
            pixels: (N, H, W, C) uint8, as `format` makes them.

        Returns:
            (N, classes) float32, each row summing to one.
        """
        import torch

        answers = np.empty((len(pixels), len(self.classes)), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(pixels), BATCH):
                batch = torch.from_numpy(np.ascontiguousarray(pixels[start : start + BATCH]))
                answers[start : start + BATCH] = self.network(batch).softmax(dim=1).numpy()
        return answers

    def predict(self, picture: str | os.PathLike[str] | Pixels) -> Prediction:
        """Name one picture.

        Args:
            picture: A file, or pixels (H, W) or (H, W, 1|3|4) uint8.

        Raises:
            PictureError: The picture can't be read.
        """
        if isinstance(picture, np.ndarray):
            return next(self._answered(["the picture"], [self.format.read(picture, name="the picture")]))
        name = os.fspath(picture)
        return next(self._answered([name], [self.format.read(FolderSource(Path()).read(name), name=name)]))

    def predict_many(self, paths: Iterable[str | os.PathLike[str]]) -> Iterator[Prediction]:
        """Yield a prediction for every file, in order; a file that can't be read has its error in it.

        Pictures are decoded on all cores and kept only until their batch is answered.
        """
        names = iter(os.fspath(path) for path in paths)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            while chunk := list(islice(names, BATCH)):
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
        MissingExtraError: torch is not installed.
    """
    place = Path(path)
    file = place / "model.sightline" if place.is_dir() else place
    bundle = read_bundle(file)
    try:
        return Classifier(bundle)
    except BundleError as error:
        raise BundleError(f"{file}: {error.problem}", hint=error.hint) from error


def _classes_of(manifest: dict[str, Any]) -> tuple[str, ...]:
    classes: list[Any] = manifest["classes"]
    named = bool(classes) and all(isinstance(name, str) for name in classes) and len(set(classes)) == len(classes)
    if not named or manifest.get("largest_class", 0) not in range(len(classes)):
        raise BundleError("the manifest's classes are not understood", hint=TRAIN_AGAIN)
    return tuple(classes)


def _format_of(described: dict[str, Any]) -> InputFormat:
    height, width = described.get("height"), described.get("width")
    colours, fit = described.get("colours"), described.get("fit")
    sizes_fit = all(type(side) is int and 1 <= side <= MAX_SIDE for side in (height, width))
    if not sizes_fit or colours not in tuple(CHANNELS) or fit not in FITS:
        raise BundleError(f"the manifest's preprocess is not understood: {described}", hint=TRAIN_AGAIN)
    return InputFormat(height=int(height or 0), width=int(width or 0), colours=colours, fit=fit)


def _network_of(bundle: Bundle, input_format: InputFormat, classes: int) -> Any:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load as load_tensors

    from sightline.core.errors import SettingsError
    from sightline.models.building import build_network

    model, described = bundle.manifest["model"], bundle.manifest["preprocess"]
    try:
        empty = _unfitted(input_format, described)
        with torch.device("meta"):  # whatever sizes the manifest claims, nothing is allocated for them
            network = build_network(model["name"], empty, classes, model.get("options", {}))
        weights = {name: tensor.clone().float() for name, tensor in load_tensors(bundle.weights).items()}
        network.load_state_dict(weights, assign=True)
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, OverflowError, SettingsError) as error:
        raise BundleError(f"the weights do not fit the manifest: {error}", hint=TRAIN_AGAIN) from error
    return network.eval()


def _unfitted(input_format: InputFormat, described: dict[str, Any]) -> Preprocess:
    """Return a preprocess of the right shapes whose arrays the weights will fill."""
    centre, scale = described["centre"], described["scale"]
    if centre not in CENTRES or scale not in SCALES:
        raise KeyError(f"centre {centre!r}, scale {scale!r}")
    channels = input_format.shape[2]
    mean_shape = input_format.shape if centre == "mean-picture" else (1, 1, channels)
    return Preprocess(
        format=input_format,
        centre=centre,
        scale=scale,
        mean=np.zeros(mean_shape, dtype=np.float32),
        factor=np.ones((1, 1, channels), dtype=np.float32),
    )
