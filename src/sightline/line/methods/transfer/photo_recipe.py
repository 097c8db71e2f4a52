"""The recipe for photos: taken by itself where nobody named a model and pictures are larger than 64 pixels."""

from collections.abc import Mapping
from statistics import median
from typing import Any

from sightline.core.errors import MissingExtraError, SettingsError
from sightline.data.catalog import Catalog
from sightline.data.survey.look import peek
from sightline.line.methods import METHODS, kind_of
from sightline.line.methods.presets import SMALL_SIDE
from sightline.line.methods.transfer.method import MODEL
from sightline.line.narrator import Narrator
from sightline.line.resolution import resolved
from sightline.line.settings.run import PHOTO_RECIPE
from sightline.line.settings.tables import bare
from sightline.line.settings.values import Settings

LOOKED_AT = 16
WITHOUT_BASE: dict[str, Any] = {
    "model": "fisher-pyramid",
    "size": "192",
    "cell": 6,
    "stride": 6,
    "descriptor": ("root-sift", "colour-histogram"),
    "histogram_colours": "hsv",
}
"""What learns most from few photos where there is no base; see docs/benchmarks/hymenoptera.md."""


def resolved_or_photos(
    named: Mapping[str, Any], file: Mapping[str, Any] | None = None
) -> tuple[Settings, SettingsError | None]:
    """Return settings, and why they hold for photos alone, where they do.

    Where nobody names a model, what is named may only mean something for a head on a base; only the pictures can say
    whether that is meant.

    Args:
        named: As `sightline.line.resolution.resolved` takes them.
        file: As `sightline.line.resolution.resolved` takes it.

    Raises:
        SettingsError: They hold for no pictures.
    """
    try:
        return resolved(named, file), None
    except SettingsError as error:
        if {"model", "recipe", "task"} & {bare(name) for name in (*named, *(file or {}))}:
            raise
        refusal = error
    try:
        return resolved({**named, "recipe": PHOTO_RECIPE}, file), refusal
    except (SettingsError, MissingExtraError):
        raise refusal from None


def require_photos(catalog: Catalog, refusal: SettingsError) -> None:
    """Raise why settings do not hold for small pictures, if these are small.

    Raises:
        SettingsError: They are.
    """
    if _is_small(Settings(), catalog):
        raise refusal


def for_photos(settings: Settings, catalog: Catalog, narrator: Narrator, *, began_with_base: bool = False) -> Settings:
    """Return settings of the recipe for photos, where that fits the pictures and nobody asked for something else.

    Args:
        settings: As `sightline.line.resolution.resolved` left them.
        catalog: Some of its pictures are looked at.
        narrator: Is told what was taken, and what hinders it.
        began_with_base: Whether a run goes on that began with a base; then none but a base will do.

    Raises:
        MissingExtraError: That base is not installed any more, with the command that installs it.
    """
    named = {name for name, origin in settings.origins.items() if origin in ("named", "file")}
    if not {"model", "recipe", "task"}.isdisjoint(named) or _is_small(settings, catalog):
        return settings
    method = METHODS[kind_of(MODEL)]
    foreign = [name for name in named if name not in method.reads]
    if foreign:
        narrator.say(
            f"the pictures are photos, and are learnt from nothing, since {', '.join(sorted(foreign))} is only for a "
            "network; without it, the recipe photos would begin with a base that has learnt to see"
        )
        return settings
    kept = _only(settings, named)
    photos = kept.decided("pictures", {"recipe": PHOTO_RECIPE, "model": MODEL})
    try:
        photos = photos.decided("recipe", method.preset(photos))
        method.input_format(catalog, photos)
    except (MissingExtraError, SettingsError) as error:
        if began_with_base:
            raise
        narrator.say(f"the pictures are photos, but there is no base to begin with: {error.problem}; {error.hint}")
        return _without_base(kept)
    return photos


def _is_small(settings: Settings, catalog: Catalog) -> bool:
    """Return whether pictures are small, as they are or as somebody wants them."""
    size = settings.data.input_size()
    sides = [min(facts.width, facts.height) for facts in peek(catalog, LOOKED_AT)]
    return not sides or min([median(sides), *(size or ())]) <= SMALL_SIDE


def _only(settings: Settings, named: set[str]) -> Settings:
    """Return settings in which nothing is decided but what was named."""
    origins = {name: origin for name, origin in settings.origins.items() if name in named}
    values: Mapping[str, Any] = {**Settings().values, **{name: settings[name] for name in named}}
    return Settings(values, origins)


def _without_base(kept: Settings) -> Settings:
    method = METHODS[kind_of(WITHOUT_BASE["model"])]
    chosen = kept.decided("pictures", WITHOUT_BASE)
    return chosen.decided("recipe", method.preset(chosen))
