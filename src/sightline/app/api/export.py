"""``sightline.export``."""

from pathlib import Path

from sightline.app.api.inputs import Place, catalog_of
from sightline.data.catalog import Catalog
from sightline.data.layout import Folders
from sightline.line import export as exporting
from sightline.line.export import Export, Kind, NumberType
from sightline.line.narrator import Narrator
from sightline.line.output_place import require_output_place


def export(
    model: Place,
    *,
    to: Kind,
    out: Place,
    quantize: NumberType | None = None,
    data: Catalog | Place | None = None,
    folders: Folders = "auto",
    force: bool = False,
    narrator: Narrator | None = None,
) -> Export:
    """Write a model for another program, and compare it with the one that ships.

    The exported model takes the same pixels and gives the same probabilities; with `data` that is proved on real
    pictures.

    Args:
        model: A ``model.sightline`` file or a run's folder.
        to: The kind of file, ``"onnx"`` or ``"openvino"``.
        out: The file, which ends in ``.onnx`` or ``.xml``.
        quantize: ``"int8"`` computes in eight bits; None keeps float32.
        data: Labelled pictures, two or more: a catalog, or anything that `open_catalog` takes. Some of them
            calibrate, the others compare.
        folders: What folders called train, val or test are: ``"parts"``, ``"classes"``, or what the tree suggests.
        force: Replace files that are there.
        narrator: Shows progress; if None, a terminal on the standard error.

    Returns:
        The files, with size, speed and accuracy of both models, and how far they agree.

    Raises:
        BundleError: The model can't be read, or the exported one does not answer as it does.
        DataError: The pictures can't be used.
        RunError: There is something at `out` already, it lies in the data's folder, or it can't be written.
        SettingsError: The ending of `out` is not that of the kind of file.
        MissingExtraError: The kind's package is not installed.

    Example::

        exported = sightline.export("run", to="onnx", out="flowers.onnx", data="flowers")
        exported.proof.largest_difference
    """
    from sightline.app.terminal import Terminal

    require_output_place(out, data=data)
    catalog = None if data is None else catalog_of(data, folders=folders)
    return exporting.export(
        Path(model), to=to, out=Path(out), quantize=quantize, data=catalog, force=force, narrator=narrator or Terminal()
    )
