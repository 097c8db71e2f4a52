"""Published names of weights, and the names of the networks here.

Most networks bear their publisher's names. What differs is told by the names alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

Value = TypeVar("Value")
PREFIXES = ("module.", "_orig_mod.", "model.")
"""What stands before every name where a network was saved inside another: by DataParallel, torch.compile, Lightning."""
LITE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
INVERTED = {
    "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}  # fmt: skip
SEPARABLE = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
"""Of the blocks in the first stage, which do not expand."""


def without_prefixes(arrays: Mapping[str, Value]) -> dict[str, Value]:
    """Return arrays by their names without what stands before every one of them.

    Example:
        >>> without_prefixes({"module.fc.weight": 1, "module.fc.bias": 2})
        {'fc.weight': 1, 'fc.bias': 2}
    """
    names = list(arrays)
    prefix = next((one for one in PREFIXES if names and all(name.startswith(one) for name in names)), None)
    if prefix is None:
        return dict(arrays)
    return without_prefixes({name.removeprefix(prefix): array for name, array in arrays.items()})


def house_names(arrays: Mapping[str, Value], own: Sequence[str]) -> dict[str, Value]:
    """Return arrays by the names that the network here has for them; a name without a rule stays.

    Args:
        arrays: By the names in their file.
        own: All names of the network, in its order.
    """
    plain = without_prefixes(arrays)
    if "_conv_stem.weight" not in plain or "conv_stem.weight" not in own:
        return plain
    blocks = _blocks(own)
    return {_house_name(name, blocks): array for name, array in plain.items()}


def _blocks(own: Iterable[str]) -> list[str]:
    """Return the blocks of an EfficientNet, such as ``blocks.1.0``, in their order."""
    places = (match[0] for name in own if (match := re.match(r"blocks\.\d+\.\d+", name)))
    return [place for place, _ in groupby(places)]


def _house_name(name: str, blocks: Sequence[str]) -> str:
    """Return timm's name, which the network here bears, for one of the first PyTorch version's.

    Example:
        >>> _house_name("_blocks.1._expand_conv.weight", ["blocks.0.0", "blocks.1.0"])
        'blocks.1.0.conv_pw.weight'
    """
    match = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if match is None:
        part, _, kind = name.partition(".")
        return f"{LITE.get(part, part)}.{kind}"
    number, part, kind = int(match[1]), match[2], match[3]
    if number >= len(blocks):
        return name
    parts = SEPARABLE if blocks[number].startswith("blocks.0.") else INVERTED
    return f"{blocks[number]}.{parts.get(part, part)}.{kind}"
