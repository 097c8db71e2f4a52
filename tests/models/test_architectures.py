import pytest

from sightline.core.errors import SettingsError
from sightline.models.building import build_layers, parameter_count
from sightline.models.summary import summarise


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("basic-cnn", (32, 32, 3), 79_626),
        ("lenet", (32, 32, 1), 61_706),
        ("linear", (32, 32, 3), 30_730),
        ("mlp", (28, 28, 1), 784 * 256 + 256 + 256 * 10 + 10),
    ],
)
def test_the_parameter_count_is_the_stated_one(name, shape, expected):
    assert parameter_count(build_layers(name, shape, 10)) == expected


def test_the_layers_of_basic_cnn_have_the_stated_shapes():
    rows = {row.name: row.shape for row in summarise("basic-cnn", (32, 32, 3), 10)}
    assert rows["conv1"] == (32, 30, 30)
    assert rows["conv2"] == (32, 28, 28)
    assert rows["pool1"] == (32, 14, 14)
    assert rows["conv3"] == (32, 12, 12)
    assert rows["pool2"] == (32, 6, 6)
    assert rows["conv4"] == (64, 4, 4)
    assert rows["conv5"] == (64, 2, 2)
    assert rows["pool3"] == (64, 1, 1)
    assert rows["dense1"] == (64,)
    assert rows["dense2"] == (10,)


def test_the_maps_of_lenet_have_the_paper_s_sizes():
    rows = {row.name: row.shape for row in summarise("lenet", (32, 32, 1), 10)}
    sizes = [rows[name] for name in ("conv1", "pool1", "conv2", "pool2", "dense1", "dense2")]
    assert sizes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,)]


def test_a_summary_names_each_layer_s_kind_with_its_sizes():
    kinds = {row.name: row.kind for row in summarise("basic-cnn", (32, 32, 3), 10)}
    assert kinds["conv1"] == "Conv2d 3x3, stride 1"
    assert kinds["pool1"] == "MaxPool2d 2x2, stride 2"
    assert kinds["dense2"] == "Linear"


@pytest.mark.parametrize("hidden", [[7], [7, 5]])
def test_the_hidden_widths_of_an_mlp_are_the_chosen_ones(hidden):
    rows = summarise("mlp", (4, 4, 1), 3, {"hidden": hidden})
    assert [row.shape for row in rows if row.kind == "Linear"] == [*((width,) for width in hidden), (3,)]


def test_an_unknown_network_is_refused_with_the_nearest_name():
    with pytest.raises(SettingsError, match="did you mean 'lenet'"):
        build_layers("lenett", (32, 32, 3), 10)
