"""Episodes: who is drawn, and what is counted."""

import numpy as np
import pytest

from sightline.evaluation.similarity.embedding_map import principal_plane
from sightline.evaluation.similarity.episodes import (
    Episode,
    Pool,
    Task,
    answers_to,
    episodes_of,
    score_episodes,
)


@pytest.fixture
def pool():
    """Return three alphabets of 6 letters and one of 3, each letter drawn by eight people."""
    labels = np.repeat(np.arange(21), 8)
    groups = np.array([f"alphabet{label // 6}" for label in labels], dtype=object)
    return Pool(labels, groups, np.tile(np.arange(8), 21))


def points(pool, noise):
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(21, 16))[pool.labels] + noise * generator.normal(size=(len(pool.labels), 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_an_episode_has_so_many_classes_of_one_group_and_no_picture_twice(pool):
    for episode in episodes_of(pool, Task(5, 2, within=True), trials=100, seed=0):
        assert episode.support.shape == (5, 2)
        rows = np.concatenate([episode.support.ravel(), episode.queries])
        assert len(set(rows.tolist())) == 15
        assert len(set(pool.groups[rows])) == 1
        assert (pool.labels[episode.support] == pool.labels[episode.queries][:, None]).all()


def test_known_pictures_and_others_are_of_different_makers(pool):
    for episode in episodes_of(pool, Task(5, 1, within=True), trials=50, seed=0):
        known, asked = pool.origins[episode.support.ravel()], pool.origins[episode.queries]
        assert len({*known}) == len({*asked}) == 1
        assert known[0] != asked[0]


def test_groups_take_turns_and_small_ones_are_left_out(pool):
    drawn = [pool.groups[each.queries[0]] for each in episodes_of(pool, Task(5, 1, within=True), trials=60, seed=0)]
    assert {name: drawn.count(name) for name in drawn} == {"alphabet0": 4, "alphabet1": 4, "alphabet2": 4}


def test_episodes_across_draw_from_all_classes_and_depend_on_the_seed_alone(pool):
    first, again, other = ([*episodes_of(pool, Task(10, 1, within=False), seed=seed)] for seed in (0, 0, 1))
    assert sum(len(each.queries) for each in first) == 2000
    assert len({*np.concatenate([pool.labels[each.queries] for each in first]).tolist()}) == 21
    assert all(np.array_equal(one.queries, two.queries) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one.queries, two.queries) for one, two in zip(first, other, strict=True))


def test_the_nearest_mean_of_the_known_pictures_is_the_answer():
    embeddings = np.array([[1, 0], [0.8, 0.6], [0, 1], [0.6, 0.8], [0.9, 0.43], [0, 1]], dtype=np.float32)
    episode = Episode(support=np.array([[0, 1], [2, 3]]), queries=np.array([4, 5]))
    assert answers_to(episode, embeddings).tolist() == [0, 1]


def test_embeddings_without_noise_are_always_right_and_noise_alone_is_chance(pool):
    sure = score_episodes(points(pool, 0.0), pool, Task(5, 1, within=True))
    lost = score_episodes(points(pool, 1000.0), pool, Task(5, 1, within=False))
    assert (sure.accuracy, sure.trials, sure.classes, sure.groups) == (1.0, 2000, 18, 3)
    assert lost.interval[0] <= 0.2 <= lost.interval[1]


def test_more_known_pictures_and_fewer_classes_are_easier(pool):
    noisy = points(pool, 1.2)
    one, five = (score_episodes(noisy, pool, Task(10, shots, within=False)).accuracy for shots in (1, 5))
    few = score_episodes(noisy, pool, Task(3, 1, within=False)).accuracy
    assert one < five
    assert one < few


def test_no_episode_is_drawn_where_there_are_too_few_classes_or_pictures(pool):
    assert score_episodes(points(pool, 0.0), pool, Task(7, 1, within=True)) is None
    assert score_episodes(points(pool, 0.0), pool, Task(5, 8, within=False)) is None


def test_the_principal_plane_shows_the_directions_of_most_variance():
    generator = np.random.default_rng(0)
    spread = generator.normal(size=(50, 4)) * np.array([0.1, 5, 0.1, 2])
    places, share = principal_plane(spread.astype(np.float32))
    assert share > 0.99
    assert abs(np.corrcoef(places[:, 0], spread[:, 1])[0, 1]) > 0.99
    assert (places.min(), places.max()) == (0, 1)
    assert principal_plane(np.ones((3, 4), np.float32))[1] == 0
