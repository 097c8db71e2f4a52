"""What a manifest says of classes, pictures and confidence, checked; nothing is believed because it stands there."""

from typing import Any, cast

from sightline.core.errors import BundleError
from sightline.evaluation.calibration import Calibration
from sightline.imaging.colours import CHANNELS
from sightline.imaging.picture_format import RESIZES, PictureFormat, Resize
from sightline.imaging.preprocess import CENTRES, SCALES
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.graph import MOST_PICTURES

MAX_SIDE = 4096


def model_of(manifest: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the network's name and its options; the name need not be one that is known here.

    Raises:
        BundleError: They are no text and no table.
    """
    name, options = manifest["model"].get("name"), manifest["model"].get("options", {})
    if not isinstance(name, str) or not isinstance(options, dict):
        raise BundleError(f"the manifest's model is not understood: {manifest['model']}", hint=TRAIN_AGAIN)
    return name, options


def classes_of(manifest: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the classes, in the order of the outputs.

    Raises:
        BundleError: They are no names, or one stands there twice.
    """
    classes: list[Any] = manifest["classes"]
    named = bool(classes) and all(isinstance(name, str) for name in classes) and len(set(classes)) == len(classes)
    if not named or manifest.get("largest_class", 0) not in range(len(classes)):
        raise BundleError("the manifest's classes are not understood", hint=TRAIN_AGAIN)
    return tuple(classes)


def format_of(manifest: dict[str, Any]) -> PictureFormat:
    """Return what every picture becomes.

    Raises:
        BundleError: The preprocess has a value that is not known.
    """
    described: dict[str, Any] = manifest["preprocess"]
    height, width = described.get("height"), described.get("width")
    sizes_fit = all(type(side) is int and 1 <= side <= MAX_SIDE for side in (height, width))
    resize = described.get("resize", described.get("fit"))  # older files call it "fit"
    known = {"colours": tuple(CHANNELS), "centre": CENTRES, "scale": SCALES}
    unknown = resize not in RESIZES or any(described.get(key) not in names for key, names in known.items())
    if not sizes_fit or unknown:
        raise BundleError(f"the manifest's preprocess is not understood: {described}", hint=TRAIN_AGAIN)
    return PictureFormat(int(height or 0), int(width or 0), described["colours"], cast("Resize", resize))


def calibration_of(manifest: dict[str, Any]) -> Calibration | None:
    """Return what was learnt about the model's confidence; None where nothing was.

    Raises:
        BundleError: It has a value that is not known.
    """
    if "calibration" not in manifest:
        return None
    try:
        return Calibration.of_json(manifest["calibration"])
    except ValueError as error:
        raise BundleError(f"the manifest's calibration is not understood: {error}", hint=TRAIN_AGAIN) from error


def batch_of(manifest: dict[str, Any]) -> int:
    """Return the most pictures that a run of the graph may take, from 1 to 256.

    Raises:
        BundleError: It is no such number.
    """
    batch = manifest.get("batch", MOST_PICTURES)
    if type(batch) is not int or not 1 <= batch <= MOST_PICTURES:
        raise BundleError(
            f"the manifest's batch is {batch!r}; expected a whole number from 1 to {MOST_PICTURES}", hint=TRAIN_AGAIN
        )
    return batch
