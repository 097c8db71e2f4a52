"""A frozen base with a learnt projection, for photos: few numbers are learnt, from what the base sees."""

from typing import Any, ClassVar, NamedTuple

from sightline.core.rules import AUTO
from sightline.data.catalog import Catalog
from sightline.imaging.picture_format import PictureFormat
from sightline.line.features.extractor import DEFAULT_BASE, base_of, extractor_of
from sightline.line.methods.contract import Decided, Learnt
from sightline.line.methods.similarity.comparing import Comparing
from sightline.line.methods.transfer.method import Transfer
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.values import Settings
from sightline.models.bases.preprocessing import base_format
from sightline.models.bases.table import BASES

PROJECTION = "projection"


class ProjectionEntry(NamedTuple):
    """A row of the table of this method's models."""

    line: str
    reference: str


class Projection(Comparing):
    """A base stays as it is; a dense layer on what it sees is learnt."""

    phrase: ClassVar = "a base with a projection that compares"
    heading: ClassVar = "similarity for photos: begins with a network that has learnt to see"
    example: ClassVar = "task=similarity base=efficientnet-lite0"
    original: ClassVar = "base with its learnt projection"
    models: ClassVar = {
        PROJECTION: ProjectionEntry(
            "a base that has learnt to see, frozen, and a dense layer on it that learns what is alike",
            "Chopra, Hadsell and LeCun, 'Learning a similarity metric discriminatively' (2005); Razavian et al., "
            "'CNN features off-the-shelf' (2014)",
        )
    }
    reads: ClassVar = (Comparing.reads | {"base", "weights"}) - {"turned_classes", "centre", "scale"}
    implied_by: ClassVar = {"base": PROJECTION, "weights": PROJECTION}
    fetch = Transfer.fetch
    seen_before = Transfer.seen_before

    def preset(self, settings: Settings) -> dict[str, Any]:
        """Return the recipe: how pictures are read is the base's.

        Raises:
            MissingExtraError: The package that holds its weights is not installed, with the command that installs it.
            SettingsError: There is no such base, or its weights are not on this machine.
        """
        recipe = {**super().preset(settings), "base": DEFAULT_BASE}
        base = BASES.get(settings.decided("recipe", recipe)["base"])
        read = base_format(base) if base else extractor_of(settings.transfer).format
        return {**recipe, "size": f"{read.height}x{read.width}", "resize": read.resize}

    def contradictions(self, settings: Settings) -> list[str]:
        """Return what is impossible together, in words."""
        colours = settings["colours"]
        rgb = f"colours = {colours!r} with model = {PROJECTION!r} (expected rgb: bases have learnt on colours)"
        return [*([] if colours in (AUTO, "rgb") else [rgb]), *super().contradictions(settings)]

    def options(self, settings: Settings) -> dict[str, Any]:
        """Return the base's network, and how many numbers a picture becomes."""
        return {"base": base_of(settings).described, "embedding": settings["embedding"]}

    def sides(self, model: str) -> tuple[int, int]:  # noqa: ARG002 - the default's
        """Return the least and the largest side in pixels that ``size = auto`` takes by itself."""
        return 32, 224

    def input_format(self, catalog: Catalog, settings: Settings) -> PictureFormat:  # noqa: ARG002 - the base's own
        """Return what the base's weights have learnt on, with what somebody named in its place."""
        return base_of(settings).format

    scaling = Transfer.scaling
    require_possible = Transfer.require_possible

    def learn(self, prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> Learnt:
        """Look at the pictures through the base, and learn the projection in epochs."""
        from sightline.line.methods.similarity.learning import learn_projection

        return learn_projection(prepared, decided, run=run, narrator=narrator)
