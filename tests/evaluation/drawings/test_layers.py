import re

import numpy as np

from sightline.evaluation.drawings.layers import common_grid, heat_svg, ridges_svg, shares_svg, worst_layers
from sightline.evaluation.layers import Layers, Spread, layer_troubles

SPREAD = Spread(-1.0, 1.0, 0.5, (1, 2, 3, 2))


def test_histograms_with_ranges_of_their_own_come_onto_one_grid_and_keep_their_sums():
    table, edges = common_grid([Spread(-1, 1, 0.5, (4, 4)), None, Spread(0, 2, 0.5, (1, 3)), Spread(2, 2, 0, (5,))])
    assert (edges[0], edges[-1]) == (-1, 2)
    np.testing.assert_allclose(table.sum(axis=0), [1, 0, 1, 1])
    np.testing.assert_allclose(table[edges[:-1] < 1 - 1e-9].sum(axis=0), [1, 0, 0.25, 0])
    assert table[-1, 3] == 1


def test_values_that_never_change_have_a_grid_too():
    table, edges = common_grid([Spread(0.0, 0.0, 0.0, (5,))])
    assert edges[0] < 0 < edges[-1]
    assert table.sum() == 1


def test_the_drawings_leave_their_ink_to_the_page_and_their_ids_are_their_own(course, layers):
    one = course(weights=(SPREAD, SPREAD), gradients=(SPREAD, None), dead=(0.1, 0.2))
    drawings = {
        "heat": heat_svg(one, "weights", (1, 2), prefix="heat"),
        "ridge": ridges_svg(layers(one), "weights", prefix="ridge"),
        "share": shares_svg(layers(one), "dead", prefix="share"),
    }
    for prefix, svg in drawings.items():
        assert "currentColor" in svg
        assert not re.search(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]|#000000", svg)
        assert all(name.startswith(f"{prefix}-") for name in re.findall(r'\bid="([^"]*)"', svg))
        assert not re.search(r"https?:", svg)


def test_what_is_not_there_is_not_drawn(course, layers):
    nothing = course()
    assert heat_svg(nothing, "weights", (1, 2), prefix="x") == ""
    assert ridges_svg(layers(nothing), "outputs", prefix="x") == ""
    assert shares_svg(layers(nothing), "saturated", prefix="x") == ""
    assert layer_troubles(layers(nothing)) == layer_troubles(Layers()) == ()


def test_names_of_layers_are_words_and_no_markup_or_formula(course, layers):
    svg = ridges_svg(layers(course(name="<b>$\\x$", weights=(SPREAD, SPREAD))), "weights", prefix="x")
    assert "&lt;b&gt;$\\x$" in svg


def test_the_worst_layers_are_drawn_in_the_networks_order(course, layers):
    courses = [course(name=f"relu{number}", dead=(0.0, share)) for number, share in enumerate((0, 9, 1, 8, 2, 7, 3, 6))]
    assert [one.name for one in worst_layers(layers(*courses), "dead")] == [f"relu{n}" for n in (1, 3, 4, 5, 6, 7)]
