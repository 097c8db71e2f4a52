"""A base as a module: with its own head, or what it makes of a picture before its head."""

import copy
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import torch
from torch import nn

from sightline.core.errors import SettingsError
from sightline.models.bases.files import find_weights
from sightline.models.bases.names import house_names
from sightline.models.bases.preprocessing import base_preprocess
from sightline.models.bases.table import Base
from sightline.models.bases.weights import read_weights
from sightline.models.building import build_layers, build_network
from sightline.models.changes.first_weights import start_from
from sightline.models.changes.heads import auxiliary_heads, head_names

Arrays = Mapping[str, torch.Tensor]
COUNTER = "num_batches_tracked"
"""Of batch normalisation; files from before 2018 lack it, and nothing here reads it."""


def base_network(base: Base, weights: Path | None = None, *, folder: Path | None = None) -> nn.Sequential:
    """Return a base with its weights, in eval mode, on the CPU.

    torch's chance is left as it was.

    Args:
        weights: A file of weights for the same layers, which may be of anybody; the base's own if not given.
        folder: Where fetched weights are kept; None if nowhere.

    Returns:
        From (N, H, W, C) uint8, as `base_format` makes them, to logits (N, classes); its parts are named ``normalise``
        and ``network``. It has as many classes as the head in the file. A file without a head, or without the
        auxiliary heads that only training sees, leaves those at their first weights.

    Raises:
        MissingExtraError: As `find_weights` and `read_weights` raise it.
        BundleError: As `read_weights` raises it.
        SettingsError: The weights are not at hand, or are of another network, with everything that does not fit.
    """
    path = weights or find_weights(base, folder=folder)
    arrays = read_weights(path, digest="" if weights else base.digest)
    with torch.random.fork_rng(devices=[]):
        return _filled(base, arrays, path)


def features_of(network: nn.Module) -> nn.Module:
    """Return a network up to its head: from the same input to features (N, F), in eval mode.

    The weights are those of the network and not copies: it costs no memory, and what one learns the other knows.

    Args:
        network: What `base_network` or `build_network` returns; it is left as it is.
    """
    shared = {id(tensor): tensor for tensor in chain(network.parameters(), network.buffers())}
    features = copy.deepcopy(network, shared)
    parent, _, name = head_names(features)[0].rpartition(".")
    setattr(features.get_submodule(parent), name, nn.Identity())
    return features.eval()


def fitting_arrays(arrays: Arrays, layers: nn.Module) -> dict[str, torch.Tensor]:
    """Return arrays under the names of a network's layers, with the counters that old files lack.

    Args:
        arrays: As `read_weights` returns them.
        layers: The network, as `build_layers` returns it.
    """
    own = layers.state_dict()
    named = house_names(arrays, list(own))
    counters = {
        name: torch.zeros_like(tensor, device="cpu")
        for name, tensor in own.items()
        if name.endswith(COUNTER) and name not in named and _beside(name, "running_mean") in named
    }
    return {**named, **counters}


def _filled(base: Base, arrays: Arrays, path: Path) -> nn.Sequential:
    with torch.device("meta"):
        layers = build_layers(base.network, (base.size, base.size, 3), base.classes)
    fitting = fitting_arrays(arrays, layers)
    main, *_ = head_names(layers)
    head = fitting.get(f"{main}.weight")
    classes = len(head) if head is not None and head.ndim > 1 and len(head) else base.classes
    network = build_network(base.network, base_preprocess(base), classes)
    optional = [name for name, _ in auxiliary_heads(layers) if not any(one.startswith(f"{name}.") for one in fitting)]
    if head is None and f"{main}.bias" not in fitting:
        optional.append(main)
    try:
        start_from(network.get_submodule("network"), fitting, apart_from=optional)
    except SettingsError as error:
        raise SettingsError(
            f"{path}, as weights of {base.network}: {error.problem}",
            hint="name a file of the same network's weights, or the base that these are of: `sightline models` lists "
            "them",
        ) from error
    return network.eval()


def _beside(name: str, other: str) -> str:
    return name.rpartition(".")[0] + "." + other
