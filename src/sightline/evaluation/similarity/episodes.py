"""Episodes: some classes, a few pictures of each, and others that are asked about; the measure of few-shot learning."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval
from sightline.core.seeding import derived_seed
from sightline.evaluation.pairs.clusters import clustered_interval, clusters_of, counted

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]

TASKS = ((5, 1), (5, 5), (20, 1), (20, 5))
"""Ways and shots that are usual."""
TRIALS = 2_000
"""Pictures that are asked about in all episodes of a task together."""


@dataclass(frozen=True)
class Task:
    """What kind of episode.

    Args:
        ways: How many classes, 2 or more.
        shots: How many pictures of each are known, 1 or more.
        within: Whether all classes are of one group, such as an alphabet, which is harder.
    """

    ways: int
    shots: int
    within: bool


@dataclass(frozen=True, eq=False)
class Episode:
    """One episode, in rows of a table of samples.

    Args:
        support: (ways, shots) rows: what is known.
        queries: (ways,) rows: one picture of each class that is asked about.
    """

    support: Rows
    queries: Rows


@dataclass(frozen=True)
class EpisodeScore:
    """How many pictures were named rightly in the episodes of a task.

    Args:
        accuracy: 0 to 1; always the same class would give one in as many as there are ways.
        interval: At 95 %, over the clusters of those that were asked about.
        trials: How many pictures were asked about.
        classes: Of how many classes they were.
        groups: Of how many groups they were, which are the clusters; 0 where each class is one.
        seed: Decided which pictures were drawn.
    """

    task: Task
    accuracy: float
    interval: Interval
    trials: int
    classes: int
    groups: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Pool:
    """The samples that episodes are drawn from.

    Args:
        labels: (N,) the class of each.
        groups: (N,) the group of each one's class.
        origins: (N,) who made each, such as a drawer; then the known pictures of an episode are of others than those
            that are asked about. None where nobody says.
    """

    labels: Rows
    groups: NDArray[Any]
    origins: NDArray[Any] | None = None


def episodes_of(pool: Pool, task: Task, *, trials: int = TRIALS, seed: int = 0) -> Iterator[Episode]:
    """Yield episodes with one picture of each class to ask about, until there are as many trials as wanted.

    The groups take turns where all classes of an episode are of one. No episode is yielded where no group, or not all
    classes together, have enough classes with enough pictures.

    Args:
        trials: How many pictures are asked about at least.
        seed: Decides which classes and pictures are drawn.

    Reference:
        Vinyals et al., "Matching networks for one shot learning" (2016), section 4. https://arxiv.org/abs/1606.04080;
        within an alphabet, of two drawers: Lake, Salakhutdinov and Tenenbaum, "Human-level concept learning through
        probabilistic program induction" (2015). https://doi.org/10.1126/science.aab3050
    """
    chance = np.random.default_rng(derived_seed(seed, "episodes", task.ways, task.shots, int(task.within)))
    rows_of = {int(label): np.flatnonzero(pool.labels == label) for label in np.unique(pool.labels)}
    usable = [label for label, rows in rows_of.items() if len(rows) > task.shots]
    pools = [each for each in _pools(pool, rows_of, usable, task) if len(each) >= task.ways]
    for number in range(-(-trials // task.ways) if pools else 0):
        chosen = chance.permutation(pools[number % len(pools)])[: task.ways]
        draw = _of_anybody if pool.origins is None else _of_two_makers
        yield draw(pool, [rows_of[label] for label in chosen.tolist()], task, chance)


def _pools(pool: Pool, rows_of: dict[int, Rows], usable: list[int], task: Task) -> list[Rows]:
    """Return the classes of each group that episodes are drawn from; all together where they need not be of one."""
    if not task.within:
        return [np.array(usable, dtype=np.int64)]
    group_of = {label: pool.groups[rows_of[label][0]] for label in usable}
    return [
        np.array([label for label in usable if group_of[label] == group], dtype=np.int64)
        for group in sorted({*group_of.values()} - {""})
    ]


def _of_anybody(_pool: Pool, members: list[Rows], task: Task, chance: np.random.Generator) -> Episode:
    drawn = np.array([chance.permutation(rows)[: task.shots + 1] for rows in members])
    return Episode(drawn[:, :-1], drawn[:, -1])


def _of_two_makers(pool: Pool, members: list[Rows], task: Task, chance: np.random.Generator) -> Episode:
    """Return an episode whose known pictures are of some makers and whose others are of another one."""
    origins = pool.origins if pool.origins is not None else np.empty(0)
    shared = set.intersection(*({*origins[rows].tolist()} for rows in members))
    makers = chance.permutation(sorted(shared))[: task.shots + 1]
    if len(makers) <= task.shots:
        return _of_anybody(pool, members, task, chance)
    drawn = np.array(
        [[chance.choice(rows[origins[rows] == maker]) for maker in makers.tolist()] for rows in members], dtype=np.int64
    )
    return Episode(drawn[:, :-1], drawn[:, -1])


def answers_to(episode: Episode, embeddings: Floats) -> Rows:
    """Return the place of the class that each query is nearest to, (ways,): nearest to the mean of its known pictures.

    Args:
        embeddings: (N, E) of unit length.
    """
    means = embeddings[episode.support].mean(axis=1)  # (ways, E)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    places: Rows = (embeddings[episode.queries] @ means.T).argmax(axis=1)
    return places


def score_episodes(
    embeddings: Floats, pool: Pool, task: Task, *, trials: int = TRIALS, seed: int = 0
) -> EpisodeScore | None:
    """Ask about every episode of a task; None where there are too few classes or pictures for one.

    Args:
        embeddings: (N, E) of unit length, of the pool's samples.
        trials: How many pictures are asked about at least.
        seed: Decides which classes and pictures are drawn.
    """
    right, asked = list[NDArray[np.bool_]](), list[Rows]()
    for episode in episodes_of(pool, task, trials=trials, seed=seed):
        right.append(answers_to(episode, embeddings) == np.arange(task.ways))
        asked.append(episode.queries)
    if not right:
        return None
    hits, rows = np.concatenate(right), np.concatenate(asked)
    clusters = clusters_of(pool.labels[rows], pool.groups[rows])
    classes, groups = counted(pool.labels[rows], clusters)
    return EpisodeScore(
        task,
        accuracy=float(hits.mean()),
        interval=clustered_interval(hits, clusters),
        trials=len(hits),
        classes=classes,
        groups=groups,
        seed=seed,
    )
