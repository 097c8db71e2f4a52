import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from sightline.evaluation.inside_figures import (
    common_grid,
    filter_tiles,
    filters_uri,
    heat_svg,
    maps_uri,
    ridges_svg,
    shares_svg,
    worst_layers,
)
from sightline.evaluation.insides import FilterSheet, Insides, LayerCourse, Spread, insides_json, troubles

SPREAD = Spread(-1.0, 1.0, 0.5, (1, 2, 3, 2))


def course(name="conv1", **changes):
    nothing = (None, None)
    values = dict.fromkeys(("weights", "gradients", "outputs", "dead", "saturated"), nothing)
    return LayerCourse(name=name, kind="Conv2d", **(values | changes))


def insides(*courses):
    return Insides(courses=courses, epochs=(1, 2), pictures=64)


def sheet(*shape, coloured):
    return FilterSheet("conv1", np.random.default_rng(0).normal(size=shape).astype(np.float32), coloured=coloured)


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))


@pytest.mark.parametrize(
    ("shape", "coloured", "shown", "every"),
    [
        ((64, 3, 7, 7), True, 64, 64),
        ((6, 1, 5, 5), False, 6, 6),
        ((32, 3, 3, 3), False, 64, 96),
        ((256, 1, 8, 8), False, 64, 256),
    ],
)
def test_filters_become_at_most_64_tiles_each_with_its_own_contrast(shape, coloured, shown, every):
    tiles, count = filter_tiles(sheet(*shape, coloured=coloured))
    assert tiles.shape == (shown, *shape[2:], 3)
    assert count == every
    np.testing.assert_allclose(tiles.min(axis=(1, 2, 3)), 0)
    np.testing.assert_allclose(tiles.max(axis=(1, 2, 3)), 1)


def test_a_coloured_filter_keeps_its_channels_as_red_green_and_blue():
    weights = np.zeros((1, 3, 2, 2), np.float32)
    weights[0, 2, 1, 0] = 5
    tiles, _ = filter_tiles(FilterSheet("conv1", weights, coloured=True))
    assert tiles[0, 1, 0].tolist() == [0, 0, 1]


def test_a_filter_that_is_all_the_same_is_drawn_and_does_not_divide_by_zero():
    tiles, _ = filter_tiles(FilterSheet("conv1", np.ones((2, 1, 3, 3), np.float32), coloured=False))
    assert (tiles == 0).all()


def test_the_sheet_has_eight_tiles_a_row_with_gaps():
    width, height = opened(filters_uri(sheet(9, 1, 24, 24, coloured=False))).size
    assert (width, height) == (8 * 24 + 7 * 2, 2 * 24 + 2)


def test_maps_are_dark_at_zero_and_what_is_no_number_can_be_seen_through():
    maps = np.array([[[0.0, 2.0], [1.0, np.nan]]], np.float32)
    pixels = np.asarray(opened(maps_uri(maps)))
    assert pixels.shape == (2, 2, 4)
    assert pixels[1, 1, 3] == 0
    assert pixels[0, 0, :3].sum() < pixels[1, 0, :3].sum() < pixels[0, 1, :3].sum()


def test_maps_with_negative_values_are_red_above_zero_and_blue_below():
    red, _, blue, _ = np.moveaxis(np.asarray(opened(maps_uri(np.array([[[-1.0, 1.0]]], np.float32)))).astype(int), 2, 0)
    assert red[0, 1] > blue[0, 1]
    assert red[0, 0] < blue[0, 0]


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


def test_the_drawings_leave_their_ink_to_the_page_and_their_ids_are_their_own():
    one = course(weights=(SPREAD, SPREAD), gradients=(SPREAD, None), dead=(0.1, 0.2))
    drawings = {
        "heat": heat_svg(one, "weights", (1, 2), prefix="heat"),
        "ridge": ridges_svg(insides(one), "weights", prefix="ridge"),
        "share": shares_svg(insides(one), "dead", prefix="share"),
    }
    for prefix, svg in drawings.items():
        assert "currentColor" in svg
        assert not re.search(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]|#000000", svg)
        assert all(name.startswith(f"{prefix}-") for name in re.findall(r'\bid="([^"]*)"', svg))
        assert not re.search(r"https?:", svg)


def test_what_is_not_there_is_not_drawn():
    nothing = course()
    assert heat_svg(nothing, "weights", (1, 2), prefix="x") == ""
    assert ridges_svg(insides(nothing), "outputs", prefix="x") == ""
    assert shares_svg(insides(nothing), "saturated", prefix="x") == ""
    assert troubles(insides(nothing)) == troubles(Insides()) == ()


def test_names_of_layers_are_words_and_no_markup_or_formula():
    svg = ridges_svg(insides(course(name="<b>$\\x$", weights=(SPREAD, SPREAD))), "weights", prefix="x")
    assert "&lt;b&gt;$\\x$" in svg


def test_the_worst_layers_are_drawn_in_the_networks_order():
    courses = [course(name=f"relu{number}", dead=(0.0, share)) for number, share in enumerate((0, 9, 1, 8, 2, 7, 3, 6))]
    assert [one.name for one in worst_layers(insides(*courses), "dead")] == [f"relu{n}" for n in (1, 3, 4, 5, 6, 7)]


def test_what_is_wrong_is_said_in_words():
    still = Spread(0.0, 0.0, 0.0, (0, 9))
    sentences = troubles(
        insides(
            course(name="relu3", dead=(0.0, 0.97)),
            course(name="tanh1", saturated=(0.0, 0.5)),
            course(name="conv2", gradients=(SPREAD, still)),
            course(name="relu4", dead=(0.97, 0.4)),
        )
    )
    assert [sentence.replace("\u00a0", " ") for sentence in sentences] == [
        "relu3: 97.0 % of its units never fire on 64 pictures.",
        "tanh1: 50.0 % of its outputs are saturated on 64 pictures.",
        "conv2: no gradient reaches its weights, so they do not learn.",
    ]


def test_json_tells_the_last_epoch():
    assert insides_json(insides(course(weights=(None, SPREAD), dead=(0.5, 0.25)))) == [
        {
            "name": "conv1",
            "kind": "Conv2d",
            "dead": 0.25,
            "saturated": None,
            "weights_deviation": 0.5,
            "gradients_deviation": None,
            "outputs_deviation": None,
        }
    ]
