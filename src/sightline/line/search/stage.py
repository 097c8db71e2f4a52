"""The stages of a search: from many short trainings in a wide space to few long ones near the best."""

import math
from dataclasses import dataclass

COARSE, FINE, FINALISTS = "coarse", "fine", "finalists"


@dataclass(frozen=True)
class Stage:
    """One stage.

    Args:
        name: What its study is called.
        trials: How many settings are tried.
        length: How long its trainings are, as a share of the full number of epochs, above 0 to 1.
        seeds: With how many seeds each of them is trained.
    """

    name: str
    trials: int
    length: float
    seeds: int = 1

    def epochs(self, full: int) -> int:
        """Return how many epochs its trainings have, of so many in full."""
        return max(1, math.ceil(self.length * full))

    @property
    def cost(self) -> float:
        """How many trainings of full length it is worth."""
        return self.trials * self.length * self.seeds


@dataclass(frozen=True)
class Budget:
    """How much a search may try.

    Args:
        trials: Settings that are tried in the two stages of short trainings; 1 or more.
        finalists: How many of the best are trained in full; 1 or more.
        seeds: With how many seeds each, 1 or more.
        minutes: For all trainings together; 0 sets no limit.
    """

    trials: int
    finalists: int = 3
    seeds: int = 3
    minutes: float = 0.0

    @property
    def stages(self) -> tuple[Stage, Stage, Stage]:
        """Three fifths of the trials go through the whole space in a quarter of the epochs, the rest in half."""
        coarse = math.ceil(0.6 * self.trials)
        finalists = min(self.finalists, self.trials)
        return (
            Stage(COARSE, coarse, 0.25),
            Stage(FINE, self.trials - coarse, 0.5),
            Stage(FINALISTS, finalists, 1.0, self.seeds),
        )

    def cost(self, *, folds: int) -> float:
        """Return how many trainings of full length it is worth.

        Args:
            folds: By which each short trial is judged; 0 for the validation part.
        """
        coarse, fine, finalists = self.stages
        return (coarse.cost + fine.cost) * max(1, folds) + finalists.cost
