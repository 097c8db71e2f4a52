"""The settings of the run itself: what is learnt, by which kind of model, in what time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.classical.pipelines import PIPELINES
from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.core.sections import Section, name, number, text, whole
from sightline.core.seeding import LARGEST_SEED
from sightline.inference.manifest import CLASSIFICATION, SIMILARITY

FAST_RECIPE, PLAIN_RECIPE, PHOTO_RECIPE = "fast", "plain", "photos"
UNSTATED = "unstated"
MOST_SEEDS = 20


@dataclass(frozen=True)
class RunSettings(Section):
    """What is learnt from, and what is to come of it."""

    data: str = text("what is learnt from", "")
    task: str = name(
        "what it is to do; similarity tells same from different, also of classes that come later",
        (CLASSIFICATION, SIMILARITY), CLASSIFICATION,
    )  # fmt: skip
    model: str = text("a network or pipeline that `sightline models` lists", AUTO, auto=True)
    recipe: str = name(
        "fast learns most in little time, plain is what the settings say and nothing more, photos begins with a base "
        "that has learnt to see; auto, when no model is named, is photos for pictures above 64 pixels, else fast",
        (AUTO, FAST_RECIPE, PLAIN_RECIPE, PHOTO_RECIPE),
        AUTO,
        auto=True,
    )
    minutes: float = number("at most so many for the whole command; 0 sets no limit", 0.0, least=0)
    baseline: str = name(
        "the classical pipeline that a network is compared with; auto takes a quick one",
        (AUTO, "none", *PIPELINES),
        AUTO,
    )
    licence: str = text("under which the model may be used, such as CC-BY-4.0; written into the model file", UNSTATED)
    author: str = text("who made the model; written into the model file", UNSTATED)
    seeds: int = whole(
        "so many trainings on one split, for the spread of the accuracy; the first ships", 1, least=1, most=MOST_SEEDS
    )
    seed: int = whole(
        "decides the split, the first weights and the order of pictures", 0, least=0, most=LARGEST_SEED - MOST_SEEDS
    )

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[SettingsError]:
        """Return what is wrong with some values, and that several trainings have no time limit together."""
        faults = super().faults(values)
        if values.get("seeds", 1) != 1 and values.get("minutes", 0):
            together = f"seeds = {values['seeds']} with minutes = {values['minutes']:g}"
            faults.append(SettingsError(together, hint="expected minutes = 0: each seed takes the time of a training"))
        return faults
