"""A network with everything that its training needs, before the first step."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from sightline.core.seeding import derived_seed
from sightline.data.catalog import TRAIN, VALIDATION
from sightline.imaging.preprocess import Preprocess
from sightline.line.methods.contract import Decided
from sightline.line.methods.network.recipe import recipe_of
from sightline.line.prepared import Prepared
from sightline.line.settings.values import Settings
from sightline.models.building import build_network
from sightline.models.changes.whitening import fit_to_pictures
from sightline.training.preflight.setup import Setup
from sightline.training.samplers import LABEL
from sightline.training.samples import Parts, Samples


def setup_of(prepared: Prepared, decided: Decided, options: Mapping[str, Any]) -> Setup:
    """Return the network with its first weights, its parts and its recipe.

    Args:
        options: What the network is built with.
    """
    settings, classes = decided.settings, len(prepared.catalog.classes)
    parts = Parts(samples_of(prepared, TRAIN), samples_of(prepared, VALIDATION))
    recipe = recipe_of(settings, parts.training, classes=classes, seconds=decided.seconds)
    return Setup(first_network(prepared, parts, settings, options), parts, recipe)


def first_network(prepared: Prepared, parts: Parts, settings: Settings, options: Mapping[str, Any]) -> nn.Sequential:
    """Return a network that has learnt nothing, the same at every call.

    Args:
        parts: Whose training part its first filters may be fitted to.
        options: What the network is built with.
    """
    classes, seed = len(prepared.catalog.classes), settings["seed"]
    network = fresh_network(settings["model"], prepared.preprocess, classes, options, seed=seed)
    fit_to_pictures(network, parts.training.inputs, parts.training.rows)
    return network


def samples_of(prepared: Prepared, part: str) -> Samples:
    """Return one part of the pictures as tensors that share the memory of all."""
    catalog = prepared.catalog
    return Samples(
        torch.from_numpy(prepared.pixels),
        {LABEL: torch.from_numpy(catalog.labels)},
        torch.from_numpy(prepared.split.rows(part)),
        names=lambda rows: [catalog.paths[row] for row in rows.tolist()],
    )


def fresh_network(
    model: str, preprocess: Preprocess, classes: int, options: Mapping[str, Any], *, seed: int
) -> nn.Sequential:
    """Return the network with weights that depend on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(derived_seed(seed, "weights"))
        return build_network(model, preprocess, classes, options)
