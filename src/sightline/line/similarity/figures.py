"""How well a model compares some labelled pictures: same or different, and from one picture or a few."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sightline.data.by_class.groups import class_groups
from sightline.data.catalog import Catalog, Rows
from sightline.evaluation.pairs.clusters import clusters_of
from sightline.evaluation.report import Section
from sightline.evaluation.report.similarity.embedding import EmbeddingDrawn
from sightline.evaluation.report.similarity.episodes import Episodes
from sightline.evaluation.report.similarity.result import SimilarityResult
from sightline.evaluation.report.similarity.verification import VerificationCurve
from sightline.evaluation.similarity.embedding_map import EmbeddingMap, drawn_rows, principal_plane
from sightline.evaluation.similarity.episodes import TASKS, EpisodeScore, Pool, Task, score_episodes
from sightline.evaluation.similarity.verification import Verification, verification_of
from sightline.imaging.deep import DeepRange
from sightline.inference.graph import Floats
from sightline.line.answers import picture


@dataclass(frozen=True, eq=False)
class SimilarityFigures:
    """What a model's distances are worth on some pictures.

    Args:
        catalog: The data that they are of.
        rows: (n,) which of it.
        embeddings: (n, E) of unit length.
        verification: Of all pairs; None where there are too few.
        within: Episodes of one group each.
        across: Episodes of all classes.
    """

    catalog: Catalog
    rows: Rows
    embeddings: Floats
    verification: Verification | None
    within: tuple[EpisodeScore, ...]
    across: tuple[EpisodeScore, ...]

    @property
    def episodes(self) -> tuple[EpisodeScore, ...]:
        """Every kind of episode, the one to read first in front: one picture, of as many classes as there are."""
        every = (*self.within, *self.across)
        return tuple(sorted(every, key=lambda each: (each.task.shots, not each.task.within, -each.task.ways)))

    def shipped(self) -> dict[str, Any]:
        """Return the figures that travel in the model file."""
        first = self.episodes[:1]
        return {
            **({} if self.verification is None else _without_curve(self.verification.as_json())),
            "episodes": [each.as_json() for each in first],
        }

    def sections(self, *, classes_are_new: bool, readings: int, deep: DeepRange) -> tuple[Section, ...]:
        """Return what a report shows of them.

        Args:
            classes_are_new: Whether the model has learnt from none of the classes.
            readings: How often these pictures have been read so far, this time included.
            deep: What the model takes for black and white in pictures of more than eight bits.
        """
        result = SimilarityResult(self.verification, self.episodes, classes_are_new, readings)
        tables = (Episodes(self.within, self.across),) if self.episodes else ()
        curve = () if self.verification is None else (VerificationCurve(self.verification),)
        return (result, *tables, *curve, EmbeddingDrawn(self._map(deep)))

    def _map(self, deep: DeepRange) -> EmbeddingMap:
        """Return some pictures in the plane of their embeddings."""
        labels = self.catalog.labels[self.rows]
        places = drawn_rows(labels)
        plane, share = principal_plane(self.embeddings[places])
        shown = tuple(picture(self.catalog, int(row), deep) for row in self.rows[places])
        return EmbeddingMap(plane, share, labels[places], self.catalog.classes, shown)


def figures_of(catalog: Catalog, rows: Rows, embeddings: Floats, *, seed: int) -> SimilarityFigures:
    """Measure what distances are worth.

    Args:
        rows: (n,) the rows of the catalog that were embedded.
        embeddings: (n, E) of unit length.
        seed: Of what is drawn.
    """
    labels = catalog.labels[rows]
    groups = np.array(class_groups(catalog), dtype=object)
    pool = Pool(labels, groups[labels])
    within, across = (
        tuple(
            score
            for ways, shots in TASKS
            if (score := score_episodes(embeddings, pool, Task(ways, shots, is_within), seed=seed))
        )
        for is_within in (True, False)
    )
    verification = verification_of(embeddings, labels, clusters_of(labels, groups[labels]), seed=seed)
    return SimilarityFigures(catalog, rows, embeddings, verification, within, across)


def _without_curve(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "curve"}
