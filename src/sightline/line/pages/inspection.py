"""Looking inside a run or a model: everything that ``sightline inspect`` shows."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.clock import now
from sightline.core.errors import RunError
from sightline.core.storage import require_nameable
from sightline.data.sources import FolderSource
from sightline.evaluation.layers import Layers, last
from sightline.evaluation.pages.inspection import VERB, Inspection, LayerRow, MapSheet, PictureView, inspection_html
from sightline.evaluation.report.similarity.embedding import EmbeddingDrawn
from sightline.evaluation.similarity.embedding_map import EmbeddingMap, drawn_rows, principal_plane
from sightline.imaging.photo import Pixels, open_photo
from sightline.inference.classifier import Classifier
from sightline.inference.examples import read_examples
from sightline.inference.tasks import load_classifier
from sightline.line.layers import RGB, layers_of, layers_place
from sightline.line.methods import METHODS
from sightline.line.pages.page_file import write_page
from sightline.line.run import Run
from sightline.models.measures.probing import ProbedLayer, activation_maps, probed_layers, shown_layers

if TYPE_CHECKING:
    from torch import nn

TOP = 5
RUN_EXAMPLES = "examples.safetensors"


@dataclass(frozen=True)
class _Target:
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
    target = _target(place)
    if target.model is None and picture is not None:
        raise RunError(
            f"{place} holds no model yet, so no picture can be shown to it",
            hint="give the command that began the run again, to bring it to its end",
        )
    classifier = load_classifier(target.model) if target.model else None
    if (
        classifier is not None and classifier.manifest["method"] in METHODS
    ):  # else its network says that it is not known
        METHODS[classifier.manifest["method"]].require_layers(classifier.manifest["model"]["name"])
    layers = layers_of(classifier, target.run)
    probed = probed_layers(_layers(classifier), classifier.format.shape) if classifier else ()
    return Inspection(
        title=f"Inside {place.resolve().name or place}",
        about=_about(classifier),
        notes=_notes(target, layers),
        layers=layers,
        rows=tuple(_row(layer, layers) for layer in probed if layer.leaf),
        view=_view(classifier, picture, layers) if classifier and picture is not None else None,
        embedding=_embedding(classifier, target.run) if classifier and target.run else None,
    )


def write_inspection(inspection: Inspection, out: Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        RunError: Something else is there already, or it can't be written.
    """
    write_page(inspection_html(inspection), out, verb=VERB, option="--out")


def _target(place: Path) -> _Target:
    """Tell a run from a model.

    Raises:
        RunError: The path is neither.
    """
    require_nameable(place, RunError)
    if not place.is_dir():
        if not place.exists():
            raise RunError(f"{place} does not exist", hint="name a run's folder or a model.sightline file")
        return _Target(None, place)
    run = Run(place)
    if not any(path.exists() for path in (run.settings, run.model)):
        raise RunError(
            f"{place} is no folder of a sightline run: it has no settings.toml and no model.sightline",
            hint="name a run's folder or a model.sightline file",
        )
    return _Target(run, run.model if run.model.exists() else None)


def _layers(classifier: Classifier) -> "nn.Module":
    network = classifier.network
    return network.get_submodule(layers_place(network))


def _about(classifier: Classifier | None) -> str:
    if classifier is None:
        return now()
    height, width, channels = classifier.format.shape
    name = classifier.manifest["model"]["name"]
    return f"{name}, {classifier.parameters:,} parameters, {height}x{width}x{channels} pictures. {now()}"


def _notes(target: _Target, layers: Layers) -> tuple[str, ...]:
    notes = []
    if target.model is None:
        notes.append("This run has no model yet: filters and the table of layers come when it is finished.")
    if target.run is not None and not layers.courses:
        notes.append("This run kept no layers.json, so nothing is known of its layers while it was trained.")
    return tuple(notes)


def _row(layer: ProbedLayer, layers: Layers) -> LayerRow:
    course = next((course for course in layers.courses if course.name == layer.name), None)
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


def _view(classifier: Classifier, picture: str, layers: Layers) -> PictureView:
    payload = FolderSource(Path()).read(picture)
    pixels = classifier.format.read(payload, name=picture)
    shown, left_out = shown_layers(_layers(classifier), classifier.format.shape)
    probabilities = classifier.probabilities(pixels[None])[0]
    activations = activation_maps(
        classifier.network, pixels, prefix=f"{layers_place(classifier.network)}.", shown=shown
    )
    likeliest = np.argsort(-probabilities, kind="stable")[:TOP]
    return PictureView(
        name=picture,
        pixels=_as_shown(classifier, picture, pixels),
        answers=tuple((classifier.classes[place], float(probabilities[place])) for place in likeliest),
        sheets=tuple(MapSheet(_row(maps.layer, layers), maps.channels, maps.maps) for maps in activations),
        left_out=left_out,
    )


def _embedding(classifier: Classifier, run: Run) -> EmbeddingDrawn | None:
    """Return the run's examples in the plane of their features; None where it kept none."""
    if not run.examples.exists():
        return None
    examples = read_examples(run.examples, classifier)
    names = tuple(dict.fromkeys(examples.labels))
    labels = np.array([names.index(label) for label in examples.labels], dtype=np.int64)
    chosen = drawn_rows(labels)
    places, share = principal_plane(examples.features[chosen])
    shown = tuple(
        np.asarray(open_photo(examples.thumbnails[row], name=RUN_EXAMPLES).image.convert("RGB")) for row in chosen
    )
    return EmbeddingDrawn(EmbeddingMap(places, share, labels[chosen], names, shown))


def _as_shown(classifier: Classifier, picture: str, pixels: Pixels) -> Pixels:
    """Return the picture as the network sees it, but always in colours that a page can show."""
    if classifier.format.colours == RGB:
        return pixels
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    photo = open_photo(FolderSource(Path()).read(picture), name=picture, deep=classifier.format.deep)
    return replace(classifier.format, colours=RGB).pixels(photo)
