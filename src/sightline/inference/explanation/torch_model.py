"""A model as torch computes it: with gradients, and with its weights shuffled."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import torch

from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat

if TYPE_CHECKING:
    from torch import nn

    from sightline.inference.classifier import Classifier

CENTRING = ("normalise.", "standardise.")
"""What only centres and scales stays as it is, wherever it stands in a network."""


@dataclass(frozen=True, eq=False)
class TorchModel:
    """A classifier's network with its calibration; what it answers is what its graph answers, to the last digits.

    Args:
        classes: The names, in the order of the logits.
        format: What every picture becomes.
        batch: How many pictures to ask about at a time.
        network: From (N, H, W, C) to logits (N, classes), in eval mode.
        factor: Multiplies the logits; see `sightline.evaluation.calibration.Calibration`.
    """

    classes: tuple[str, ...]
    format: PictureFormat
    batch: int
    network: "nn.Sequential"
    factor: float

    @classmethod
    def of(cls, classifier: "Classifier") -> Self:
        """Return the torch model of a classifier.

        Raises:
            BundleError: The weights do not fit the manifest.
            MissingExtraError: torch is not installed.
        """
        calibration = classifier.calibration
        return cls(
            classifier.classes,
            classifier.format,
            classifier.portion,
            classifier.network,
            1.0 if calibration is None else calibration.factor,
        )

    def probabilities(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """Return (n, classes) of (n, H, W, C) uint8."""
        with torch.inference_mode():
            parts = torch.split(torch.from_numpy(np.ascontiguousarray(pixels)), self.batch)
            logits = torch.cat([self.factor * self.network(part) for part in parts])
            return np.asarray(logits.softmax(dim=1))

    def log_odds(self, pictures: torch.Tensor, place: int) -> torch.Tensor:
        """Return the log-odds of a class, log(p / (1 - p)), (n,), in nats; gradients flow through it.

        Args:
            pictures: (n, H, W, C) float32 from 0 to 255.
            place: The index of the class.
        """
        return log_odds_of(self.factor * self.network(pictures), place)

    def shuffled(self, seed: int) -> Self:
        """Return the same network with the numbers of every weight tensor in another order.

        Each layer keeps how large its weights are and loses what it has learnt. What centres and scales stays.

        Args:
            seed: Of the order in which the numbers come.
        """
        network = copy.deepcopy(self.network)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for tensor in _learnt(network):
                order = torch.randperm(tensor.numel(), generator=generator)
                tensor.copy_(tensor.flatten()[order].reshape(tensor.shape))
        return replace(self, network=network)


def log_odds_of(logits: torch.Tensor, place: int) -> torch.Tensor:
    """Return the log-odds (n,) of one class of logits (n, classes)."""
    others = torch.cat([logits[:, :place], logits[:, place + 1 :]], dim=1)
    return logits[:, place] - others.logsumexp(dim=1)


def _learnt(network: "nn.Module") -> Iterator[torch.Tensor]:
    """Yield what a network has learnt: parameters, and the fitted arrays of classical parts."""
    weights = {name for name, _ in network.named_parameters()}
    fitted = ("features.", "scores.")
    for name, tensor in network.state_dict(keep_vars=True).items():
        is_centring = any(f".{part}" in f".{name}" for part in CENTRING)
        if not is_centring and tensor.is_floating_point() and (name in weights or name.startswith(fitted)):
            yield tensor.data
