"""Legs that are learnt from nothing, as the line knows them: what they read, want and refuse."""

import math
from statistics import median
from typing import Any, ClassVar

from sightline.core.errors import MissingExtraError, SettingsError
from sightline.core.rules import AUTO
from sightline.data.catalog import Catalog
from sightline.data.survey.look import peek
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Scale
from sightline.line.input.input_format import GREY_MODES, LEAST_SIDE
from sightline.line.methods.contract import Decided, Learnt
from sightline.line.methods.network.summary import NetworkSummary
from sightline.line.methods.presets import SMALL_SIDE
from sightline.line.methods.similarity.comparing import Comparing
from sightline.line.methods.similarity.projection import PROJECTION, Projection
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.tables import names_in
from sightline.line.settings.values import Settings
from sightline.models import LEGS

SMALL_LEG = "conv4"
LOOKED_AT = 16
SIDES = {SMALL_LEG: 32, "siamese-conv": 105}
"""The largest side in pixels that a leg takes by itself."""


class Legs(Comparing):
    """Networks that two pictures go through alike, for small pictures; without a named model, photos have a base."""

    phrase: ClassVar = "a network that compares"
    heading: ClassVar = "similarity: tells same from different, also of classes that come later"
    example: ClassVar = "task=similarity"
    original: ClassVar = "trained network"
    models: ClassVar = LEGS
    reads: ClassVar = (Comparing.reads | names_in("augmentation")) - {"mixup", "cutmix"}

    def for_pictures(self, settings: Settings, catalog: Catalog, narrator: Narrator) -> Settings:
        """Return settings with a base and a projection for photos, where one is at hand, and a small leg else."""
        if not settings.is_open("model"):
            return settings
        if _are_photos(settings, catalog):
            photos = settings.decided("pictures", {"model": PROJECTION})
            try:
                return photos.decided("recipe", Projection().preset(photos))
            except (MissingExtraError, SettingsError) as error:
                narrator.say(
                    f"the pictures are photos, but there is no base to begin with: {error.problem}; {error.hint}"
                )
        return settings.decided("pictures", {"model": SMALL_LEG})

    def options(self, settings: Settings) -> dict[str, Any]:
        """Return how many numbers a picture becomes, and the options of the layers."""
        return {"embedding": settings["embedding"], "layers": {}}

    def sides(self, model: str) -> tuple[int, int]:
        """Return the least and the largest side in pixels that ``size = auto`` takes by itself."""
        return LEAST_SIDE, SIDES.get(model, SIDES[SMALL_LEG])

    def require_size(self, model: str, height: int, width: int) -> None:
        """Raise if pictures of so many pixels do not pass all layers.

        Raises:
            SettingsError: They do not.
        """
        LEGS[model].check_size(model, height, width)

    def scaling(self, settings: Settings) -> tuple[Centre, Scale]:
        """Return what the settings say."""
        return settings.data.centre, settings.data.scale

    def require_possible(self, settings: Settings, input_format: PictureFormat, *, classes: int) -> None:  # noqa: ARG002 - not of the layers' number
        """Raise if the pictures can't be turned, a change does not fit the colours, or the device is not there.

        Raises:
            SettingsError: With the shape, or what there is.
        """
        from sightline.imaging.augmentation import require_colours
        from sightline.line.methods.network.machine import machine_of

        machine_of(settings)
        require_colours(settings.augmentation.amounts(), input_format.colours)
        if settings["turned_classes"] == "yes" and input_format.height != input_format.width:
            raise SettingsError(
                f"turned_classes = 'yes' with pictures of {input_format.height}x{input_format.width} pixels",
                hint="take a size with equal sides, such as size=28",
            )

    def summary(self, settings: Settings, shape: tuple[int, int, int], classes: int) -> NetworkSummary:  # noqa: ARG002 - an embedding has none
        """Return every layer with its output's shape, parameters and work.

        Raises:
            SettingsError: The input does not fit.
        """
        from sightline.models.summary import summarise

        layers = summarise(settings["model"], shape, settings["embedding"], {}, strict=False)
        return NetworkSummary(shape, layers, "")

    def require_layers(self, model: str) -> None:
        """Return: a leg has layers."""

    def learn(self, prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> Learnt:
        """Train in epochs, from the last checkpoint if there is one."""
        from sightline.line.methods.similarity.learning import learn_leg

        return learn_leg(prepared, decided, run=run, narrator=narrator)


def _are_photos(settings: Settings, catalog: Catalog) -> bool:
    """Return whether pictures have colours and are large, as they are and as somebody wants them."""
    looks = list(peek(catalog, LOOKED_AT))
    size = settings.data.input_size() or (math.inf,)
    sides = [min(facts.width, facts.height) for facts in looks]
    is_coloured = any(facts.mode not in GREY_MODES for facts in looks) and settings["colours"] in (AUTO, "rgb")
    return bool(sides) and is_coloured and min(median(sides), *size) > SMALL_SIDE
