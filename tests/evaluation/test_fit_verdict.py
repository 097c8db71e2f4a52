import pytest

from sightline.core.percent import percent
from sightline.evaluation.fit_verdict import OF_PIPELINES, WaysOut, judge_fit


def fit_verdict(training, validation, *, baseline=0.1, count=400, test=None, test_count=None, ways_out=OF_PIPELINES):
    return judge_fit(
        training_accuracy=training,
        validation_accuracy=validation,
        test_accuracy=validation if test is None else test,
        baseline_accuracy=baseline,
        count=count,
        test_count=count if test_count is None else test_count,
        ways_out=ways_out,
    )


@pytest.mark.parametrize(
    ("training", "validation", "kind"),
    [
        (0.12, 0.11, "learns-nothing"),
        (1.0, 0.1, "learns-nothing"),
        (1.0, 0.7, "memorises"),
        (0.7, 0.5, "memorises"),
        (0.5, 0.45, "room-for-more"),
        (0.62, 0.6, "sound"),
        (0.98, 0.97, "sound"),
        (0.54, 0.6, "sound"),
    ],
)
def test_a_fit_is_judged_by_its_two_accuracies(training, validation, kind):
    verdict = fit_verdict(training, validation)
    assert (verdict.kind, verdict.epoch) == (kind, None)
    assert percent(training) in verdict.words
    assert percent(validation) in verdict.words


def test_few_validation_pictures_prove_little():
    assert fit_verdict(0.8, 0.8, baseline=0.5, count=5).kind == "learns-nothing"
    assert "5 pictures" in fit_verdict(0.8, 0.8, baseline=0.5, count=5).words
    assert fit_verdict(0.8, 0.8, baseline=0.5, count=100).kind == "sound"


def test_a_gap_within_the_validation_interval_is_not_held_against_a_fit():
    assert fit_verdict(0.87, 0.75, count=20).kind == "sound"
    assert fit_verdict(0.87, 0.75, count=200).kind == "memorises"


def test_a_fit_that_is_nearly_right_is_not_called_perfect():
    assert f"{percent(0.999)} of its training" in fit_verdict(0.999, 0.99).words
    assert f"{percent(1)} of its training" in fit_verdict(1.0, 0.99).words


@pytest.mark.parametrize(("validation", "test"), [(1.0, 1.0), (1.0, 0.8), (0.9, 1.0)])
def test_nothing_is_missing_where_everything_was_named_rightly(validation, test):
    verdict = fit_verdict(1.0, validation, test=test)
    assert verdict.kind == "nothing-missing"
    assert "missing" not in verdict.words


def test_a_fit_that_fails_the_test_part_is_not_sound():
    verdict = fit_verdict(0.9, 0.9, test=0.1)
    assert verdict.kind == "learns-nothing"
    assert f"{percent(0.1)} in the test" in verdict.words


def test_a_test_part_that_was_named_clearly_better_than_by_guessing_counts_as_well():
    verdict = fit_verdict(1.0, 0.7, baseline=0.5, count=10, test=1.0, test_count=8)
    assert verdict.kind == "nothing-missing"
    assert f"{percent(0.7)} of the validation pictures" in verdict.words


def test_of_more_pictures_nothing_is_said_that_a_gap_speaks_against():
    assert "more pictures would change little" in fit_verdict(0.98, 0.97).words
    assert "more pictures may help" in fit_verdict(1.0, 0.93).words


def test_what_is_known_of_more_pictures_is_said():
    known = WaysOut("another base", "a stronger penalty", "twice as many would bring 2 points")
    assert fit_verdict(1.0, 0.97, ways_out=known).words.endswith("may find; twice as many would bring 2 points.")
