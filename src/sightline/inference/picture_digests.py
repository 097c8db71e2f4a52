"""Which pictures a model has learnt from, as short digests that travel in its file.

A digest is the beginning of a SHA-256 sum over the split's digest and the picture's own. So a file names no picture
and can't be matched with another model's; who has a picture can ask whether this model has seen it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.data.catalog import TRAIN, VALIDATION
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.bundle import TRAIN_AGAIN, Bundle

KEPT = (TRAIN, VALIDATION)
"""The parts that a model has seen; the test part is not among them."""
DIGEST_BYTES = 8
"""Of ten million pictures and a hundred thousand that are asked about, one in ten million runs finds a wrong pair."""
ARRAY = "digests.{part}"

Digests = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class PictureDigests:
    """The pictures that a model has seen.

    Args:
        salt: What every digest was made with: the digest of the split, hexadecimal.
        parts: Part to (n,) uint64, ascending, none of them twice.
    """

    salt: str
    parts: Mapping[str, Digests]

    @classmethod
    def of(cls, salt: str, pictures: Mapping[str, Iterable[str]]) -> "PictureDigests":
        """Make digests of pictures.

        Args:
            salt: The digest of the split, hexadecimal.
            pictures: Part to the SHA-256 sums of its pictures, hexadecimal; the order is not kept.
        """
        return cls(salt, {part: np.unique(_short(salt, pictures.get(part, ()))) for part in KEPT})

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> "PictureDigests | None":
        """Return the digests that a model file holds; None if it is older than they are.

        Raises:
            BundleError: They are not understood.
        """
        salt = bundle.manifest.get("split_digest")
        if salt is None:
            return None
        try:
            arrays = bundle.named_arrays()
        except ValueError as error:
            raise BundleError(f"the digests of its pictures can't be read: {error!r}", hint=TRAIN_AGAIN) from error
        found = {part: arrays.get(ARRAY.format(part=part)) for part in KEPT}
        parts = {part: array for part, array in found.items() if array is not None}
        if not parts:
            return None
        if len(parts) < len(KEPT) or any(array.dtype != np.uint64 or array.ndim != 1 for array in parts.values()):
            raise BundleError("the digests of its pictures are not understood", hint=TRAIN_AGAIN)
        return cls(salt, parts)

    def arrays(self) -> Arrays:
        """Return what a bundle keeps of them, by name."""
        return {ARRAY.format(part=part): array for part, array in self.parts.items()}

    def part_of(self, pictures: Sequence[str]) -> list[str]:
        """Return the part that the model has seen each picture in, ``""`` where it has not.

        Args:
            pictures: The SHA-256 sums of n pictures, hexadecimal.
        """
        asked = _short(self.salt, pictures)
        seen = np.full(len(asked), "", dtype=object)
        for part, digests in self.parts.items():
            seen[np.isin(asked, digests)] = part
        return seen.tolist()


def _short(salt: str, pictures: Iterable[str]) -> Digests:
    sums = b"".join(hashlib.sha256(f"{salt}:{picture}".encode()).digest()[:DIGEST_BYTES] for picture in pictures)
    return np.frombuffer(sums, dtype="<u8").astype(np.uint64)
