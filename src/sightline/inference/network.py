"""The torch network of a bundle, for who trains on or looks inside; answering does not need it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.choose import require_extra
from sightline.core.errors import BundleError, SettingsError
from sightline.imaging.preprocess import InputFormat, Preprocess
from sightline.inference.bundle import TRAIN_AGAIN, Bundle
from sightline.inference.manifest import classes_of, format_of, model_of

if TYPE_CHECKING:
    from torch import nn


def network_of(bundle: Bundle) -> "nn.Sequential":
    """Return the network from decoded pixels to logits, in eval mode, on the CPU.

    Args:
        bundle: Of any format version.

    Raises:
        BundleError: The weights do not fit the manifest.
        MissingExtraError: torch is not installed.
    """
    require_extra("torch", extra="train", purpose="building a model's torch network")
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from sightline.models.building import build_network

    name, options = model_of(bundle.manifest)
    classes, empty = classes_of(bundle.manifest), _unfitted(format_of(bundle.manifest), bundle.manifest["preprocess"])
    try:
        with torch.device("meta"):  # whatever sizes the manifest claims, nothing is allocated for them
            network = build_network(name, empty, len(classes), options)
        weights = {name: tensor.clone().float() for name, tensor in load(bundle.weights).items()}
        network.load_state_dict(weights, assign=True)
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, OverflowError, SettingsError) as error:
        raise BundleError(f"the weights do not fit the manifest: {error}", hint=TRAIN_AGAIN) from error
    return network.eval()


def _unfitted(input_format: InputFormat, described: dict[str, Any]) -> Preprocess:
    """Return a preprocess of the right shapes whose arrays the weights will fill."""
    channels = input_format.shape[2]
    mean_shape = input_format.shape if described["centre"] == "mean-picture" else (1, 1, channels)
    return Preprocess(
        format=input_format,
        centre=described["centre"],
        scale=described["scale"],
        mean=np.zeros(mean_shape, dtype=np.float32),
        factor=np.ones((1, 1, channels), dtype=np.float32),
    )
