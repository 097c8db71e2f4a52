import numpy as np
import torch
from sklearn.cluster import KMeans

from sightline.classical.encoders.clustering import nearness, shuffled, vocabulary


def blobs(count, *, spread=0.05, seed=0):
    """Return 4 x `count` points (M, 2) around the corners of a square."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]).repeat(count, axis=0)
    return (corners + spread * np.random.default_rng(seed).normal(size=corners.shape)).astype(np.float32)


def distortion(sample, centres):
    return (torch.cdist(torch.from_numpy(sample), centres) ** 2).amin(dim=1).mean().item()


def test_the_nearest_word_is_the_nearest(sample_of):
    rows, centres = torch.from_numpy(sample_of(50)), torch.from_numpy(sample_of(7, seed=1))
    distances = torch.cdist(rows, centres) ** 2
    expected = (rows.square().sum(dim=1, keepdim=True) - distances) / 2
    torch.testing.assert_close(nearness(centres, rows), expected, atol=1e-4, rtol=1e-4)


def test_words_are_as_good_as_scikit_learns(sample_of):
    sample = sample_of(3000)
    centres, remark = vocabulary(sample, 20, seed=0)
    reference = KMeans(20, n_init=1, random_state=0).fit(sample)
    assert remark == ""
    assert distortion(sample, centres) < 1.02 * reference.inertia_ / len(sample)


def test_a_word_that_is_nearest_to_nothing_moves_to_a_patch():
    angles = np.linspace(0, 6, 60)
    apart = 90 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    twins = 9 + 1e-6 * np.arange(120).reshape(60, 2)  # told apart by little more than their last bits
    sample = np.concatenate([apart, twins]).astype(np.float32)
    for seed in range(4):
        centres, _ = vocabulary(sample, 30, seed=seed)
        assert len(nearness(centres, torch.from_numpy(sample)).argmax(dim=1).unique()) >= 27
        assert torch.equal(vocabulary(sample, 30, seed=seed)[0], centres)


def test_rows_of_zeros_are_left_out_and_the_rest_is_kept():
    sample = np.concatenate([blobs(5), np.zeros((30, 2), np.float32)])
    rows = shuffled(sample, seed=0)
    assert sorted(map(tuple, rows.tolist())) == sorted(map(tuple, sample[:20].tolist()))
    assert rows.tolist() != sample[:20].tolist()


def test_each_distinct_row_is_a_word_if_there_are_fewer_than_wanted():
    sample = np.concatenate([blobs(1), blobs(1), np.zeros((3, 2), np.float32)])
    centres, remark = vocabulary(sample, 9, seed=0)
    assert sorted(map(tuple, centres.tolist())) == sorted(map(tuple, sample[:4].tolist()))
    assert remark.startswith("The vocabulary has 4 of 9 entries")


def test_as_many_distinct_rows_as_words_are_the_words():
    centres, remark = vocabulary(blobs(1).repeat(3, axis=0), 4, seed=0)
    assert distortion(blobs(1), centres) < 1e-12
    assert remark == ""


def test_without_rows_there_is_one_word_of_zeros():
    centres, _ = vocabulary(np.zeros((0, 3), np.float32), 4, seed=0)
    assert centres.tolist() == [[0, 0, 0]]
