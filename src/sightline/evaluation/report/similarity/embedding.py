"""The embedding drawn, with the pictures themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.drawings.plane import COLOURS
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.pictures import thumbnail_uri
from sightline.evaluation.similarity.embedding_map import EmbeddingMap

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT, SIDE = 1000, 700, 44
"""Of the drawing and of a picture in it, in its own units."""


@dataclass(frozen=True)
class PlacedPicture:
    """A picture in the drawing: where, how it is framed, and what it is."""

    x: float
    y: float
    colour: str
    name: str
    uri: str


@dataclass(frozen=True, eq=False)
class EmbeddingDrawn:
    """Pictures in the plane in which their embeddings differ most."""

    key: ClassVar[str] = "embedding"
    title: ClassVar[str] = "What lies near what"

    map: EmbeddingMap

    def as_json(self) -> dict[str, Any]:
        """Return nothing: the drawing is for the page."""
        return {}

    def html(self) -> "Markup":
        """Return the drawing with what it shows of the embedding."""
        view = {"width": WIDTH, "height": HEIGHT, "side": SIDE}
        return fragment("report/similarity/embedding.html.jinja", section=self, view=view, pictures=[*self._placed()])

    def _placed(self) -> Iterator[PlacedPicture]:
        for (across, up), label, pixels in zip(self.map.places, self.map.labels, self.map.pictures, strict=True):
            yield PlacedPicture(
                x=across * (WIDTH - SIDE),
                y=(1 - up) * (HEIGHT - SIDE),
                colour=COLOURS[int(label) % len(COLOURS)],
                name=self.map.classes[label],
                uri=thumbnail_uri(pixels),
            )
