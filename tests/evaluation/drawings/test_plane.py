import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sightline.evaluation.drawings.plane import BORDER, MOST_CLASSES, NUDGE, plane_svg, signs
from sightline.evaluation.plane import MOST_POINTS

HALVES = np.repeat([[0, 1]], 4, axis=0).repeat(2, axis=1)


def places(svg):
    """Return where each sign is drawn, those of one class and part together; classes without any are left out."""
    groups = re.findall(r'<g id="plane-PathCollection_\d+">(.*?)\n   </g>', svg, flags=re.DOTALL)
    return [
        [(float(x), float(y)) for x, y in re.findall(r'<use [^>]*\bx="([-\d.]+)" y="([-\d.]+)"', group)]
        for group in groups
    ]


def area_pixels(svg):
    uri = re.search(r'href="data:image/png;base64,([^"]*)"', svg).group(1)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))))


def test_areas_have_their_class_colours_with_a_border_between_them(plane):
    first, second = (tuple(bytes.fromhex(sign.colour[1:])) for sign in signs(plane()))
    pixels = area_pixels(plane_svg(plane()))
    height, width, _ = pixels.shape
    assert tuple(pixels[height // 2, 5, :3]) == first
    assert tuple(pixels[height // 2, -5, :3]) == second
    assert (pixels[5:-5, width // 2] == BORDER).all()


def test_the_first_row_of_answers_lies_at_the_bottom(plane):
    first, second = (tuple(bytes.fromhex(sign.colour[1:])) for sign in signs(plane()))
    svg = plane_svg(plane(answers=HALVES.T))
    upwards = re.search(r'<image [^>]*transform="matrix\([\d.]+ 0 0 -', svg)
    rows = [tuple(area_pixels(svg)[row, 100, :3]) for row in (5, -5)]
    assert rows == ([first, second] if upwards else [second, first])


def test_training_and_test_pictures_of_each_class_are_drawn_at_their_places(plane):
    groups = places(plane_svg(plane()))
    assert [len(group) for group in groups] == [2, 1, 1]
    (left, lower), (right, higher) = groups[0]
    assert left < right
    assert lower - higher == pytest.approx(2 * (right - left), rel=0.1)  # SVG counts downwards


def test_many_pictures_are_thinned_and_it_is_said(plane, many, words):
    figures = many(MOST_POINTS + 500)
    assert sum(map(len, places(plane_svg(plane(**figures, test_labels=np.array([0])))))) == MOST_POINTS + 1
    assert f"At most {MOST_POINTS:,} pictures of each part are drawn" in words(**figures)
    assert "At most" not in words()


def test_pictures_that_coincide_are_drawn_apart_by_a_little_and_it_is_said(plane, words):
    same = {"features": np.ones((20, 2)), "labels": np.zeros(20, int)}
    across, up = np.transpose(places(plane_svg(plane(**same)))[0])
    (width, height) = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', plane_svg(plane())).groups())
    assert len(set(across)) == 20
    assert 0 < np.ptp(across) < 2 * NUDGE * width
    assert 0 < np.ptp(up) < 2 * NUDGE * height
    assert "drawn a little apart" in words(**same)
    assert "apart" not in words()


def test_no_two_classes_have_the_same_colour_and_shape(plane):
    every = signs(plane(classes=tuple(f"c{index}" for index in range(MOST_CLASSES))))
    assert len({(sign.colour, sign.corners) for sign in every}) == MOST_CLASSES
    assert [sign.number for sign in every] == [*range(1, MOST_CLASSES + 1)]


def test_of_many_classes_the_rare_ones_are_drawn_alike(plane):
    classes = tuple(f"c{index}" for index in range(20))
    labels = np.concatenate([np.arange(20), np.arange(9, 20)])
    many_classes = plane(classes=classes, labels=labels, features=np.ones((31, 2)), test_labels=np.array([9]))
    every = signs(many_classes)
    assert [sign.name for sign in every] == [*classes[9:], "9 other classes"]
    assert every[-1].number == 0
    assert [len(group) for group in places(plane_svg(many_classes))] == [2] * 11 + [9, 1]


def test_a_class_without_area_or_pictures_is_no_trouble(plane):
    three = plane(classes=("cat", "dog", "newt"), test_features=np.zeros((0, 2)), test_labels=np.zeros(0, int))
    assert [len(group) for group in places(plane_svg(three))] == [2, 1]


def test_areas_bear_their_numbers_unless_they_are_slivers(plane):
    def numbers(answers):
        return re.findall(r">(\d+)</text>", plane_svg(plane(answers=answers, axis_colours=np.zeros((4, 3), np.uint8))))

    assert numbers(np.kron(HALVES, np.ones((25, 25), int))) == ["1", "2"]
    sliver = np.zeros((100, 100), int)
    sliver[:, -2:] = 1
    assert numbers(sliver) == ["1"]


def test_colours_that_the_features_number_are_laid_along_both_axes(plane):
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
    svg = plane_svg(plane(axis_colours=colours))
    assert svg.count("<image") == 3
    assert plane_svg(plane()).count("<image") == 1


def test_the_drawing_holds_no_class_names_and_is_the_same_each_time(plane):
    many_classes = plane(classes=("<script>", "\udcff"), features=np.ones((3, 2)))
    svg = plane_svg(many_classes)
    assert "script" not in svg
    assert svg == plane_svg(many_classes)
    assert all(name.startswith("plane-") for name in re.findall(r'\bid="([^"]*)"', svg))


@pytest.mark.parametrize(
    "changes",
    [
        {"features": np.zeros((2, 2))},
        {"test_features": np.zeros((1, 3))},
        {"answers": np.zeros((0, 3), int)},
        {"answers": np.zeros(4, int)},
        {"x_span": (1.0, 1.0)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, plane):
    with pytest.raises(ValueError, match=r"needed|must"):
        plane_svg(replace(plane(), **changes))
