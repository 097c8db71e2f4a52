"""A network that starts from arrays that were learnt before, with every mismatch listed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from sightline.core.errors import SettingsError


@dataclass(frozen=True)
class Mismatches:
    """Where arrays and a network do not fit together: from names to what there is, in words.

    Args:
        missing: What the network has and the arrays lack, with its shape.
        unexpected: What the arrays hold and the network lacks, with its shape.
        shapes: What has another shape, with both shapes.
        types: What has another number type, with both types.
    """

    missing: Mapping[str, str]
    unexpected: Mapping[str, str]
    shapes: Mapping[str, str]
    types: Mapping[str, str]

    def only(self, is_wanted: Callable[[str], bool]) -> "Mismatches":
        """Return those of some names."""
        kinds = (self.missing, self.unexpected, self.shapes, self.types)
        return Mismatches(*({name: words for name, words in kind.items() if is_wanted(name)} for kind in kinds))

    def names(self) -> set[str]:
        """Return the names of all that does not match."""
        return {*self.missing, *self.unexpected, *self.shapes, *self.types}

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.names())

    def __str__(self) -> str:
        """Return all of them in words, kind by kind."""
        kinds = {
            "missing": self.missing,
            "unexpected": self.unexpected,
            "of another shape": self.shapes,
            "of another type": self.types,
        }
        return "; ".join(
            f"{kind}: {', '.join(f'{name} ({words})' for name, words in entries.items())}"
            for kind, entries in kinds.items()
            if entries
        )


def start_from(network: nn.Module, arrays: Mapping[str, torch.Tensor], *, apart_from: Sequence[str] = ()) -> Mismatches:
    """Put arrays into a network in the place of its first weights.

    Args:
        network: Its ``state_dict`` names what it takes. It is left as it was where an error is raised.
        arrays: On any device, by the same names.
        apart_from: The blocks that need not match, each by the start of its names, such as ``network.fc`` for a head
            with other classes; what does not match there keeps its first weights.

    Returns:
        What did not match in those blocks.

    Raises:
        SettingsError: Anything else does not match; with every mismatch.
    """
    every = _mismatches(network, arrays)
    refused = every.only(lambda name: not _is_in(name, apart_from))
    if refused:
        raise SettingsError(
            f"the weights do not fit the network: {refused}",
            hint="build the network with the settings that the weights come from, or name the blocks that may differ",
        )
    left_out = every.names()
    network.load_state_dict({name: array for name, array in arrays.items() if name not in left_out}, strict=False)
    return every


def _mismatches(network: nn.Module, arrays: Mapping[str, torch.Tensor]) -> Mismatches:
    own = network.state_dict()
    both = [name for name in own if name in arrays]
    return Mismatches(
        missing={name: _shape(own[name]) for name in own if name not in arrays},
        unexpected={name: _shape(arrays[name]) for name in arrays if name not in own},
        shapes={
            name: f"{_shape(arrays[name])} instead of {_shape(own[name])}"
            for name in both
            if arrays[name].shape != own[name].shape
        },
        types={
            name: f"{_type(arrays[name])} instead of {_type(own[name])}"
            for name in both
            if arrays[name].dtype != own[name].dtype
        },
    )


def _is_in(name: str, blocks: Sequence[str]) -> bool:
    return any(name == block or name.startswith(f"{block}.") for block in blocks)


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _type(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
