"""Fitting: only training pictures are learnt from, an interrupted fit goes on, and bits repeat."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

from sightline.classical.building import build_pipeline
from sightline.classical.choosing import chosen_plan
from sightline.classical.fitting import LabelledPictures, fit_pipeline, standardised

PLAN = chosen_plan("features", {"descriptor": ("sift",), "cell": 4, "encoder": "bag", "words": 6})


def examples(seed=0, count=30):
    chance = np.random.default_rng(seed)
    pixels = chance.integers(0, 256, (count, 20, 20, 3), dtype=np.uint8)
    labels = np.arange(count) % 3
    for label in range(3):
        pixels[labels == label, label * 6 : label * 6 + 5] //= 8
    rows = np.arange(count)
    return LabelledPictures(pixels, labels, rows[:18], rows[18:24], 3)


def fit(folder, pictures, plan=PLAN, seed=0):
    pipeline = build_pipeline(plan.as_options(), pictures.pixels.shape[1:])
    fit_pipeline(pipeline, plan, pictures, seed=seed, folder=folder, counting=lambda *_: nullcontext(lambda _: None))
    return pipeline.state_dict()


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_the_same_pictures_and_seed_give_the_same_bits(tmp_path):
    pictures = examples()
    assert same(fit(tmp_path / "a", pictures), fit(tmp_path / "b", pictures))
    assert not same(fit(tmp_path / "a2", pictures), fit(tmp_path / "c", pictures, seed=1))


def test_pictures_of_the_test_part_are_never_looked_at(tmp_path):
    pictures, other = examples(), examples()
    other.pixels[24:] = 0
    assert same(fit(tmp_path / "a", pictures), fit(tmp_path / "b", other))


def test_the_vocabulary_is_fitted_on_the_training_part_alone(tmp_path):
    pictures, other = examples(), examples()
    other.pixels[18:24] = 255 - other.pixels[18:24]
    first, second = fit(tmp_path / "a", pictures), fit(tmp_path / "b", other)
    words = [name for name in first if name.startswith("features.")]
    assert words
    assert all(torch.equal(first[name], second[name]) for name in words)


class KilledError(Exception):
    """Stands for the end of the process."""


def killed(*_, **__):
    raise KilledError


def fit_until(stage, folder, pictures):
    """Fit up to a function of the module, which is never reached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"sightline.classical.fitting.{stage}", killed)
        fit(folder, pictures)


@pytest.mark.parametrize(
    ("stage", "kept"),
    [
        ("_described", {"vocabulary.safetensors"}),
        ("standardised", {"vocabulary.safetensors", "features.f32"}),
    ],
)
def test_an_interrupted_fit_goes_on_and_ends_with_the_same_bits(tmp_path, stage, kept):
    pictures = examples()
    whole = fit(tmp_path / "whole", pictures)
    with pytest.raises(KilledError):
        fit_until(stage, tmp_path / "cut", pictures)
    assert {path.name for path in (tmp_path / "cut").glob("*")} == kept
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sightline.classical.fitting._vocabulary", killed)  # it is not fitted again
        assert same(whole, fit(tmp_path / "cut", pictures))
    assert {path.name for path in (tmp_path / "cut").glob("*")} == {"vocabulary.safetensors"}


def test_columns_have_mean_zero_and_deviation_one_and_constant_ones_nothing():
    values = np.random.default_rng(0).normal(5, 3, (200, 4)).astype(np.float32)
    values[:, 2] = 7
    mean, factor = standardised(values, chosen_plan("hog-svm", {}))
    scaled = (values - mean) * factor
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0, 1], atol=1e-4)


def test_vectors_normalised_as_a_whole_keep_their_proportions_and_histograms_of_a_kernel_stay():
    values = np.random.default_rng(0).random((50, 3), dtype=np.float32) * [1, 10, 100]
    _, factor = standardised(values.astype(np.float32), PLAN)
    assert len(set(factor.tolist())) == 1
    mean, factor = standardised(values, chosen_plan("features", {"classifier": "kernel-svm", "kernel": "intersection"}))
    assert not mean.any()
    assert (factor == 1).all()


def test_mirror_images_are_learnt_from_as_if_they_were_pictures_of_the_training_part(tmp_path):
    pictures = examples()
    both = np.concatenate([pictures.pixels, pictures.pixels[pictures.training][:, :, ::-1]])
    labels = np.concatenate([pictures.labels, pictures.labels[pictures.training]])
    added = np.arange(len(pictures.pixels), len(both))
    doubled = LabelledPictures(both, labels, np.concatenate([pictures.training, added]), pictures.validation, 3)
    plan = chosen_plan("features", {"cell": 4, "mirrored": "yes"})
    by_hand = fit(tmp_path / "b", doubled, chosen_plan("features", {"cell": 4}))
    fitted_alone = fit(tmp_path / "a", pictures, plan)
    assert all(torch.equal(fitted_alone[name], by_hand[name]) for name in fitted_alone)
