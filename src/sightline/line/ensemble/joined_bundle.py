"""Several models as one model file: one graph, proved to answer as they do together."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sightline.evaluation.calibration import Calibration, calibrate
from sightline.evaluation.ensembling import COMBINATIONS, SMALLEST
from sightline.inference.arrays.array_file import written_arrays
from sightline.inference.assembly import PICTURE, UNSTATED
from sightline.inference.bundle import Bundle, bundle_of
from sightline.inference.export.ensemble_graph import ensemble_graph
from sightline.inference.export.proof import evenly, proof_by, proof_rows
from sightline.inference.graph import Probabilities
from sightline.inference.manifest import CLASSIFICATION, batch_of
from sightline.inference.network import ENSEMBLE
from sightline.inference.picture_digests import PictureDigests
from sightline.line.ensemble.members import Member
from sightline.line.ensemble.panel import Panel
from sightline.line.run import environment


def joined_bundle(panel: Panel, kept: Sequence[tuple[Member, float]], *, combination: str, way: str) -> Bundle:
    """Return the members as one model file, calibrated where the validation part allows it, and proved.

    Args:
        panel: All members with their pictures.
        kept: Those that are joined, each with its share of the answer.
        combination: How they answer together, one of `sightline.evaluation.ensembling.COMBINATIONS`.
        way: How they were chosen, as the user called it.

    Raises:
        BundleError: The joined graph does not answer as they do together.
    """
    members, weights = zip(*kept, strict=True)
    panel = Panel(members, panel.surveyed, panel.divided)
    shares = np.array(weights)
    calibration = None if combination != "mean" else _calibration(panel, shares)
    factor = None if calibration is None else calibration.factor
    graphs = [member.classifier.graph for member in members]
    graph = ensemble_graph(graphs, weights, combination=combination, factor=factor)
    first = members[0].classifier.manifest
    batch = min(batch_of(member.classifier.manifest) for member in members)
    manifest = {
        "task": CLASSIFICATION,
        "method": ENSEMBLE,
        "model": {"name": ENSEMBLE, "options": {"by": way}},
        "members": [
            {"model": member.model, "digest": member.classifier.digest, "weight": weight} for member, weight in kept
        ],
        "classes": list(members[0].classifier.classes),
        "largest_class": first.get("largest_class", 0),
        "parameters": sum(member.classifier.parameters for member in members),
        "preprocess": {"kind": PICTURE, **first["preprocess"]},
        "split_digest": hashlib.sha256("".join(member.classifier.digest for member in members).encode()).hexdigest(),
        "environment": environment(),
        "licence": _licence(members),
        "batch": batch,
        **({} if calibration is None else {"calibration": calibration.as_json()}),
    }
    rows = proof_rows(panel.divided.seen["validation"], panel.divided.seen["train"])
    if not len(rows):  # other pictures than those of the training: a proof compares answers, and chooses nothing
        rows = evenly(panel.divided.test)
    expected = _combined(panel.table(rows), shares, combination, factor)
    proof = proof_by(graph, expected, panel.pixels(rows), batch=batch)
    seen = {part: [panel.surveyed.digests[row] for row in rows] for part, rows in panel.divided.seen.items()}
    digests = PictureDigests.of(str(manifest["split_digest"]), seen)
    return bundle_of(
        {**manifest, "proof": proof.as_json()}, _weights_of(members), graph, arrays=written_arrays(digests.arrays())
    )


def _licence(members: Sequence[Member]) -> str:
    licences = dict.fromkeys(str(member.classifier.manifest.get("licence", UNSTATED)) for member in members)
    return " AND ".join(licences)


def _calibration(panel: Panel, shares: npt.NDArray[np.float64]) -> Calibration | None:
    """Return the calibration by pictures that no member has learnt from and all were chosen by; None without one."""
    rows = panel.divided.validation
    if not len(rows):
        return None
    mean = COMBINATIONS["mean"](panel.table(rows), shares)
    return calibrate(np.log(np.maximum(mean, SMALLEST)), panel.surveyed.catalog.labels[rows])


def _combined(
    table: npt.NDArray[np.float32], shares: npt.NDArray[np.float64], combination: str, factor: float | None
) -> Probabilities:
    """Return what the members say together, (n, C), as the graph is to say it."""
    combined = COMBINATIONS[combination](table, shares)
    if factor is not None:
        scaled = np.maximum(combined, SMALLEST) ** factor
        combined = scaled / scaled.sum(axis=1, keepdims=True)
    return combined.astype(np.float32)


def _weights_of(members: Sequence[Member]) -> bytes:
    """Return the weights of all members in one file, each below a number of its own."""
    from safetensors.torch import load, save

    tensors = {
        f"{place}.{name}": tensor
        for place, member in enumerate(members)
        for name, tensor in load(member.classifier.bundle.weights).items()
    }
    return save(tensors)
