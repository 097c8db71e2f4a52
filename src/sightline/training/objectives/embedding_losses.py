"""What a network that tells same from different can make small: the table of its losses.

Importing this file does not import torch, so that settings can be checked and help can be shown without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.core.sections import Section, name, number, whole
from sightline.training.objectives.contrastive import Contrastive
from sightline.training.objectives.prototypical import Prototypical
from sightline.training.objectives.supervised_contrast import SupervisedContrast
from sightline.training.objectives.triplet import MINERS, Triplet

if TYPE_CHECKING:
    from torch import Tensor

EmbeddingLoss = Callable[["Tensor", "Tensor"], "Tensor"]
"""From embeddings (N, E) of unit length and labels (N,) to losses (n,), of those samples that have one."""
SUPERVISED_CONTRAST = "supcon"


@dataclass(frozen=True)
class EmbeddingLossSettings(Section):
    """What a network that tells same from different makes small."""

    margin: float | None = number(
        "contrastive, triplet: how much further than like pairs unlike ones shall be; auto is the loss's own", None,
        least=0, most=4, open_ends=(True, True), auto=True,
    )  # fmt: skip
    mining: str = name("triplet: whom an anchor is compared with", MINERS, "semi-hard")
    temperature: float = number(
        "supcon, prototypical: small ones look at the nearest alone", 0.1, least=0, open_ends=(True, False)
    )
    shots: int = whole("prototypical: pictures of each class that make its prototype", 1, least=1)


@dataclass(frozen=True)
class EmbeddingLossEntry:
    """A loss of embeddings that can be named.

    Args:
        make: From the settings to the loss.
        line: What it does, in one sentence.
        reference: Authors, title and year.
        reads: The settings that it reads.
    """

    make: Callable[[EmbeddingLossSettings], EmbeddingLoss]
    line: str
    reference: str
    reads: tuple[str, ...]


EMBEDDING_LOSSES: dict[str, EmbeddingLossEntry] = {
    SUPERVISED_CONTRAST: EmbeddingLossEntry(
        lambda settings: SupervisedContrast(settings.temperature),
        "of all others in the batch, those of the same class shall stand out; needs no miner and no margin",
        "Khosla et al., 'Supervised contrastive learning', arXiv 2004.11362 (2020)",
        reads=("temperature",),
    ),
    "contrastive": EmbeddingLossEntry(
        lambda settings: Contrastive(1.0 if settings.margin is None else settings.margin),
        "like pairs near, unlike pairs further apart than a margin",
        "Hadsell, Chopra and LeCun, 'Dimensionality reduction by learning an invariant mapping' (2006)",
        reads=("margin",),
    ),
    "triplet": EmbeddingLossEntry(
        lambda settings: Triplet(0.2 if settings.margin is None else settings.margin, MINERS[settings.mining]),
        "an anchor nearer to its positive than to its negative, by a margin",
        "Schroff, Kalenichenko and Philbin, 'FaceNet', arXiv 1503.03832 (2015)",
        reads=("margin", "mining"),
    ),
    "prototypical": EmbeddingLossEntry(
        lambda settings: Prototypical(settings.shots, settings.temperature),
        "learns from episodes: each query nearest to the prototype of its class",
        "Snell, Swersky and Zemel, 'Prototypical networks', arXiv 1703.05175 (2017)",
        reads=("shots", "temperature"),
    ),
}
"""Each loss by its name, the default first."""
