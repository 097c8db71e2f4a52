import numpy as np
import pytest

from sightline.core.percent import percent
from sightline.evaluation.curve_verdict import judge_curves

EPOCHS = np.arange(30)

FALLING = 2.3 * np.exp(-EPOCHS / 4) + 0.05


def judge(training, validation, *, training_accuracy=None, validation_accuracy=None, baseline=0.1, test=0.7):
    training_accuracy = 1 - np.asarray(training) / 3 if training_accuracy is None else training_accuracy
    validation_accuracy = 1 - np.asarray(validation) / 3 if validation_accuracy is None else validation_accuracy
    return judge_curves(
        training_loss=training,
        validation_loss=validation,
        training_accuracy=training_accuracy,
        validation_accuracy=validation_accuracy,
        baseline_accuracy=baseline,
        test_accuracy=test,
    )


def noise(seed, size=30, spread=0.02):
    return np.random.default_rng(seed).normal(scale=spread, size=size)


@pytest.mark.parametrize("seed", range(20))
def test_a_validation_loss_that_rises_again_is_overfitting_despite_noise(seed):
    validation = FALLING + 0.2 + 0.04 * np.maximum(0, EPOCHS - 12) + noise(seed)
    verdict = judge(FALLING, validation)
    assert verdict.kind == "overfitting"
    assert 8 <= verdict.epoch <= 17
    assert f"epoch {verdict.epoch} " in verdict.words


@pytest.mark.parametrize("epochs", [30, 100])
@pytest.mark.parametrize("spread", [0.02, 0.06])
def test_a_flat_noisy_end_has_levelled_off_in_nine_cases_of_ten(epochs, spread):
    falling = 2.3 * np.exp(-np.arange(epochs) / (epochs / 8)) + 0.05
    verdicts = [judge(falling, falling + 0.3 + noise(seed, epochs, spread)) for seed in range(200)]
    levelled_off = [verdict.epoch for verdict in verdicts if verdict.kind == "levelled-off"]
    assert len(levelled_off) >= 180
    assert np.median(levelled_off) < epochs * 0.8


@pytest.mark.parametrize("epochs", [1, 3, 30])
@pytest.mark.parametrize(("lowest", "expected"), [(1e31, True), (21, True), (5, False)])
def test_losses_that_are_numbers_but_far_above_those_of_guessing_have_diverged(lowest, expected, epochs):
    verdict = judge(
        [2.0, *[0.5] * (epochs - 1)], [lowest + 1, *[lowest] * (epochs - 1)], validation_accuracy=[0.75] * epochs
    )

    assert (verdict.kind == "diverged") is expected


def test_one_bad_epoch_is_no_verdict():
    validation = FALLING + 0.3
    validation[15] = 5.0
    assert judge(FALLING, validation).kind == "levelled-off"


def test_a_rise_of_both_losses_is_not_overfitting():
    bump = 0.05 * np.maximum(0, EPOCHS - 20)
    assert judge(FALLING + bump, FALLING + bump + 0.2).kind != "overfitting"


def test_a_tiny_loss_that_doubles_is_no_alarm():
    validation = np.array([0.5, 0.1, 0.01, 0.001, 0.001, 0.002, 0.002])
    assert judge(validation[0] * 0.1 ** np.arange(7), validation).kind == "levelled-off"


@pytest.mark.parametrize("seed", range(20))
def test_a_validation_loss_that_still_falls_asks_for_more_epochs(seed):
    validation = np.linspace(2.3, 0.8, 30) + noise(seed, spread=0.01)
    verdict = judge(np.linspace(2.2, 0.6, 30), validation)
    assert verdict.kind == "still-improving"
    assert "More epochs" in verdict.words


def test_three_falling_epochs_still_improve():
    assert judge([2.0, 1.0, 0.6], [2.1, 1.1, 0.7]).kind == "still-improving"


@pytest.mark.parametrize("seed", range(20))
def test_poor_training_accuracy_that_stands_still_is_underfitting(seed):
    stuck = 2.1 + noise(seed, spread=0.005)
    verdict = judge(stuck, stuck, training_accuracy=np.full(30, 0.22), validation_accuracy=np.full(30, 0.21))
    assert verdict.kind == "underfitting"
    assert percent(0.22) in verdict.words
    assert percent(0.1) in verdict.words


def test_poor_is_measured_from_the_baseline():
    flat, accuracy = np.full(30, 0.3), np.full(30, 0.92)
    figures = {"training_accuracy": accuracy, "validation_accuracy": accuracy}
    assert judge(flat, flat, **figures, baseline=0.9).kind == "underfitting"
    assert judge(flat, flat, **figures, baseline=0.1).kind == "levelled-off"


def test_strong_augmentation_alone_is_not_underfitting():
    figures = {"training_accuracy": np.full(30, 0.3), "validation_accuracy": np.full(30, 0.9)}
    assert judge(np.full(30, 1.5), np.full(30, 0.4), **figures).kind == "levelled-off"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("epochs", [2, 30])
def test_a_loss_that_is_no_number_has_diverged(bad, epochs):
    training = FALLING[:epochs].copy()
    training[1:] = bad
    verdict = judge(training, FALLING[:epochs])
    assert (verdict.kind, verdict.epoch) == ("diverged", 2)


def test_a_training_loss_that_ends_above_its_beginning_has_diverged():
    assert judge(np.linspace(2.3, 9, 10), np.linspace(2.3, 9, 10)).kind == "diverged"


def test_a_small_wobble_at_the_start_has_not_diverged():
    stuck = 2.303 + noise(0, spread=0.01)
    assert judge(stuck, stuck).kind == "underfitting"


@pytest.mark.parametrize("epochs", [1, 2])
def test_fewer_than_three_epochs_are_too_short(epochs):
    assert judge(FALLING[:epochs], FALLING[:epochs]).kind == "too-short"


def test_a_wide_gap_asks_for_more_pictures():
    verdict = judge(FALLING, FALLING + 0.9)
    assert verdict.kind == "levelled-off"
    assert "more pictures" in verdict.words


@pytest.mark.parametrize("lengths", [(0, 0), (3, 2)])
def test_curves_that_do_not_fit_are_refused(lengths):
    with pytest.raises(ValueError, match="curves"):
        judge(FALLING[: lengths[0]], FALLING[: lengths[1]])


def test_a_level_course_near_the_baseline_is_not_called_good():
    training_accuracy = [0.5, 0.62, 0.68, 0.72, 0.76, 0.78, 0.79, 0.8, 0.8, 0.8]
    verdict = judge_curves(
        training_loss=[0.7, 0.66, 0.62, 0.58, 0.55, 0.53, 0.52, 0.51, 0.5, 0.5],
        validation_loss=[0.69, 0.67, 0.66, 0.66, 0.655, 0.66, 0.655, 0.66, 0.658, 0.66],
        training_accuracy=training_accuracy,
        validation_accuracy=[0.5, 0.6, 0.61, 0.63, 0.64, 0.65, 0.65, 0.66, 0.66, 0.66],
        baseline_accuracy=0.51,
        test_accuracy=0.66,
    )
    assert verdict.kind == "levelled-off"
    assert "nearer to guessing" in verdict.words


@pytest.mark.parametrize(
    ("validation_accuracy", "test", "words"),
    [
        (np.linspace(0.5, 1, 30), 1.0, "every test and validation picture"),
        (np.linspace(0.5, 1, 30), 0.8, "every validation picture"),
        (np.linspace(0.5, 0.9, 30), 1.0, "every test picture"),
    ],
)
def test_nobody_who_named_everything_rightly_is_sent_to_more_epochs(validation_accuracy, test, words):
    falling = np.linspace(2.3, 0.8, 30)
    assert judge(falling, falling, validation_accuracy=[0.7] * 30).kind == "still-improving"
    verdict = judge(falling, falling, validation_accuracy=validation_accuracy, test=test)
    assert verdict.kind == "nothing-missing"
    assert words in verdict.words
    assert "ore epochs" not in verdict.words


def test_two_epochs_that_named_everything_rightly_are_not_too_short():
    verdict = judge([0.5, 0.1], [0.4, 0.1], validation_accuracy=[0.9, 1.0], test=1.0)
    assert (verdict.kind, verdict.epoch) == ("nothing-missing", 2)


def test_a_perfect_epoch_does_not_hide_a_loss_that_is_no_number():
    assert judge([0.5, 0.1, np.nan], [0.4, 0.1, 0.1], validation_accuracy=[0.9, 1.0, 1.0]).kind == "diverged"


def test_a_course_is_not_called_good_where_the_test_part_says_no():
    level = np.full(30, 0.2)
    assert "good" in judge(level, level).words
    verdict = judge(level, level, test=0.1)
    assert "good" not in verdict.words
    assert "no better than always answering the largest class" in verdict.words


def test_a_fall_that_is_no_larger_than_the_jumps_is_called_one_all_the_same():
    validation = [1.0, 0.9, 0.95, 0.8, 0.86, 0.72, 0.78, 0.66, 0.70, 0.60]
    verdict = judge(np.linspace(1, 0.5, 10), np.array(validation))
    assert "fell at the end" in verdict.words
    assert "More epochs may help" in verdict.words
    assert "levelled off around" not in verdict.words
