import re

import pytest

from sightline.evaluation.drawings.fitting import fitting_svg
from sightline.evaluation.fitting import FittingFigures

TRIALS = ((0.01, 0.9, 0.7), (0.1, 0.85, 0.75), (1.0, 0.6, 0.55))


def figures(**changes):
    values = {"seconds": 3.5, "stages": (("features", 2.5), ("classifier", 1.0)), "what": "strength", "chosen": 1}
    return FittingFigures(**(values | {"trials": TRIALS} | changes))


def test_the_drawing_marks_what_was_kept_and_leaves_its_colours_to_the_page():
    svg = fitting_svg(figures(), prefix="one")
    assert "kept (0.1)" in svg
    assert "Strength of the penalty" in svg
    assert not re.search(r"#[0-9a-fA-F]{6}", svg)
    assert all(name.startswith("one-") for name in re.findall(r'\bid="([^"]*)"', svg))


def test_values_in_any_order_are_drawn_as_one_line():
    assert fitting_svg(figures(trials=TRIALS[::-1])) == fitting_svg(figures())


@pytest.mark.parametrize(("trials", "chosen"), [(((0.0, 0.5, 0.5), *TRIALS), 1), (TRIALS, 3), (TRIALS, -1)])
def test_values_that_can_not_be_drawn_are_refused(trials, chosen):
    with pytest.raises(ValueError, match="above 0"):
        fitting_svg(figures(trials=trials, chosen=chosen))
