"""From a plan to a module that takes raw pixels."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import nn

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS
from sightline.classical.encoders.plain import Plain
from sightline.classical.parts import Descriptor, Encoder, Floats, empty
from sightline.classical.plan import Plan, plan_of
from sightline.classical.projection import projection_of
from sightline.core.choose import choose

MOST_PICTURES = 256
FLOATS_A_BATCH = 16 * 2**20
"""64 MB of the largest array between two parts."""


class Branch(nn.Module):
    """One descriptor and what is made of it: pixels to a vector a picture.

    Args:
        name: A name in `DESCRIPTORS`.
        shape: (H, W, C) of the pictures.
        plan: Of the whole pipeline; a descriptor of the whole picture is not encoded.

    Raises:
        SettingsError: The pictures are too small for it, or have colours that it does not take.
    """

    def __init__(self, name: str, shape: tuple[int, int, int], plan: Plan) -> None:
        super().__init__()
        entry = DESCRIPTORS[name]
        self.name = name
        self.descriptor: Descriptor = entry.load()(shape, plan)
        self.projection = projection_of(name, self.descriptor.length, plan)
        encode = ENCODERS[plan.encoder].load() if entry.dense else Plain
        self.encoder: Encoder = encode(self.descriptor.positions, self.projection.length, plan)
        self.kernel_map = KERNEL_MAPS[plan.kernel_map].load()(self.encoder.length)
        self.length = int(self.kernel_map.length)
        self.words = 0 if encode is Plain else plan.words

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, F) float32 from (N, H, W, C) uint8."""
        vector: torch.Tensor = self.kernel_map(self.encoder(self.projection(self.descriptor(pixels))))
        return vector

    @property
    def largest(self) -> int:
        """Numbers a picture of the largest array between two parts."""
        return max(len(self.descriptor.positions) * max(self.descriptor.length, self.words), self.length)


class SideBySide(nn.ModuleList):
    """Several branches, whose vectors stand one after the other."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, F) float32 from (N, H, W, C) uint8."""
        return torch.cat([branch(pixels) for branch in self], dim=1)

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The branches, in the order of their vectors."""
        return tuple(cast("Branch", branch) for branch in self)

    @property
    def length(self) -> int:
        """F, the lengths of all branches together."""
        return sum(branch.length for branch in self.branches)

    @property
    def batch(self) -> int:
        """How many pictures to take at a time, so that memory stays bounded."""
        largest = max(branch.largest for branch in self.branches)
        return max(1, min(MOST_PICTURES, FLOATS_A_BATCH // largest))


class Standardise(nn.Module):
    """Features to ``(features - mean) * factor``; constant features become zero."""

    mean: torch.Tensor
    factor: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", empty())
        self.register_buffer("factor", empty())

    def fill(self, mean: Floats, factor: Floats) -> None:
        """Take over (F,) means and factors."""
        self.mean, self.factor = torch.from_numpy(mean), torch.from_numpy(factor)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, F) from (N, F)."""
        return (features - self.mean) * self.factor


def build_pipeline(options: Mapping[str, Any], shape: tuple[int, int, int]) -> nn.Sequential:
    """Build a pipeline whose arrays are still empty, to be fitted or filled in.

    Args:
        options: As `Plan.as_options` gives them.
        shape: (H, W, C) of the pictures.

    Returns:
        A module from (N, H, W, C) uint8 to scores (N, classes); its parts are named ``features``,
        ``standardise`` and ``scores``.

    Raises:
        SettingsError: An option is unknown or impossible, or the pictures do not fit.
    """
    plan = plan_of(options)
    features = SideBySide(Branch(name, shape, plan) for name in plan.descriptor)
    scores = CLASSIFIERS[plan.classifier].load_module()(plan)
    return nn.Sequential(OrderedDict(features=features, standardise=Standardise(), scores=scores)).eval()


def build_head(classifier: str) -> nn.Sequential:
    """Build what comes after the features of a pipeline, or of a base, with arrays that are still empty.

    Args:
        classifier: A name in `CLASSIFIERS`.

    Returns:
        From features (N, F) to scores (N, classes); its parts are named ``standardise`` and ``scores``.
    """
    scores = choose(classifier, CLASSIFIERS, kind="classifier").load_module()(Plan(classifier=classifier))
    return nn.Sequential(OrderedDict(standardise=Standardise(), scores=scores)).eval()


def part_outputs(options: Mapping[str, Any], shape: tuple[int, int, int]) -> list[tuple[str, str]]:
    """Return each part's name and, in words, what comes out of it.

    Args:
        options: As `Plan.as_options` gives them.
        shape: (H, W, C) of the pictures.

    Raises:
        SettingsError: As `build_pipeline` raises it.
    """
    plan = plan_of(options)
    outputs = []
    for name in plan.descriptor:
        branch = Branch(name, shape, plan)
        outputs.append((name, f"{len(branch.descriptor.positions):,} places x {branch.descriptor.length} numbers"))
        if branch.projection.length != branch.descriptor.length:
            outputs.append(("  principal components", f"{branch.projection.length} numbers each"))
        if plan.encoder != "none" and DESCRIPTORS[name].dense:
            encoder = f"  {plan.encoder}, {plan.words:,} words, pyramid {', '.join(plan.pyramid)}"
            outputs.append((encoder, f"{branch.encoder.length:,} numbers"))
        if plan.kernel_map != "none":
            outputs.append((f"  {plan.kernel_map} map", f"{branch.length:,} numbers"))
    return [*outputs, (plan.classifier, "a number a class")]


def fill(pipeline: nn.Module, arrays: Mapping[str, torch.Tensor]) -> None:
    """Put fitted arrays into a pipeline.

    Args:
        pipeline: As `build_pipeline` made it.
        arrays: Its ``state_dict`` after fitting: name to array.

    Raises:
        KeyError: An array is missing or unknown.
    """
    wanted = pipeline.state_dict()
    if set(wanted) != set(arrays):
        raise KeyError(f"expected the arrays {sorted(wanted)}; found {sorted(arrays)}")
    for name, array in arrays.items():
        path, _, buffer = name.rpartition(".")
        setattr(pipeline.get_submodule(path), buffer, array)


def fitted_numbers(pipeline: nn.Module) -> int:
    """Return how many numbers were fitted."""
    return sum(array.numel() for array in pipeline.state_dict().values())
