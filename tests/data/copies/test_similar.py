"""Pictures that a base sees as alike, by made-up embeddings."""

import numpy as np

from sightline.data.copies.similar import LEAST, embeddings_of, nearness_of, similar_pairs


def features(count, *, twins, seed=0):
    """Return features of pictures, the first of which are each like the next one."""
    random = np.random.default_rng(seed)
    some = random.normal(size=(count, 256)).astype(np.float32)
    some[1 : 2 * twins : 2] = some[0 : 2 * twins : 2] + 0.5 * random.normal(size=(twins, 256))
    return some


def pairs_of(some):
    embeddings = embeddings_of(some)
    return similar_pairs(embeddings, nearness_of(embeddings))


def test_pictures_of_one_scene_are_found_and_no_others():
    rows, similarities = pairs_of(features(300, twins=20))
    assert {tuple(pair) for pair in rows.tolist()} == {(number, number + 1) for number in range(0, 40, 2)}
    assert (np.diff(similarities) <= 0).all()
    assert similarities.min() >= LEAST


def test_in_many_cells_nearly_all_pairs_are_found_that_a_full_comparison_finds():
    some = features(6_000, twins=500)
    embeddings = embeddings_of(some)
    nearness = nearness_of(embeddings)
    excess = embeddings[:1000] @ embeddings[:1000].T - (nearness[:1000, None] + nearness[:1000]) / 2
    expected = {tuple(pair) for pair in np.argwhere(np.triu(excess, 1) >= LEAST).tolist()}

    found = {tuple(pair) for pair in pairs_of(some)[0].tolist()}
    assert found <= expected
    assert len(found) > 0.85 * len(expected)


def test_a_set_in_which_all_are_alike_has_no_pairs():
    assert not len(pairs_of(np.ones((5_000, 8), np.float32))[0])


def test_two_pictures_and_one_can_be_asked_about():
    assert len(pairs_of(features(2, twins=0))[0]) == 0
    assert len(pairs_of(features(1, twins=0))[0]) == 0
