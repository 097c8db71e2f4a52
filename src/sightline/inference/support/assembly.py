"""From a network that makes embeddings, and pictures that it has not learnt from, to the bundle that ships."""

from collections.abc import Mapping
from typing import Any

from sightline.inference.arrays.array_file import Arrays, written_arrays
from sightline.inference.bundle import Bundle, bundle_of
from sightline.inference.manifest import SIMILARITY as SIMILARITY  # noqa: PLC0414 - makers of bundles look here
from sightline.inference.support.cohort import KEY, Cohort, fitted_scale
from sightline.inference.support.nearest import SCALE, WIDTH
from sightline.inference.support.support_set import SupportSet


def similarity_bundle(
    manifest: Mapping[str, Any],
    weights: bytes,
    graph: bytes,
    *,
    support: SupportSet,
    cohort: Cohort,
    arrays: Arrays | None = None,
) -> Bundle:
    """Return the bundle of a model that compares pictures; its scale is fitted on the cohort.

    Args:
        manifest: ``method``, ``model``, ``classes``, ``preprocess``, ``parameters``, ``proof`` and what else
            docs/bundle.md lets the maker say; the task, the width, the scale and the cohort are added.
        weights: The bytes of a safetensors file.
        graph: The bytes of an ONNX file from ``pixels`` to ``embedding``, of length one.
        support: Of each class a picture or more.
        cohort: Of classes that the network was not trained on: two or more, of two pictures or more.
        arrays: What else is to travel beside, such as `PictureDigests.arrays`.

    Raises:
        ValueError: The cohort is too small to fit a scale on.
    """
    stated = {
        **manifest,
        "task": SIMILARITY,
        WIDTH: support.width,
        SCALE: fitted_scale(cohort.embeddings, cohort.labels),
        KEY: cohort.as_json(),
    }
    beside = (arrays or {}) | support.arrays() | cohort.arrays()
    return bundle_of(stated, weights, graph, arrays=written_arrays(beside))
