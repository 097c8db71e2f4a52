"""What was learnt as it will ship: the network's graph, some pictures of the classes it knows, and strangers."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.torch import save

from sightline.core.seeding import derived_seed
from sightline.data.by_class.groups import class_groups
from sightline.data.catalog import TRAIN, VALIDATION, Rows
from sightline.inference.assembly import PICTURE
from sightline.inference.bundle import Bundle
from sightline.inference.export.proof import proof_rows, prove_embeddings
from sightline.inference.picture_digests import KEPT, PictureDigests
from sightline.inference.support.assembly import similarity_bundle
from sightline.inference.support.cohort import Cohort
from sightline.inference.support.support_set import SupportSet
from sightline.line.methods.similarity.learning import LearntEmbedding
from sightline.line.prepared import Prepared

ENROLLED, MOST_STRANGERS = 10, 5_000
"""Pictures of each class that was learnt, which the model file knows it by; and pictures that strangers are told by."""


def bundle_of_embedding(
    learnt: LearntEmbedding, prepared: Prepared, manifest: Mapping[str, Any], *, seed: int
) -> Bundle:
    """Return a model file's content, in memory, if its graph answers as the network does; it has no figures yet.

    Classes of the training part are enrolled with some of their pictures; those of the validation part, which the
    network has not learnt from, are its strangers.

    Args:
        manifest: What is known of the run; see docs/bundle.md.
        seed: Decides which pictures are taken.

    Raises:
        BundleError: The graph answers otherwise.
    """
    split, preprocess = prepared.split, prepared.preprocess
    graph = learnt.graph(preprocess.format.shape)
    rows = proof_rows(split.rows(VALIDATION), split.rows(TRAIN))
    proof = prove_embeddings(
        graph, learnt.embeddings(prepared.pixels, rows), prepared.pixels[rows], batch=learnt.graph_batch
    )
    support, classes = _enrolled(learnt, prepared, seed=seed)
    weights = OrderedDict((name, tensor.cpu().contiguous()) for name, tensor in learnt.model.state_dict().items())
    stated = {
        **manifest,
        "classes": classes,
        "preprocess": {"kind": PICTURE, **preprocess.describe()},
        "batch": learnt.graph_batch,
        "proof": proof.as_json(),
    }
    return similarity_bundle(
        stated,
        save(weights),
        graph,
        support=support,
        cohort=_strangers(learnt, prepared, seed=seed),
        arrays=_digests(prepared).arrays(),
    )


def _enrolled(learnt: LearntEmbedding, prepared: Prepared, *, seed: int) -> tuple[SupportSet, list[str]]:
    """Return some pictures of each class of the training part, and the names of these classes."""
    catalog = prepared.catalog
    rows = _some_of_each(prepared, TRAIN, ENROLLED, seed=seed)
    present, labels = np.unique(catalog.labels[rows], return_inverse=True)
    digests = [list(bytes.fromhex(prepared.surveyed.digests[row])) for row in rows]
    names = [catalog.paths[row].rpartition("/")[2] for row in rows]
    embeddings = learnt.embeddings(prepared.pixels, rows)
    support = SupportSet.of(embeddings, labels.astype(np.int64), np.array(digests, np.uint8), names=names)
    return support, [catalog.classes[label] for label in present]


def _strangers(learnt: LearntEmbedding, prepared: Prepared, *, seed: int) -> Cohort:
    """Return pictures of the validation part's classes."""
    catalog = prepared.catalog
    classes = len(np.unique(catalog.labels[prepared.split.rows(VALIDATION)]))
    rows = _some_of_each(prepared, VALIDATION, max(2, MOST_STRANGERS // classes), seed=seed)
    present, labels = np.unique(catalog.labels[rows], return_inverse=True)
    names, groups = (tuple(every[label] for label in present) for every in (catalog.classes, class_groups(catalog)))
    return Cohort(learnt.embeddings(prepared.pixels, rows), labels.astype(np.int64), names, groups)


def _some_of_each(prepared: Prepared, part: str, most: int, *, seed: int) -> Rows:
    """Return at most so many rows of each class of a part, drawn at random, ascending."""
    rows = prepared.split.rows(part)
    labels = prepared.catalog.labels[rows]
    chance = np.random.default_rng(derived_seed(seed, "enrolled", part))
    drawn: list[npt.NDArray[np.int64]] = [
        chance.permutation(rows[labels == label])[:most] for label in np.unique(labels)
    ]
    return np.sort(np.concatenate(drawn))


def _digests(prepared: Prepared) -> PictureDigests:
    digests, split = prepared.surveyed.digests, prepared.split
    return PictureDigests.of(split.digest, {part: [digests[row] for row in split.rows(part)] for part in KEPT})
