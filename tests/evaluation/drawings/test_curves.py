import re

import numpy as np
import pytest

from sightline.evaluation.drawings.curves import curves_svg


def test_one_epoch_is_drawn_with_markers_and_a_broken_loss_leaves_a_gap():
    one = curves_svg(name="Loss", training=[1.0], validation=[2.0])
    assert "<use" in one
    broken = curves_svg(name="Loss", training=[1.0, np.nan, np.inf], validation=[2.0, 1.0, 1.0], best_epoch=1)
    assert "<use" not in broken
    assert "best epoch (1)" in broken


def test_curves_leave_their_colours_to_the_page():
    svg = curves_svg(name="Loss", training=[2.0, 1.0], validation=[2.0, 1.5], best_epoch=2, prefix="one")
    assert not re.search(r"#[0-9a-fA-F]{6}", svg)
    assert {"var(--curve-training)", "currentColor"} <= set(re.findall(r"var\(--[\w-]+\)|currentColor", svg))
    assert all(name.startswith("one-") for name in re.findall(r'\bid="([^"]*)"', svg))


@pytest.mark.parametrize(("training", "validation"), [([], []), ([1.0], [])])
def test_curves_that_do_not_fit_are_refused(training, validation):
    with pytest.raises(ValueError, match="curves"):
        curves_svg(name="Loss", training=training, validation=validation)
