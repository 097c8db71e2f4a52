"""What a base sees in pictures: asked for once, for a picture, a base and a view."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np

from sightline.core.pieces import pieces
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import Rows
from sightline.data.survey.cache import decoder
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels
from sightline.inference.graph import Features, Graph
from sightline.inference.signature import Signature
from sightline.line.features.cache import SUFFIX, FeatureCache
from sightline.line.features.extractor import Extractor
from sightline.line.features.graph_file import base_graph, opened, signature_of
from sightline.line.narrator import Narrator

ASKED_TOGETHER = 64
"""Pictures between two steps of the progress, and between two writes to the cache."""


@dataclass(frozen=True)
class Store:
    """The features of pictures under one base.

    Args:
        base: What looks at them.
        folder: Where features and the base's graph are kept; None if nowhere.
    """

    base: Extractor
    folder: Path | None

    @cached_property
    def graph(self) -> bytes:
        """The base as an ONNX file; made by torch once, and found in the folder from then on."""
        return base_graph(self.base, self.folder)

    @cached_property
    def _signature(self) -> Signature:
        return signature_of(self.graph, self.base.format.shape)

    @cached_property
    def _asked(self) -> Graph:
        return opened(self.graph, self._signature)

    def features(self, surveyed: Surveyed, rows: Rows, *, mirrored: bool = False, narrator: Narrator) -> Features:
        """Return what the base sees in some pictures of a catalog, (n, F) float32.

        Every picture is asked about alone, so that its numbers do not depend on which others are known already.

        Args:
            surveyed: With pixels, in the base's format.
            rows: (n,) int64.
            mirrored: Whether it is shown their mirror images.
            narrator: Shows how many have been looked at.

        Raises:
            BundleError: The base's graph can't be computed.
        """
        digests = [surveyed.digests[row] for row in rows]
        cache = self._cache(surveyed, mirrored=mirrored)
        known = cache.find(digests) if cache else {}
        missing = np.array([place for place, digest in enumerate(digests) if digest not in known], dtype=np.int64)
        if len(missing):
            with narrator.counting(f"looking through {self.base.name}", len(missing)) as advance:
                for piece in pieces(len(missing), ASKED_TOGETHER):
                    places = missing[piece]
                    seen = self._asked.run(_shown(surveyed, rows[places], mirrored=mirrored))[0]
                    names = [digests[place] for place in places]
                    known |= dict(zip(names, seen, strict=True))
                    if cache:
                        cache.keep(names, seen)
                    advance(len(places))
        return np.stack([known[digest] for digest in digests])

    def looked(self, pixels: Pixels) -> Features:
        """Return what the base sees in pictures, (n, F) float32, of which nothing is kept.

        Args:
            pixels: (n, H, W, C) uint8, in the base's format.

        Raises:
            BundleError: The base's graph can't be computed.
        """
        return np.concatenate([self._asked.run(pixels[piece])[0] for piece in pieces(len(pixels), ASKED_TOGETHER)])

    def _cache(self, surveyed: Surveyed, *, mirrored: bool) -> FeatureCache | None:
        """Return where the features of this view are kept."""
        if self.folder is None or surveyed.format is None:
            return None
        graph = hashlib.sha256(self.graph).hexdigest()
        view = (graph, sorted(surveyed.format.describe().items()), decoder(), mirrored)
        name = hashlib.sha256(repr(view).encode()).hexdigest()[:32] + SUFFIX
        return FeatureCache(self.folder / "features" / name, self._signature.outputs[0].shape[0])


def store_of(base: Extractor) -> Store:
    """Return the store of a base, in the folder of caches."""
    pixels = pixel_folder()
    return Store(base, pixels and pixels.parent)


def _shown(surveyed: Surveyed, rows: Rows, *, mirrored: bool) -> Pixels:
    pixels: Pixels = cast("Pixels", surveyed.pixels)[rows]
    return pixels[:, :, ::-1] if mirrored else pixels
