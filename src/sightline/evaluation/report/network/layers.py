"""The inside of a network: its first filters, and how its layers were after the training."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.drawings.layers import ridges_svg, shares_svg
from sightline.evaluation.drawings.tiles import MOST_TILES, filters_uri
from sightline.evaluation.layers import Layers, layer_troubles, layers_json
from sightline.evaluation.pages.page import fragment, markup

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_TROUBLES = 5
"""Sentences on the page; ``sightline inspect`` has all."""


@dataclass(frozen=True, eq=False)
class Inside:
    """The inside of a network.

    Args:
        layers: With filters, or at least one layer's course.
    """

    key: ClassVar[str] = "layers"
    title: ClassVar[str] = "Inside the network"

    layers: Layers

    def as_json(self) -> dict[str, Any]:
        """Return the layers after the last epoch."""
        return {"layers": layers_json(self.layers)}

    def html(self) -> "Markup":
        """Return what is wrong with the layers, the filters of the first, and drawings of all."""
        troubles, filters = layer_troubles(self.layers), self.layers.filters
        return fragment(
            "report/network/layers.html.jinja",
            section=self,
            troubles=troubles[:MOST_TROUBLES],
            more_troubles=len(troubles[MOST_TROUBLES:]),
            filters=filters,
            filters_address=filters_uri(filters) if filters else "",
            some_filters=filters is not None and len(filters.weights) > MOST_TILES,
            drawings=[markup(drawing) for drawing in _drawings(self.layers)],
        )


def _drawings(layers: Layers) -> list[str]:
    """Return the drawings of the layers after the training, and of the shares over it."""
    ridges = [ridges_svg(layers, what, prefix=f"inside-{what}") for what in ("weights", "gradients", "outputs")]
    shares = [shares_svg(layers, what, prefix=f"inside-{what}") for what in ("dead", "saturated")]
    return [drawing for drawing in (*ridges, *shares) if drawing]
