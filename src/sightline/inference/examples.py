"""The nearest training pictures: what a model has seen that looks to it like the picture at hand.

They are kept beside the model file, in the run's folder, and never in it: who passes a model on passes on
no picture.
"""

import json
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.core.storage import write_whole
from sightline.inference.classifier import Classifier
from sightline.inference.graph import Features
from sightline.inference.prediction import Neighbour
from sightline.inference.support.distances import unit

NAME = "examples.safetensors"
MOST_BYTES = 256 * 2**20
GRAPH_SUM, PATHS = "graph_sha256", "paths"
JPEG = b"\xff\xd8"
ARRAYS = {"labels": "I64", "features": "F16", "thumbnails": "U8", "ends": "I64"}
"""What the file holds, and the types as safetensors names them."""
MEND = "remove it, or name the model file instead of the folder: then no training pictures are shown"


@dataclass(frozen=True, eq=False)
class Examples:
    """Some training pictures and what the model's last layer read of them.

    Args:
        labels: The class of each of n pictures.
        features: (n, F) float32, each row of length one, or zero.
        thumbnails: The bytes of n small JPEG files.
        paths: What they were called in the training; none in older files.
    """

    labels: tuple[str, ...]
    features: Features
    thumbnails: tuple[bytes, ...]
    paths: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.labels)

    def nearest(self, features: Features, count: int) -> list[tuple[Neighbour, ...]]:
        """Return the nearest examples of each picture, nearest first, by the cosine of the angle between features.

        Args:
            features: (N, F) float32, as `sightline.inference.classifier.Classifier.with_features` gives them.
            count: How many of each; all there are if there are fewer.

        Reference:
            A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural
            networks" (2012), figure 4: the nearest training pictures by the last hidden layer.
            https://papers.nips.cc/paper/4824
            N. Papernot, P. McDaniel, "Deep k-nearest neighbors: towards confident, interpretable and robust deep
            learning" (2018): as an explanation, by the cosine. https://arxiv.org/abs/1803.04765
        """
        similarities = unit(features) @ self.features.T  # (N, n)
        order = np.argsort(-similarities, axis=1, kind="stable")[:, :count]
        return [
            tuple(self._neighbour(int(place), float(row[place])) for place in places)
            for row, places in zip(similarities, order, strict=True)
        ]

    def _neighbour(self, place: int, similarity: float) -> Neighbour:
        path = self.paths[place] if self.paths else ""
        return Neighbour(self.labels[place], similarity, self.thumbnails[place], path)


def write_examples(
    path: Path,
    classifier: Classifier,
    *,
    labels: npt.NDArray[np.int64],
    features: Features,
    thumbnails: Sequence[bytes],
    paths: Sequence[str] = (),
) -> None:
    """Write examples, whole or not at all.

    Args:
        path: The file, usually ``RUN/examples.safetensors``.
        classifier: The model; they are found by it alone.
        labels: (n,) int64, indices of classes.
        features: (n, F) float32, as `classifier` gives them; kept as float16, with rows of length one.
        thumbnails: The bytes of n JPEG files.
        paths: What the n pictures are called; none to keep no names.
    """
    from safetensors.numpy import save

    arrays: dict[str, npt.NDArray[Any]] = {
        "labels": labels,
        "features": unit(features).astype(np.float16),
        "thumbnails": np.frombuffer(b"".join(thumbnails), dtype=np.uint8),
        "ends": np.cumsum([len(thumbnail) for thumbnail in thumbnails], dtype=np.int64),
    }
    write_whole(path, save(arrays, {GRAPH_SUM: classifier.manifest[GRAPH_SUM], PATHS: json.dumps([*paths])}))


def read_examples(path: Path, classifier: Classifier) -> Examples:
    """Read what `write_examples` wrote.

    Args:
        path: The file, usually ``RUN/examples.safetensors``.
        classifier: The model that they belong to.

    Raises:
        BundleError: The file is damaged, too large, no regular file, or belongs to another model.
    """
    from safetensors import SafetensorError, safe_open

    try:
        _require_small(path)
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get(GRAPH_SUM) != classifier.manifest.get(GRAPH_SUM):
                raise BundleError(f"{path} belongs to another model than the one beside it", hint=MEND)
            _require_shapes(path, file, classifier)
            labels, features, thumbnails, ends = (file.get_tensor(name) for name in ARRAYS)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{path} can't be read: {error}", hint=MEND) from error
    _require_order(path, ends, len(thumbnails))
    if not np.isfinite(features).all() or not all(0 <= label < len(classifier.classes) for label in labels.tolist()):
        raise _damaged(path, "it has labels or features that no model has")
    pictures = _cut(path, thumbnails.tobytes(), ends)
    names = tuple(classifier.classes[label] for label in labels)
    return Examples(names, features.astype(np.float32), pictures, _paths(path, metadata.get(PATHS, "[]"), len(labels)))


def _require_small(path: Path) -> None:
    """Raise unless it is a file that may be read: what is no regular file could keep its reader waiting."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise BundleError(f"{path} is no regular file", hint=MEND)
    if status.st_size > MOST_BYTES:
        raise BundleError(f"{path} has more than {MOST_BYTES:,} bytes", hint=MEND)


def _require_shapes(path: Path, file: Any, classifier: Classifier) -> None:
    """Raise unless the arrays have the types and shapes that belong together, before any is read."""
    if sorted(file.keys()) != sorted(ARRAYS):
        raise _damaged(path, f"it holds {', '.join(map(repr, sorted(file.keys())[:8]))}; expected {', '.join(ARRAYS)}")
    headers = {name: file.get_slice(name) for name in ARRAYS}
    types = {name: header.get_dtype() for name, header in headers.items()}
    shapes = {name: tuple(header.get_shape()) for name, header in headers.items()}
    count, size = (shapes[name][:1] for name in ("labels", "thumbnails"))
    sides = {"labels": count, "features": (*count, classifier.features), "thumbnails": size, "ends": count}
    if types != ARRAYS or shapes != sides or not count or not size:
        found = "; ".join(f"{name} {types[name]} {list(shapes[name])[:4]}" for name in ARRAYS)
        raise _damaged(path, f"it has the arrays {found}")


def _require_order(path: Path, ends: npt.NDArray[np.int64], size: int) -> None:
    """Raise unless the pictures follow each other from the first byte to the last, so that none is cut out twice."""
    edges = np.concatenate([[0], ends, [size]])
    if np.any(edges[1:] < edges[:-1]) or edges[-2] != size:
        raise _damaged(path, "its pictures do not follow each other")


def _paths(path: Path, text: str, count: int) -> tuple[str, ...]:
    """Return what the pictures are called, or nothing where no names were kept."""
    try:
        paths = json.loads(text)
    except ValueError as error:
        raise _damaged(path, f"the names of its pictures are no JSON: {error}") from error
    if not isinstance(paths, list) or not all(isinstance(one, str) for one in paths) or len(paths) not in (0, count):
        raise _damaged(path, f"it has no name for each of its {count:,} pictures")
    return tuple(paths)


def _cut(path: Path, whole: bytes, ends: npt.NDArray[np.int64]) -> tuple[bytes, ...]:
    pictures = tuple(whole[start:end] for start, end in pairwise([0, *ends.tolist()]))
    if not all(picture.startswith(JPEG) for picture in pictures):
        raise _damaged(path, "it holds what is no JPEG")
    return pictures


def _damaged(path: Path, how: str) -> BundleError:
    return BundleError(f"{path} is damaged, its parts do not fit together: {how}", hint=MEND)
