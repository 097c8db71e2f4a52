"""Where the next trial looks: at random, by what was found, or at the next point of a grid.

A sampler is made anew for each trial, of the search's seed and the trial's number: what a trial is given depends on
nothing but that and on what was found before, however often the search was interrupted.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from sightline.core.errors import SettingsError
from sightline.line.search.space import Point, Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

TAKEN_AGAIN = "failed_trial"
"""By this entry Optuna marks a trial that takes the place of a dead one, with the same settings."""


class GridQueue(BaseSampler):
    """Gives each trial the point of its own number, so that no two processes ever have the same one.

    Optuna's own grid sampler draws from what is not yet visited, and two processes that draw at once visit one point
    twice.

    Args:
        points: All of them, in their order.
    """

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points

    def infer_relative_search_space(self, study: "Study", trial: "FrozenTrial") -> dict[str, "BaseDistribution"]:  # noqa: ARG002
        """Return that nothing is sampled together."""
        return {}

    def sample_relative(
        self,
        study: "Study",  # noqa: ARG002
        trial: "FrozenTrial",  # noqa: ARG002
        search_space: dict[str, "BaseDistribution"],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return that nothing is sampled together."""
        return {}

    def sample_independent(
        self,
        study: "Study",
        trial: "FrozenTrial",
        param_name: str,
        param_distribution: "BaseDistribution",  # noqa: ARG002
    ) -> Any:
        """Return one setting of the trial's point."""
        return self._points[place_of(study, trial)][param_name]


def place_of(study: "Study", trial: "FrozenTrial") -> int:
    """Return a trial's place among those that are no second try of another one, from 0."""
    earlier = study.get_trials(deepcopy=False)[: trial.number]
    return sum(TAKEN_AGAIN not in other.system_attrs for other in earlier)


def _random(space: Space, seed: int) -> BaseSampler:  # noqa: ARG001 - the table's
    return RandomSampler(seed=seed)


def _tpe(space: Space, seed: int) -> BaseSampler:  # noqa: ARG001 - the table's
    """Return a tree-structured Parzen estimator, which counts what runs elsewhere as bad so as not to follow it.

    Reference:
        J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011.
        https://papers.nips.cc/paper/4443
    """
    return TPESampler(seed=seed, constant_liar=True)


def _grid(space: Space, seed: int) -> BaseSampler:  # noqa: ARG001 - the table's
    return GridQueue(space.grid())


GRID = "grid"
SAMPLERS: dict[str, Callable[[Space, int], BaseSampler]] = {"tpe": _tpe, "random": _random, GRID: _grid}
"""Each way to choose a trial's settings by its name: from a space and a seed to Optuna's sampler."""


def most_trials(sampler: str, space: Space, wanted: int) -> int:
    """Return how many trials there can be: a grid has an end."""
    return min(wanted, len(space.grid())) if sampler == GRID else wanted


def require_sampler(name: str) -> None:
    """Raise if there is no such sampler.

    Raises:
        SettingsError: There is none; the message names them.
    """
    if name not in SAMPLERS:
        raise SettingsError(f"sampler = {name!r}", hint=f"expected one of {', '.join(SAMPLERS)}")
