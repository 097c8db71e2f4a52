"""What a manifest says of classes and pictures, checked; nothing is believed because it stands there."""

from typing import Any

from sightline.core.errors import BundleError
from sightline.imaging.colours import CHANNELS
from sightline.imaging.preprocess import CENTRES, FITS, SCALES, InputFormat
from sightline.inference.bundle import TRAIN_AGAIN

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


def format_of(manifest: dict[str, Any]) -> InputFormat:
    """Return what every picture becomes.

    Raises:
        BundleError: The preprocess has a value that is not known.
    """
    described: dict[str, Any] = manifest["preprocess"]
    height, width = described.get("height"), described.get("width")
    sizes_fit = all(type(side) is int and 1 <= side <= MAX_SIDE for side in (height, width))
    known = {"colours": tuple(CHANNELS), "fit": FITS, "centre": CENTRES, "scale": SCALES}
    if not sizes_fit or any(described.get(key) not in names for key, names in known.items()):
        raise BundleError(f"the manifest's preprocess is not understood: {described}", hint=TRAIN_AGAIN)
    return InputFormat(int(height or 0), int(width or 0), described["colours"], described["fit"])
