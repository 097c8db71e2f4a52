"""The pairs of near copies in a data set, and the families that they make."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sightline.data.copies.kinds import Kind


@dataclass(frozen=True, eq=False)
class Copies:
    """Pairs of near copies, the surest first: the nearest, beside what counts as near among pictures of so much detail.

    Args:
        rows: (P, 2) int64 of the catalog, the lower one first.
        kinds: P, what one of each is to the other.
        distances: (P,) float32 from 0, the same pixels, to `sightline.data.copies.limits.MOST_APART`.
        poor: How many pictures show too little to be told by.
    """

    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    kinds: tuple[Kind, ...] = ()
    distances: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    poor: int = 0

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.rows)

    @cached_property
    def leaders(self) -> dict[int, int]:
        """The first row of each row's family, for every row that is in one: who is a copy of whom, in a chain."""
        leader = dict[int, int]()

        def leader_of(row: int) -> int:
            while leader.setdefault(row, row) != row:
                leader[row] = leader[leader[row]]
                row = leader[row]
            return row

        for first, second in self.rows.tolist():
            low, high = sorted((leader_of(first), leader_of(second)))
            leader[high] = low
        return {row: leader_of(row) for row in sorted(leader)}

    @cached_property
    def families(self) -> tuple[tuple[int, ...], ...]:
        """The rows of each family, ascending."""
        families = dict[int, list[int]]()
        for row, first in self.leaders.items():
            families.setdefault(first, []).append(row)
        return tuple(map(tuple, families.values()))


NO_COPIES = Copies()
"""What stands where nobody has looked for any, or none were found."""
