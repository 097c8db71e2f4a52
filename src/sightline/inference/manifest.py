"""What a manifest says of a model and its samples, checked; nothing is believed because it stands there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sightline.core.errors import BundleError
from sightline.evaluation.calibration import Calibration
from sightline.imaging.colours import CHANNELS
from sightline.imaging.deep import DeepRange
from sightline.imaging.picture_format import RESAMPLINGS, RESIZES, PictureFormat
from sightline.imaging.preprocess import CENTRES, SCALES
from sightline.inference.bundle import TRAIN_AGAIN, UPGRADE
from sightline.inference.graph import MOST_SAMPLES
from sightline.inference.signature import INPUT, UINT8, TensorSpec

CLASSIFICATION, EXTENDED, SIMILARITY = "classification", "extended-classification", "similarity"
"""What models are for, by the manifest's ``task``."""
MAX_SIDE = 4096
LEARNT = "learnt_classes"
"""The key that says how many of the classes were learnt, where others were enrolled later."""
FIXED = "fixed_features"
"""The key that says, if it is true, that what the last layer reads was made without the classes."""


@dataclass(frozen=True)
class SampleKind:
    """A kind of sample, as ``preprocess`` describes it.

    Args:
        input: The name of the graph's input.
        type: Of the input's values, as `TensorSpec` has it.
        format: From a description that may be wrong to the format; raises a `BundleError` if it is.
    """

    input: str
    type: str
    format: Callable[[dict[str, Any]], PictureFormat]


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
    """Return the names of a classifier's classes, in the order of the outputs.

    Raises:
        BundleError: They are no names, or one stands there twice.
    """
    classes: Any = manifest.get("classes")
    named = isinstance(classes, list) and bool(classes) and all(isinstance(name, str) for name in classes)
    if not named or len(set(classes)) != len(classes) or manifest.get("largest_class", 0) not in range(len(classes)):
        raise BundleError("the manifest's classes are not understood", hint=TRAIN_AGAIN)
    return tuple(classes)


def learnt_of(manifest: dict[str, Any]) -> tuple[str, ...]:
    """Return the classes that the graph itself tells apart: all but those that were enrolled later.

    Raises:
        BundleError: The manifest says of an impossible number that they were learnt.
    """
    classes = classes_of(manifest)
    count = manifest.get(LEARNT, len(classes))
    if type(count) is not int or not 1 <= count <= len(classes):
        raise BundleError(
            f"the manifest's {LEARNT} is {count!r}; expected a whole number from 1 to {len(classes)}", hint=TRAIN_AGAIN
        )
    return classes[:count]


def format_of(manifest: dict[str, Any]) -> PictureFormat:
    """Return what every sample becomes.

    Raises:
        BundleError: The preprocess has a kind or a value that is not known.
    """
    return _kind_of(manifest).format(manifest["preprocess"])


def input_of(manifest: dict[str, Any]) -> TensorSpec:
    """Return what the graph takes.

    Raises:
        BundleError: The preprocess has a kind or a value that is not known.
    """
    kind = _kind_of(manifest)
    return TensorSpec(kind.input, kind.type, format_of(manifest).shape)


def _kind_of(manifest: dict[str, Any]) -> SampleKind:
    kind = manifest["preprocess"].get("kind")
    if not isinstance(kind, str):
        raise BundleError(f"the manifest's preprocess is not understood: it has the kind {kind!r}", hint=TRAIN_AGAIN)
    if kind not in KINDS:
        raise BundleError(
            f"the model reads samples of the kind {kind!r}; this sightline knows {', '.join(KINDS)}", hint=UPGRADE
        )
    return KINDS[kind]


def _picture_format(described: dict[str, Any]) -> PictureFormat:
    values = {"margin": 0, "resampling": "bilinear", **described}
    height, width, margin = (values.get(key) for key in ("height", "width", "margin"))
    sizes_fit = all(type(side) is int and 1 <= side <= MAX_SIDE for side in (height, width))
    margin_fits = type(margin) is int and 0 <= margin <= (MAX_SIDE if values.get("resize") == "crop" else 0)
    if not sizes_fit or not margin_fits or any(values.get(key) not in names for key, names in _KNOWN.items()):
        raise BundleError(f"the manifest's preprocess is not understood: {described}", hint=TRAIN_AGAIN)
    return PictureFormat(
        int(height or 0),
        int(width or 0),
        values["colours"],
        values["resize"],
        _deep(described),
        margin=int(margin or 0),
        resampling=values["resampling"],
    )


_KNOWN = {
    "colours": tuple(CHANNELS),
    "resize": RESIZES,
    "resampling": RESAMPLINGS,
    "centre": CENTRES,
    "scale": SCALES,
}


def _deep(described: dict[str, Any]) -> DeepRange:
    """Return the range of deep pictures; a manifest without one has it full, as before there was one."""
    try:
        return DeepRange.of_json(dict(described.get("deep", {})))
    except (TypeError, ValueError) as error:
        raise BundleError(
            f"the manifest's range of deep pictures is not understood: {error}", hint=TRAIN_AGAIN
        ) from error


KINDS = {"picture": SampleKind(INPUT, UINT8, _picture_format)}


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


def is_calibrated(manifest: dict[str, Any]) -> bool:
    """Return whether a model's probabilities were fitted to how often it is right: by a factor or a scale."""
    return "calibration" in manifest or manifest["task"] == SIMILARITY


def batch_of(manifest: dict[str, Any]) -> int:
    """Return the most samples that a run of the graph may take, from 1 to 256.

    Raises:
        BundleError: It is no such number.
    """
    batch = manifest.get("batch", MOST_SAMPLES)
    if type(batch) is not int or not 1 <= batch <= MOST_SAMPLES:
        raise BundleError(
            f"the manifest's batch is {batch!r}; expected a whole number from 1 to {MOST_SAMPLES}", hint=TRAIN_AGAIN
        )
    return batch
