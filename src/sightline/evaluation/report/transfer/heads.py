"""The base that a model begins with, and the heads that were fitted to what it sees."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class BaseFacts:
    """Where a base comes from.

    Args:
        name: As `sightline models` lists it, or a file's.
        network: The name of its layers.
        source: Where its weights come from.
        licence: Under which they may be used.
        learnt: What it has learnt to tell apart before, such as ``"1,000 classes of ImageNet"``.
    """

    name: str
    network: str
    source: str
    licence: str
    learnt: str


@dataclass(frozen=True)
class Heads:
    """A base and its heads.

    Args:
        base: Its weights are as they came.
        width: How many numbers it makes of a picture.
        tried: Each head's name and its accuracy on the validation part, 0 to 1; the one that ships comes first.
        unfrozen: How much of the base learnt on: ``"none"``, ``"all"``, or how many of its last blocks.
    """

    key: ClassVar[str] = "heads"
    title: ClassVar[str] = "The base and its head"

    base: BaseFacts
    width: int
    tried: tuple[tuple[str, float], ...]
    unfrozen: str = "none"

    def as_json(self) -> dict[str, Any]:
        """Return the base and the heads."""
        heads = [{"head": name, "validation_accuracy": accuracy} for name, accuracy in self.tried]
        return {"base": {**asdict(self.base), "width": self.width, "unfrozen": self.unfrozen}, "heads": heads}

    def html(self) -> "Markup":
        """Return the base in words, and a row a head."""
        return fragment("report/transfer/heads.html.jinja", section=self)
