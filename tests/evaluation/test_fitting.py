import pytest

from sightline.evaluation.drawings.fitting import fitting_svg
from sightline.evaluation.fitting import FittingFigures, fitting_words

TRIALS = ((0.01, 0.9, 0.7), (0.1, 0.85, 0.75), (1.0, 0.6, 0.55))


def figures(**changes):
    values = {"seconds": 3.5, "stages": (("features", 2.5), ("classifier", 1.0)), "what": "strength", "chosen": 1}
    return FittingFigures(**(values | {"trials": TRIALS} | changes))


def words(**changes):
    return fitting_words(figures(**changes)).replace("\u00a0", " ")


def test_the_words_tell_what_was_kept_and_how_right_it_is():
    assert words() == (
        "Of 3 strengths of the penalty, 0.1 was kept, the best in validation: "
        "right in 75.0 % of the validation pictures and 85.0 % of those it learnt from."
    )


@pytest.mark.parametrize(
    ("what", "chosen", "remark"),
    [("strength", 0, "the smallest"), ("strength", 2, "the largest"), ("neighbours", 2, "the largest")],
)
def test_a_value_kept_at_an_end_of_those_tried_asks_for_more(what, chosen, remark):
    trials = tuple((value * 100, training, validation) for value, training, validation in TRIALS)
    assert f"It is {remark} that was tried" in words(what=what, chosen=chosen, trials=trials)


def test_there_is_nothing_below_one_neighbour():
    trials = ((1.0, 1.0, 0.8), (3.0, 0.9, 0.7))
    assert "smallest" not in words(what="neighbours", chosen=0, trials=trials)


def test_one_value_or_none_is_told_and_not_drawn():
    assert "One value was taken as given, strength 0.01: right in 70.0 %" in words(trials=TRIALS[:1], chosen=0)
    assert "nothing to choose" in words(trials=(), chosen=0)
    assert fitting_svg(figures(trials=TRIALS[:1], chosen=0)) == fitting_svg(figures(trials=())) == ""
