"""What the classes look like."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_SHOWN = 40


@dataclass(frozen=True, eq=False)
class Examples:
    """One picture of each class, for the page alone.

    Args:
        examples: (class, (H, W, 3) uint8) pairs, at least one.
    """

    key: ClassVar[str] = "examples"
    title: ClassVar[str] = "What it tells apart"

    examples: tuple[tuple[str, NDArray[np.uint8]], ...]

    def as_json(self) -> dict[str, Any]:
        """Return nothing: pictures are for the page."""
        return {}

    def html(self) -> "Markup":
        """Return the first pictures with the names of their classes."""
        return fragment("report/examples.html.jinja", section=self, shown=self.examples[:MOST_SHOWN])
