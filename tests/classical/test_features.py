import numpy as np
import pytest

from sightline.classical.features import ROWS_A_PIECE, Features

N, F, C = ROWS_A_PIECE + 300, 7, 3


@pytest.fixture
def features():
    chance = np.random.default_rng(0)
    values = chance.normal(5, 2, (N, F)).astype(np.float32)
    values[:, 2] = 4
    factor = (1 / np.where(values.std(axis=0) > 0, values.std(axis=0), np.inf)).astype(np.float32)
    return Features(values, chance.integers(0, C, N), values.mean(axis=0), factor, C)


@pytest.fixture
def line():
    chance = np.random.default_rng(1)
    return chance.normal(size=(F, C)).astype(np.float32), chance.normal(size=C).astype(np.float32)


def distance(scores, labels):
    """Return a loss whose slopes are easily told: half the squared distance to the label in every score."""
    off = scores - labels[:, None].astype(np.float32)
    return np.square(off).sum(axis=1) / 2, off


def test_rows_are_standardised_and_a_constant_feature_is_zero(features):
    rows = features.rows(slice(None)).numpy()
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(rows.std(axis=0), [1, 1, 0, 1, 1, 1, 1], atol=1e-4)
    np.testing.assert_array_equal(features.rows(np.array([5, 3])), rows[[5, 3]])


def test_the_bits_do_not_depend_on_where_the_rows_lie_in_memory():
    values = np.random.default_rng(0).normal(size=(400, 64)).astype(np.float32)
    weights = np.random.default_rng(1).normal(size=(64, 10)).astype(np.float32)
    room = np.zeros(values.size + 16, np.float32)
    results = []
    for start in range(16):
        room[start : start + values.size] = values.ravel()
        moved = room[start : start + values.size].reshape(values.shape)
        part = Features(moved, np.arange(400) % 10, values.mean(axis=0), values.std(axis=0), 10)
        value, by_weights, by_bias = part.descent(weights, weights[0], distance)
        results.append((part.rows(slice(None)).numpy().tobytes(), value, by_weights.tobytes(), by_bias.tobytes()))
    assert len(set(results)) == 1


def test_scores_and_descent_are_those_of_the_standardised_matrix(features, line):
    rows, (weights, bias) = features.rows(slice(None)).numpy().astype(np.float64), line
    scores = rows @ weights + bias
    losses, slopes = distance(scores, features.labels)
    value, by_weights, by_bias = features.descent(weights, bias, distance)
    np.testing.assert_allclose(features.scores(weights, bias), scores, atol=1e-4)
    assert value == pytest.approx(losses.mean(), rel=1e-5)
    np.testing.assert_allclose(by_weights, rows.T @ slopes / N, atol=1e-4)
    np.testing.assert_allclose(by_bias, slopes.mean(axis=0), atol=1e-4)


def test_a_file_that_is_mapped_into_memory_does_as_well(features, line, tmp_path):
    np.save(tmp_path / "values.npy", features.values)
    mapped = np.load(tmp_path / "values.npy", mmap_mode="c")
    other = Features(mapped, features.labels, features.mean, features.factor, C)
    np.testing.assert_array_equal(other.scores(*line), features.scores(*line))
    np.testing.assert_array_equal(other.descent(*line, distance)[1], features.descent(*line, distance)[1])


@pytest.mark.parametrize("most", [1, 7, N - 1, N, 2 * N])
def test_a_sample_is_spread_over_all_rows(features, most):
    places = features.sample(most)
    assert 1 <= len(places) <= most
    assert len(set(np.diff(places))) <= 1
    assert N - places[-1] <= -(-N // most)
