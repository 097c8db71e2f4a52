import io

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load as load_tensors
from torch import nn

from sightline.core.errors import PictureError, SettingsError
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.bundle import Bundle, bundle_of, write_bundle
from sightline.inference.explanation.heat import Heat
from sightline.inference.explanation.occlusion import occlusion_heat
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.tasks import classifier_of, load

HEIGHT, WIDTH = 24, 16
TOP, LEFT = slice(6, 12), slice(8, 16)
"""Where the bright patch lies, by which the model below tells day from night."""
SURENESS = 10.0
"""So much that a float32 probability of noon is 1."""


class Daylight(nn.Module):
    """Says day if one place of the picture is bright, whatever the rest is."""

    def forward(self, pixels):
        bright = pixels.float()[:, TOP, LEFT].mean(dim=(1, 2, 3)) / 255
        return torch.stack([8 * bright - 4, torch.zeros_like(bright)], dim=1)


@pytest.fixture(scope="module")
def daylight():
    preprocess = {"height": HEIGHT, "width": WIDTH, "colours": "rgb", "resize": "squash"}
    manifest = {
        "task": "classification",
        "method": "network",
        "model": {"name": "daylight", "options": {}},
        "classes": ["day", "night"],
        "preprocess": preprocess | {"kind": "picture", "centre": "none", "scale": "none"},
        "parameters": 0,
        "batch": 5,
    }
    graph = graph_of(nn.Sequential(Daylight()), (HEIGHT, WIDTH, 3), factor=SURENESS)
    return classifier_of(Bundle(manifest, b"", graph))


@pytest.fixture
def noon():
    pixels = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    pixels[TOP, LEFT] = 250
    return pixels


def test_the_heat_lies_where_the_answer_comes_from(daylight, noon):
    heat = daylight.explain(noon)
    assert heat.label == "day"
    assert heat.grid.shape == (8, 8)
    inside = np.zeros((8, 8), bool)
    inside[2:4, 4:8] = True  # rows 6 to 12 of 24, columns 8 to 16 of 16
    assert heat.grid[inside].min() > heat.grid[~inside].max()
    assert heat.grid[7].max() == pytest.approx(0, abs=1e-6)  # no square reaches from there to the patch
    assert heat.least < 0.5 < heat.probability
    assert (heat.shares.max(), np.abs(heat.shares).max()) == (1, 1)


def test_what_speaks_for_one_of_two_classes_speaks_against_the_other(daylight, noon):
    day, night = daylight.explain(noon, "day"), daylight.explain(noon, "night")
    np.testing.assert_allclose(night.grid, -day.grid, atol=1e-5)
    assert night.label == "night"
    assert night.probability < 1e-10
    assert night.least == pytest.approx(night.probability)  # nothing that is hidden makes it brighter


def test_a_picture_of_one_colour_has_no_heat(daylight):
    heat = daylight.explain(np.full((HEIGHT, WIDTH, 3), 77, np.uint8))
    np.testing.assert_allclose(heat.grid, 0, atol=1e-6)
    assert np.asarray(Image.open(io.BytesIO(heat.overlay(30, 20))))[..., 3].max() == 0


def slowly(pixels, log_odds):
    """Return the heat by its definition, cell by cell."""
    rows, columns = (min(8, side) for side in pixels.shape[:2])
    down, across = (
        np.linspace(0, pixels.shape[axis], (rows, columns)[axis] + 1).round().astype(int) for axis in (0, 1)
    )
    mean = pixels.mean(axis=(0, 1)).round()
    shares = [[[] for _ in range(columns)] for _ in range(rows)]
    for side, step in ((2, 1), (4, 2)):
        for top in range(-side + step, rows, step):
            for left in range(-side + step, columns, step):
                cells = [
                    (row, column)
                    for row in range(top, top + side)
                    for column in range(left, left + side)
                    if 0 <= row < rows and 0 <= column < columns
                ]
                hidden = pixels.astype(np.float64)
                for row, column in cells:
                    hidden[down[row] : down[row + 1], across[column] : across[column + 1]] = mean
                for row, column in cells:
                    shares[row][column].append((log_odds(pixels) - log_odds(hidden)) / len(cells))
    return np.array([[np.mean(cell) for cell in row] for row in shares])


@pytest.mark.parametrize("size", [(16, 12), (5, 9), (1, 1)])
def test_the_heat_of_a_linear_model_is_what_its_weights_say(size, tmp_path, parts_of, picture):
    parts = parts_of(size=size, classes=("ant", "bee"))
    write_bundle(tmp_path / "model", bundle_of(*parts))
    weights = {name: tensor.double().numpy() for name, tensor in load_tensors(parts[1]).items()}
    direction = weights["network.dense.weight"][0] - weights["network.dense.weight"][1]

    def log_odds(pixels):
        read = (pixels - weights["normalise.mean"]) * weights["normalise.factor"]
        return direction @ read.transpose(2, 0, 1).ravel()  # their biases cancel in a difference

    pixels = picture(*size, 3)
    heat = occlusion_heat(load(tmp_path / "model"), pixels, "ant")
    np.testing.assert_allclose(heat.grid, slowly(pixels, log_odds), atol=1e-4)


def test_the_likeliest_class_is_explained_if_none_is_named(daylight, classifier, saved):
    path = saved("a.png")
    heat, answer = classifier.explain(path), classifier.predict(path)
    assert (heat.label, heat.probability) == (answer.label, pytest.approx(answer.confidence, abs=1e-6))
    np.testing.assert_array_equal(classifier.explain(path.read_bytes()).grid, heat.grid)
    np.testing.assert_array_equal(classifier.explain(path, answer.label).grid, heat.grid)
    assert daylight.explain(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).label == "night"


def test_no_more_than_a_batch_is_asked_at_a_time_and_not_too_much_altogether(daylight, noon, monkeypatch):
    asked = []
    answer = daylight.probabilities
    monkeypatch.setattr(daylight, "probabilities", lambda pixels: asked.append(len(pixels)) or answer(pixels))
    occlusion_heat(daylight, noon)
    assert max(asked) == daylight.batch == 5
    assert sum(asked) == 107


def test_an_answer_so_sure_that_it_rounds_to_one_is_explained_all_the_same(daylight, noon):
    heat = daylight.explain(noon)
    assert daylight.probabilities(noon[None])[0, 0] == 1

    def log_odds(pixels):
        return SURENESS * (8 * pixels[TOP, LEFT].mean() / 255 - 4)

    np.testing.assert_allclose(heat.grid, slowly(noon, log_odds), atol=1e-4)


def test_an_unknown_class_and_a_broken_picture_are_told(classifier, tmp_path, saved):
    with pytest.raises(SettingsError, match="no class named 'ants'") as caught:
        classifier.explain(saved("a.png"), "ants")
    assert "did you mean 'ant'" in caught.value.hint
    with pytest.raises(PictureError, match=r"none\.png"):
        classifier.explain(tmp_path / "none.png")


def heat_with(grid, resize="squash"):
    return Heat("day", np.array(grid, np.float32), 0.9, 0.4, PictureFormat(10, 10, resize=resize))


def overlaid(heat, width, height):
    return np.asarray(Image.open(io.BytesIO(heat.overlay(width, height))))


def test_an_overlay_is_orange_for_and_blue_against_and_clear_between():
    layer = overlaid(heat_with([[0.5, -0.25]]), 40, 10)
    assert layer.shape == (10, 40, 4)
    (left, right) = layer[5, 2].astype(int), layer[5, -3].astype(int)
    assert left[0] > left[2]
    assert right[0] < right[2]
    assert left[3] == pytest.approx(2 * right[3], abs=1)
    assert layer[5, :, 3].min() < 0.1 * left[3]


def test_what_is_faint_is_not_made_to_look_strong():
    assert overlaid(heat_with([[0.001]]), 4, 4)[..., 3].max() < 12
    assert overlaid(heat_with([[5.0]]), 4, 4)[..., 3].min() > 150


@pytest.mark.parametrize(("width", "height"), [(30, 10), (10, 30)])
def test_an_overlay_lies_where_the_model_looked(width, height):
    crop = overlaid(heat_with([[1.0]], "crop"), width, height)[..., 3] > 0
    middle = np.zeros((height, width), bool)
    middle[height // 2 - 5 : height // 2 + 5, width // 2 - 5 : width // 2 + 5] = True
    np.testing.assert_array_equal(crop, middle)
    assert (overlaid(heat_with([[1.0]], "squash"), width, height)[..., 3] > 0).all()


def test_an_overlay_leaves_the_margin_of_a_crop_clear():
    heat = Heat("day", np.ones((1, 1), np.float32), 0.9, 0.4, PictureFormat(10, 10, resize="crop", margin=5))
    middle = np.zeros((20, 40), bool)
    middle[5:15, 15:25] = True
    np.testing.assert_array_equal(overlaid(heat, 40, 20)[..., 3] > 0, middle)


@pytest.mark.parametrize(("width", "height"), [(30, 10), (10, 30)])
def test_heat_on_the_bars_beside_a_padded_picture_is_left_out(width, height):
    bars = np.zeros((9, 9))
    bars[:3] = bars[6:] = 1  # the thirds that are bars of a picture that is three times as wide as high
    grid = bars if width > height else bars.T
    layer = overlaid(heat_with(grid, "pad"), width, height)[..., 3]
    inner = layer[3:7] if width > height else layer[:, 3:7]
    assert inner.max() == 0
    assert layer.shape == (height, width)


def test_heat_survives_json():
    said = heat_with([[0.5, -0.25]]).as_json()
    assert said == {
        "label": "day",
        "probability": 0.9,
        "least": 0.4,
        "grid": [[0.5, -0.25]],
        "shares": [[1.0, -0.5]],
    }
