"""How model and report were made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Provenance:
    """What it takes to make the model again; what is not known is empty.

    Args:
        split: ``{"train", "validation", "test"}`` counts and ``"digest"``; empty where the pictures are not
            the run's own test part.
        readings: How often the test part has been read so far, this time included.
        preprocess: How pictures are prepared, as names and values.
        settings: Of the training, as names and values.
        environment: Where it was trained, as names and values.
        proof: ``{"count", "same_top1", "largest_difference"}`` of the shipped graph against the model.
        proved: What the graph was compared with, such as ``"trained network"``.
        seconds: How long the model learnt; None where that is not known.
    """

    key: ClassVar[str] = "provenance"
    title: ClassVar[str] = "How this was made"

    split: Mapping[str, object]
    readings: int
    preprocess: Mapping[str, str]
    settings: Mapping[str, str]
    environment: Mapping[str, str]
    proof: Mapping[str, Any]
    proved: str
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return everything; a split or proof that is not known is null."""
        return {
            "split": dict(self.split) or None,
            "proof": dict(self.proof) or None,
            "preprocess": dict(self.preprocess),
            "settings": dict(self.settings),
            "environment": dict(self.environment),
            "seconds": self.seconds,
        }

    def html(self) -> "Markup":
        """Return counts, digest and proof as sentences, the rest to be unfolded."""
        return fragment("report/provenance.html.jinja", section=self)
