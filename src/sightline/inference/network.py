"""The torch module of a bundle, for who trains on or looks inside; answering does not need it."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.choose import require_extra
from sightline.core.errors import BundleError, SettingsError
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Preprocess
from sightline.inference.bundle import TRAIN_AGAIN, UPGRADE, Bundle
from sightline.inference.manifest import format_of, learnt_of, model_of

if TYPE_CHECKING:
    from torch import Tensor, nn

Arrays = dict[str, "Tensor"]
ENSEMBLE = "ensemble"
"""The method of a file whose graph joins those of several models."""
ANY_CLASSES = 2
"""Of the head that a base is built with and loses again."""


def network_of(bundle: Bundle) -> "nn.Sequential":
    """Return the network from decoded samples to logits that are not calibrated, in eval mode, on the CPU.

    Args:
        bundle: Read from a file of any format version.

    Raises:
        BundleError: The weights do not fit the manifest, or the model's method is not known here.
        MissingExtraError: torch is not installed.
    """
    require_extra("torch", extra="train", purpose="building a model's torch network")
    from safetensors import SafetensorError
    from safetensors.torch import load

    rebuilt = _rebuilding(bundle.manifest)
    try:
        arrays = {place: array.clone() for place, array in load(bundle.weights).items()}
        network = rebuilt(bundle, arrays)
    except (SafetensorError, RuntimeError, LookupError, TypeError, ValueError, ArithmeticError, SettingsError) as error:
        raise BundleError(f"the weights do not fit the manifest: {error}", hint=TRAIN_AGAIN) from error
    return network.eval()


def _rebuilding(manifest: dict[str, Any]) -> "Callable[[Bundle, Arrays], nn.Sequential]":
    method = manifest["method"]
    if method == ENSEMBLE:
        raise BundleError(
            "the model is an ensemble: its members have networks, it has none of its own",
            hint="look into the model files of its members",
        )
    if method not in METHODS:
        raise BundleError(
            f"the model was made by the method {method!r}; this sightline rebuilds {', '.join(METHODS)}", hint=UPGRADE
        )
    return METHODS[method]


def _network(bundle: Bundle, arrays: Arrays) -> "nn.Sequential":
    import torch

    from sightline.models.building import build_network

    name, options = model_of(bundle.manifest)
    empty = _unfitted(format_of(bundle.manifest), bundle.manifest["preprocess"])
    with torch.device("meta"):  # whatever sizes the manifest claims, nothing is allocated for them
        network = build_network(name, empty, len(learnt_of(bundle.manifest)), options)
    network.load_state_dict({place: array.float() for place, array in arrays.items()}, assign=True)
    return network


def _pipeline(bundle: Bundle, arrays: Arrays) -> "nn.Sequential":
    from sightline.classical.building import build_pipeline, fill

    _, options = model_of(bundle.manifest)
    pipeline = build_pipeline(options, format_of(bundle.manifest).shape)
    fill(pipeline, arrays)
    return pipeline


def _empty_base(bundle: Bundle) -> "nn.Module":
    """Return the base that a bundle's head or projection stands on, whose arrays are not there yet."""
    import torch

    from sightline.models.bases.network import features_of
    from sightline.models.building import build_network

    described = model_of(bundle.manifest)[1]["base"]
    with torch.device("meta"):
        empty = _unfitted(format_of(bundle.manifest), described)
        return features_of(build_network(described["network"], empty, ANY_CLASSES, described["options"]))


def _transfer(bundle: Bundle, arrays: Arrays) -> "nn.Sequential":
    """Return a base with its head; each has its own part of the arrays."""
    from torch import nn

    from sightline.classical.building import build_head, fill

    base = _empty_base(bundle)
    own = {name: array for name, array in arrays.items() if name.startswith("base.")}
    base.load_state_dict({name.removeprefix("base."): array.float() for name, array in own.items()}, assign=True)
    head = build_head(model_of(bundle.manifest)[1]["classifier"])
    fill(head, {name: array for name, array in arrays.items() if name not in own})
    return nn.Sequential(OrderedDict(base=base, **dict(head.named_children())))


def _similarity(bundle: Bundle, arrays: Arrays) -> "nn.Sequential":
    """Return a leg, from decoded pictures to embeddings."""
    import torch

    from sightline.models.building import build_leg

    name, options = model_of(bundle.manifest)
    empty = _unfitted(format_of(bundle.manifest), bundle.manifest["preprocess"])
    with torch.device("meta"):
        leg = build_leg(name, empty, options["embedding"], options["layers"])
    leg.load_state_dict({place: array.float() for place, array in arrays.items()}, assign=True)
    return leg


def _projection(bundle: Bundle, arrays: Arrays) -> "nn.Sequential":
    """Return a base with a projection, from decoded pictures to embeddings."""
    import torch
    from torch import nn

    from sightline.models.changes.unit_length import UnitLength

    width, embedding = arrays["projection.weight"].shape[::-1]
    with torch.device("meta"):
        projection = nn.Linear(width, embedding)
    network = nn.Sequential(OrderedDict(base=_empty_base(bundle), projection=projection, unit=UnitLength()))
    network.load_state_dict({place: array.float() for place, array in arrays.items()}, assign=True)
    return network


METHODS: "dict[str, Callable[[Bundle, Arrays], nn.Sequential]]" = {
    "network": _network,
    "pipeline": _pipeline,
    "transfer": _transfer,
    "similarity": _similarity,
    "projection": _projection,
}
"""How a bundle's torch module is rebuilt, by the method that made it."""


def _unfitted(input_format: PictureFormat, described: dict[str, Any]) -> Preprocess:
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
