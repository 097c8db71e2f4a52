"""Batches of some classes with some samples of each: what pairs, triplets, episodes and contrasts are found in.

Importing this file does not import torch.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sightline.training.samplers import LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from sightline.training.samples import Samples

GROUP = "group"
"""The target that holds what each sample's class belongs to, such as a letter's alphabet."""
FEWEST = 2
"""Samples of a class: one alone is like nothing."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassBatches:
    """Batches of P classes with K samples of each, as many of them as all samples fill.

    Classes with one sample are never drawn; those with fewer than K give what they have. An epoch draws every class
    about as often as any other.

    Args:
        classes: P, 2 or more.
        pictures: K, 2 or more.
        within: Share of the batches whose classes are all of one group, where the samples say which group they are of.
            There the classes are harder to tell apart.

    Reference:
        Hermans, Beyer and Leibe, "In defense of the triplet loss for person re-identification" (2017), section 2.
        https://arxiv.org/abs/1703.07737. Within a group: Lake, Salakhutdinov and Tenenbaum, "The Omniglot challenge: a
        3-year progress report" (2019), section 3.1. https://arxiv.org/abs/1902.03477
    """

    classes: int
    pictures: int
    within: float = 0.0

    def batches(self, samples: "Samples", *, seed: int) -> "Sequence[Tensor]":
        """Return the rows of each step, those of a class side by side.

        Raises:
            ValueError: Fewer than two classes have two samples.
        """
        import torch

        rows_of = _rows_of_classes(samples)
        groups = _groups_of_classes(samples, rows_of) if self.within else []
        chance = np.random.default_rng(seed)
        count = max(1, len(samples) // (self.classes * self.pictures))
        return [torch.from_numpy(self._batch(rows_of, groups, chance)) for _ in range(count)]

    def _batch(self, rows_of: dict[int, Rows], groups: list[Rows], chance: np.random.Generator) -> Rows:
        is_within = bool(groups) and chance.random() < self.within
        pool = _drawn_by_size(groups, chance) if is_within else np.array([*rows_of])
        chosen = chance.permutation(pool)[: self.classes]
        return np.concatenate([chance.permutation(rows_of[label])[: self.pictures] for label in chosen.tolist()])


def _rows_of_classes(samples: "Samples") -> dict[int, Rows]:
    """Return the rows of each class that has two or more.

    Raises:
        ValueError: There are fewer than two such classes.
    """
    rows = samples.rows.numpy()
    labels = samples.targets[LABEL].numpy()[rows]
    order = np.argsort(labels, kind="stable")
    present, starts = np.unique(labels[order], return_index=True)
    pieces = dict(zip(present.tolist(), np.split(rows[order], starts[1:]), strict=True))
    found = {label: piece for label, piece in pieces.items() if len(piece) >= FEWEST}
    if len(found) < FEWEST:
        raise ValueError(f"{len(found)} of {len(pieces)} classes have two samples or more; two such classes are needed")
    return found


def _groups_of_classes(samples: "Samples", rows_of: dict[int, Rows]) -> list[Rows]:
    """Return the classes of each group that has two or more; none where no sample says its group."""
    if GROUP not in samples.targets:
        return []
    groups = samples.targets[GROUP].numpy()
    group_of = {label: int(groups[rows[0]]) for label, rows in rows_of.items()}
    members = [np.array([label for label in group_of if group_of[label] == group]) for group in {*group_of.values()}]
    return [labels for labels in members if len(labels) >= FEWEST]


def _drawn_by_size(groups: list[Rows], chance: np.random.Generator) -> Rows:
    """Return a group, the likelier the more classes it has, so that classes are drawn alike."""
    sizes = np.array([len(labels) for labels in groups])
    return groups[int(chance.choice(len(groups), p=sizes / sizes.sum()))]
