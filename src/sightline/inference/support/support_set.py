"""The enrolled pictures of a model: what its network makes of each, and which class each shows."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.support.distances import are_unit

Embeddings = npt.NDArray[np.float32]
"""(M, E), each row of length one."""
Labels = npt.NDArray[np.int64]
Digests = npt.NDArray[np.uint8]
"""(M, 32): the SHA-256 sum of each picture."""

MOST_PICTURES = 100_000
MOST_NUMBERS = 2**27
"""Of all embeddings together: half a GiB."""
JPEG = b"\xff\xd8"
DIGEST_BYTES = hashlib.sha256().digest_size
SUPPORT = "support."
"""Before the name of each of its arrays."""
EMBEDDINGS, LABELS, DIGESTS = (SUPPORT + name for name in ("embeddings", "labels", "digests"))
NAMES, COPIES, ENDS = (SUPPORT + name for name in ("names", "copies", "ends"))
REQUIRED = (EMBEDDINGS, LABELS, DIGESTS)


@dataclass(frozen=True, eq=False)
class SupportSet:
    """The enrolled pictures of a model, class after class.

    Args:
        embeddings: (M, E) float32, each row of length one.
        labels: (M,) int64, ascending: the class of each picture, an index of the model's classes.
        digests: (M, 32) uint8, the SHA-256 sum of each picture's file.
        names: What each picture's file was called, without its folders; ``""`` where it had no name.
        copies: A small JPEG of each picture; ``b""`` where none was asked for.

    Raises:
        ValueError: The arrays do not fit together, or labels do not ascend.
    """

    embeddings: Embeddings
    labels: Labels
    digests: Digests
    names: tuple[str, ...]
    copies: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Look at every array, for a model file may hold anything."""
        arrays = (self.embeddings, self.labels, self.digests)
        if [array.dtype.str for array in arrays] != ["<f4", "<i8", "|u1"] or self.embeddings.ndim != len("ME"):
            raise ValueError("its arrays have other types or shapes than they should")
        count = len(self.embeddings)
        shapes = (self.labels.shape, self.digests.shape, len(self.names), len(self.copies))
        if shapes != ((count,), (count, DIGEST_BYTES), count, count):
            raise ValueError(f"of {count} pictures it has labels, digests, names and copies of other numbers: {shapes}")
        if not are_unit(self.embeddings):
            raise ValueError("it has an embedding whose length is not one")
        if (self.labels[:1] < 0).any() or (np.diff(self.labels) < 0).any():
            raise ValueError("its pictures do not stand class after class")

    @classmethod
    def of(
        cls,
        embeddings: Embeddings,
        labels: Labels,
        digests: Digests,
        *,
        names: Sequence[str] = (),
        copies: Sequence[bytes] = (),
    ) -> "SupportSet":
        """Return a support set of pictures in any order; names and copies may be left out.

        Raises:
            ValueError: The arrays do not fit together.
        """
        order = np.argsort(labels, kind="stable")
        named, copied = names or [""] * len(order), copies or [b""] * len(order)
        return cls(
            embeddings[order],
            labels[order],
            digests[order],
            tuple(named[place] for place in order.tolist()),
            tuple(copied[place] for place in order.tolist()),
        )

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.labels)

    @property
    def width(self) -> int:
        """How many numbers an embedding has."""
        return int(self.embeddings.shape[1])

    def counts(self, classes: int) -> npt.NDArray[np.int64]:
        """Return (classes,) how many pictures each class has."""
        return np.bincount(self.labels, minlength=classes).astype(np.int64)

    def place_of(self, digest: bytes) -> int | None:
        """Return where a picture stands, by the SHA-256 sum of its file; None if it is not enrolled."""
        places = np.flatnonzero((self.digests == np.frombuffer(digest, np.uint8)).all(axis=1))
        return int(places[0]) if len(places) else None

    def labelled(self, label: int) -> "SupportSet":
        """Return the pictures as those of one class."""
        return replace(self, labels=np.full(len(self), label, np.int64))

    def joined(self, other: "SupportSet") -> "SupportSet":
        """Return the pictures of both, class after class; of one class, this set's come first.

        Raises:
            ValueError: Their embeddings have different widths.
        """
        return SupportSet.of(
            np.concatenate([self.embeddings, other.embeddings]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.digests, other.digests]),
            names=self.names + other.names,
            copies=self.copies + other.copies,
        )

    def without(self, label: int) -> "SupportSet":
        """Return the pictures of all other classes; the classes behind it move up by one."""
        kept = np.flatnonzero(self.labels != label)
        labels = self.labels[kept]
        return SupportSet(
            self.embeddings[kept],
            labels - (labels > label),
            self.digests[kept],
            tuple(self.names[place] for place in kept.tolist()),
            tuple(self.copies[place] for place in kept.tolist()),
        )

    def arrays(self) -> Arrays:
        """Return what a model file keeps of it; docs/bundle.md says more of each."""
        arrays: Arrays = {EMBEDDINGS: self.embeddings, LABELS: self.labels, DIGESTS: self.digests}
        if any(self.names):
            arrays[NAMES] = np.frombuffer(json.dumps(self.names).encode(), np.uint8)
        if any(self.copies):
            arrays[COPIES] = np.frombuffer(b"".join(self.copies), np.uint8)
            arrays[ENDS] = np.fromiter(accumulate(map(len, self.copies)), np.int64)
        return arrays


def support_set_in(arrays: Arrays, classes: Sequence[str], *, width: int) -> SupportSet:
    """Return the support set among a model file's arrays.

    Args:
        arrays: All that the file keeps beside its graph.
        classes: Those that must have a picture each; labels are indices of them.
        width: How many numbers an embedding has.

    Raises:
        BundleError: There is none, it is damaged or too large, or a class has no picture.
    """
    missing = [name for name in REQUIRED if name not in arrays]
    if missing:
        raise BundleError(f"the model file holds no array {missing[0]}", hint=TRAIN_AGAIN)
    embeddings, labels, digests = (arrays[name] for name in REQUIRED)
    require_few(labels.size, embeddings.size)
    try:
        names, copies = _names(arrays, labels.size), _copies(arrays, labels.size)
        support = SupportSet(embeddings, labels, digests, names, copies)
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(f"the enrolled pictures are not understood: {error}", hint=TRAIN_AGAIN) from error
    if support.width != width or (support.labels >= len(classes)).any():
        raise BundleError("the enrolled pictures do not fit the model's classes and embedding", hint=TRAIN_AGAIN)
    empty = np.flatnonzero(support.counts(len(classes)) == 0)
    if len(empty):
        raise BundleError(f"the class {classes[empty[0]]!r} has no enrolled picture", hint=TRAIN_AGAIN)
    return support


def require_few(pictures: int, numbers: int) -> None:
    """Raise if a support set is larger than a model file may have.

    Args:
        pictures: M, of all classes.
        numbers: M times E, of all embeddings.

    Raises:
        BundleError: It is.
    """
    if pictures > MOST_PICTURES or numbers > MOST_NUMBERS:
        raise BundleError(
            f"{pictures:,} enrolled pictures are more than a model file may have: at most {MOST_PICTURES:,}, and "
            f"{MOST_NUMBERS:,} numbers in their embeddings",
            hint="enroll fewer pictures of each class; some five are enough",
        )


def _names(arrays: Arrays, count: int) -> tuple[str, ...]:
    if NAMES not in arrays:
        return ("",) * count
    names = json.loads(arrays[NAMES].tobytes())
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("its names are no list of texts")
    return tuple(names)


def _copies(arrays: Arrays, count: int) -> tuple[bytes, ...]:
    if COPIES not in arrays:
        return (b"",) * count
    whole, ends = arrays[COPIES].tobytes(), arrays[ENDS].tolist() if ENDS in arrays else []
    edges = [0, *ends]
    if edges[-1] != len(whole) or any(end < start for start, end in pairwise(edges)):
        raise ValueError("its copies of pictures do not follow each other")
    copies = tuple(whole[start:end] for start, end in pairwise(edges))
    if not all(copy.startswith(JPEG) for copy in copies if copy):
        raise ValueError("it holds what is no JPEG")
    return copies
