"""A model's card, from its file alone."""

from pathlib import Path

from sightline.core.errors import BundleError
from sightline.evaluation.pages.model_card import VERB, ModelCard, card_html, card_of
from sightline.inference.bundle import TRAIN_AGAIN, bundle_file, read_bundle
from sightline.inference.manifest import batch_of, calibration_of, classes_of, format_of, model_of
from sightline.inference.tasks import task_of
from sightline.line.pages.page_file import write_page


def show(place: Path) -> ModelCard:
    """Return a model's card; neither torch nor ONNX Runtime is needed.

    Args:
        place: A ``model.sightline`` file, or a run's folder.

    Raises:
        BundleError: The file is missing, damaged, foreign or too new.
    """
    file = bundle_file(place)
    bundle = read_bundle(file)
    manifest = bundle.manifest
    try:
        model_of(manifest)
        classes_of(manifest)
        calibration_of(manifest)
        batch_of(manifest)
        task, size = task_of(manifest), file.stat().st_size
        rule = task.rule(bundle)
        return card_of(
            manifest,
            format_of(manifest).shape,
            name=file.name,
            size_bytes=size,
            digest=bundle.digest,
            output=task.outputs(manifest)[0].name,
            enrolled={} if rule.roster is None else rule.roster.counts,
            strangers="" if rule.acceptance is None else rule.acceptance.words,
            expected="" if rule.expected is None else rule.expected.words,
        )
    except BundleError as error:
        raise BundleError(f"{file}: {error.problem}", hint=error.hint) from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BundleError(f"{file}: the manifest's figures are not understood: {error!r}", hint=TRAIN_AGAIN) from error


def write_card(card: ModelCard, out: Path) -> None:
    """Write the card as a page, whole or not at all.

    Raises:
        RunError: Something else is there already, or it can't be written.
    """
    write_page(card_html(card), out, verb=VERB, option="--html")
