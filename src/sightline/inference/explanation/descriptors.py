"""Which descriptors of a classical pipeline spoke for its answer, and which against it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from sightline.core.choose import choose
from sightline.imaging.photo import Pixels
from sightline.inference.explanation.evidence import Evidence, Voice
from sightline.inference.explanation.torch_model import TorchModel

if TYPE_CHECKING:
    from sightline.classical.building import SideBySide


def descriptor_evidence(model: TorchModel, pixels: Pixels, label: str) -> Evidence:
    """Say which descriptors spoke for a class against the likeliest other one.

    One descriptor after another is silenced: its numbers become the means of the training pictures, which are zero
    once they are standardised. For a linear classifier the falls add up to log(p / q), apart from its bias; for the
    others they are what a silence of one alone would change.

    Args:
        model: A classical pipeline with the parts ``features``, ``standardise`` and ``scores``.
        pixels: (H, W, C) uint8, as the model's `format` makes them.
        label: The class to be explained, one of the model's.

    Raises:
        SettingsError: There is no such class.

    Reference:
        M. Robnik-Sikonja, I. Kononenko, "Explaining Classifications For Individual Instances", IEEE Transactions
        on Knowledge and Data Engineering 20, 2008: the difference without a feature, in log-odds.
        https://doi.org/10.1109/TKDE.2007.190734
    """
    places = {name: place for place, name in enumerate(model.classes)}
    features = cast("SideBySide", model.network.get_submodule("features"))
    standardise, scores = (model.network.get_submodule(part) for part in ("standardise", "scores"))
    with torch.inference_mode():
        vectors = standardise(features(torch.from_numpy(np.ascontiguousarray(pixels))[None]))  # (1, F)
        rows = [vectors, *_silenced(vectors, [branch.length for branch in features.branches])]
        logits = model.factor * scores(torch.cat(rows))
    place = choose(label, places, kind="class")
    other = next(one for one in logits[0].argsort(descending=True, stable=True).tolist() if one != place)
    margins = (logits[:, place] - logits[:, other]).tolist()  # log(p / q)
    names = [branch.name for branch in features.branches]
    voices = (Voice(name, margins[0] - margin) for name, margin in zip(names, margins[1:], strict=True))
    return Evidence(tuple(voices), model.classes[other])


def _silenced(vectors: torch.Tensor, lengths: Sequence[int]) -> list[torch.Tensor]:
    """Return the vectors (1, F) with each descriptor's numbers set to zero in turn."""
    silenced, start = [], 0
    for length in lengths:
        one = vectors.clone()
        one[:, start : start + length] = 0
        silenced.append(one)
        start += length
    return silenced
