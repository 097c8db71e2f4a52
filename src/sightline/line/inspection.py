"""Looking inside a run or a model: everything that ``sightline inspect`` shows."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sightline.classical import PIPELINES
from sightline.core.errors import RunError, SettingsError
from sightline.core.storage import write_whole
from sightline.data.sources import FolderSource
from sightline.evaluation.insides import FilterSheet, Insides, LayerCourse, Spread, last
from sightline.evaluation.inspection import SIGN, Inspection, LayerRow, LookedAt, MapSheet, inspection_html
from sightline.imaging.photo import Pixels, open_photo
from sightline.inference.classifier import Classifier
from sightline.inference.tasks import load_classifier
from sightline.line.report import now
from sightline.line.run import Run
from sightline.models.measures.probing import ProbedLayer, activation_maps, first_filters, probed_layers, shown_layers
from sightline.training.layers import read_layers

LAYERS = "network"
"""Where the layers stand in the whole network, beside ``normalise``."""
PREFIX = f"{LAYERS}."
TOP = 5
RGB: Literal["rgb"] = "rgb"


@dataclass(frozen=True)
class _Place:
    """What a path turned out to be.

    Args:
        run: The run's folder, None for a model file.
        model: The model file, None for a run that has none yet.
    """

    run: Run | None
    model: Path | None


def inspect(place: Path, picture: str | None = None) -> Inspection:
    """Look inside a run or a model.

    Args:
        place: A run's folder, or a ``model.sightline`` file.
        picture: A picture's file, to see what the layers make of it.

    Raises:
        RunError: The path is neither, or the run's ``layers.json`` is damaged.
        BundleError: The model file is damaged, foreign or too new.
        SettingsError: The model is a classical pipeline, which has no layers.
        PictureError: The picture can't be read.
    """
    found = _found(place)
    if found.model is None and picture is not None:
        raise RunError(
            f"{place} holds no model yet, so no picture can be shown to it",
            hint="give the command that began the run again, to bring it to its end",
        )
    classifier = load_classifier(found.model) if found.model else None
    if classifier is not None:
        _require_network(classifier)
    insides = insides_of(classifier, found.run)
    layers = probed_layers(classifier.network.get_submodule(LAYERS), classifier.format.shape) if classifier else ()
    rows = tuple(_row(layer, insides) for layer in layers if layer.leaf)
    return Inspection(
        title=f"Inside {place.resolve().name or place}",
        about=_about(classifier),
        notes=_notes(found, insides),
        insides=insides,
        rows=rows,
        looked_at=_looked_at(classifier, picture, insides) if classifier and picture is not None else None,
    )


def _require_network(classifier: Classifier) -> None:
    name = classifier.manifest["model"]["name"]
    if name in PIPELINES:
        raise SettingsError(
            f"{name} is a classical pipeline: it has no layers to look into",
            hint=f"`sightline show` tells of the model file, `sightline summary {name}` of its parts",
        )


def insides_of(classifier: Classifier | None, run: Run | None) -> Insides:
    """Return what is known of a network's inside.

    Args:
        classifier: Gives the filters; None leaves them out.
        run: Gives the layers over the training, if it kept them; None leaves them out.

    Raises:
        RunError: The run's ``layers.json`` is damaged.
    """
    insides = _courses(run.layers) if run is not None and run.layers.exists() else Insides()
    if classifier is None:
        return insides
    filters = first_filters(classifier.network.get_submodule(LAYERS), classifier.format.shape)
    coloured = classifier.format.colours == RGB and filters.weights.shape[1] == len(RGB)
    return replace(insides, filters=FilterSheet(filters.layer, filters.weights, coloured=coloured))


def write_inspection(inspection: Inspection, out: Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        RunError: Something else is there already, or it can't be written.
    """
    try:
        foreign = out.exists() and SIGN.encode() not in out.read_bytes()[:4096]
        if not foreign:
            write_whole(out, inspection_html(inspection))
    except OSError as error:
        raise RunError(f"{out} can't be written: {error.strerror}", hint="choose another --out") from error
    if foreign:
        raise RunError(f"{out} exists and is no page of `sightline inspect`", hint="choose another --out")


def default_page(place: Path) -> Path:
    """Return where the page goes when nobody says: into the run, or beside where the user stands."""
    return Run(place).inspection_html if place.is_dir() else Path(f"{place.name}.inspect.html")


def _found(place: Path) -> _Place:
    """Tell a run from a model.

    Raises:
        RunError: The path is neither.
    """
    if not place.is_dir():
        if not place.exists():
            raise RunError(f"{place} does not exist", hint="name a run's folder or a model.sightline file")
        return _Place(None, place)
    run = Run(place)
    if not any(path.exists() for path in (run.settings, run.model)):
        raise RunError(
            f"{place} is no folder of a sightline run: it has no settings.toml and no model.sightline",
            hint="name a run's folder or a model.sightline file",
        )
    return _Place(run, run.model if run.model.exists() else None)


def _about(classifier: Classifier | None) -> str:
    if classifier is None:
        return now()
    height, width, channels = classifier.format.shape
    name = classifier.manifest["model"]["name"]
    return f"{name}, {classifier.parameters:,} parameters, {height}x{width}x{channels} pictures. {now()}"


def _notes(found: _Place, insides: Insides) -> tuple[str, ...]:
    notes = []
    if found.model is None:
        notes.append("This run has no model yet: filters and the table of layers come when it is finished.")
    if found.run is not None and not insides.courses:
        notes.append("This run kept no layers.json, so nothing is known of its layers while it was trained.")
    return tuple(notes)


def _courses(path: Path) -> Insides:
    document = read_layers(path)
    try:
        epochs: list[dict[str, Any]] = document["epochs"]
        return Insides(
            courses=tuple(_course(layer["name"], layer["kind"], epochs) for layer in document["layers"]),
            epochs=tuple(int(entry["epoch"]) for entry in epochs),
            pictures=int(document["pictures"]),
            left_out=int(document["left_out"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(
            f"{path} is no layers.json that can be read: {error!r}",
            hint="remove it; only the pictures of the layers need it",
        ) from error


def _course(name: str, kind: str, epochs: list[dict[str, Any]]) -> LayerCourse:
    entries = [entry["layers"].get(name, {}) for entry in epochs]
    return LayerCourse(
        name=str(name).removeprefix(PREFIX),
        kind=str(kind),
        weights=tuple(_spread(entry.get("weights")) for entry in entries),
        gradients=tuple(_spread(entry.get("gradients")) for entry in entries),
        outputs=tuple(_spread(entry.get("outputs")) for entry in entries),
        dead=tuple(_share(entry.get("dead")) for entry in entries),
        saturated=tuple(_share(entry.get("saturated")) for entry in entries),
    )


def _spread(entry: dict[str, Any] | None) -> Spread | None:
    if entry is None:
        return None
    counts = tuple(int(count) for count in entry["counts"])
    return Spread(float(entry["low"]), float(entry["high"]), float(entry["deviation"]), counts)


def _share(value: Any) -> float | None:
    return None if value is None else float(value)


def _row(layer: ProbedLayer, insides: Insides) -> LayerRow:
    course = next((course for course in insides.courses if course.name == layer.name), None)
    return LayerRow(
        name=layer.name,
        kind=layer.kind,
        shape="x".join(map(str, (*layer.shape[1:], layer.shape[0]))),
        parameters=layer.parameters,
        field=f"{layer.field.size:,} px",
        jump=layer.field.jump,
        dead=last(course.dead) if course else None,
        saturated=last(course.saturated) if course else None,
    )


def _looked_at(classifier: Classifier, picture: str, insides: Insides) -> LookedAt:
    payload = FolderSource(Path()).read(picture)
    pixels = classifier.format.read(payload, name=picture)
    shown, left_out = shown_layers(classifier.network.get_submodule(LAYERS), classifier.format.shape)
    probabilities = classifier.probabilities(pixels[None])[0]
    views = activation_maps(classifier.network, pixels, prefix=PREFIX, shown=shown)
    likeliest = np.argsort(-probabilities, kind="stable")[:TOP]
    return LookedAt(
        name=picture,
        pixels=_as_shown(classifier, picture, pixels),
        answers=tuple((classifier.classes[place], float(probabilities[place])) for place in likeliest),
        sheets=tuple(MapSheet(_row(view.layer, insides), view.channels, view.maps) for view in views),
        left_out=left_out,
    )


def _as_shown(classifier: Classifier, picture: str, pixels: Pixels) -> Pixels:
    """Return the picture as the network sees it, but always in colours that a page can show."""
    if classifier.format.colours == RGB:
        return pixels
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    photo = open_photo(FolderSource(Path()).read(picture), name=picture)
    return replace(classifier.format, colours=RGB).pixels(photo)
