import pytest

from sightline.core.errors import SettingsError
from sightline.models.building import build_layers, parameter_count
from sightline.models.summary import folded, summarise


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


def test_multiply_adds_are_counted_by_hand():
    rows = {row.name: row.multiply_adds for row in summarise("basic-cnn", (32, 32, 3), 10)}
    assert rows["conv1"] == 30 * 30 * 32 * (3 * 3 * 3)
    assert rows["conv2"] == 28 * 28 * 32 * (3 * 3 * 32)
    assert rows["dense1"] == 64 * 64
    assert rows["relu1"] == rows["pool1"] == rows["flatten"] == 0


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("alexnet", 714),
        ("vgg16", 15_470),
        ("googlenet", 1_498),
        ("resnet18", 1_814),
        ("squeezenet1_1", 349),
        ("mobilenet_v2", 301),
    ],
)
def test_multiply_adds_at_224_are_the_published_ones(name, millions):
    rows = summarise(name, (224, 224, 3), 1000)
    assert round(sum(row.multiply_adds for row in rows if not row.auxiliary) / 1e6) == millions


def test_a_summary_tells_the_receptive_field_and_the_lost_floor():
    rows = {row.name: row for row in summarise("basic-cnn", (33, 32, 3), 10)}
    assert [rows[name].receptive_field for name in ("conv1", "conv2", "pool1", "conv3")] == [3, 5, 6, 10]
    assert str(rows["pool1"].lost) == "loses 1 row"
    assert rows["pool2"].lost is None


def test_only_training_sees_the_auxiliary_heads():
    rows = summarise("googlenet", (32, 32, 3), 10)
    assert {row.name.split(".")[0] for row in rows if row.auxiliary} == {"aux1", "aux2"}
    assert {row.receptive_field for row in rows if row.auxiliary} == {None}


def test_a_strict_summary_refuses_what_is_not_whole():
    with pytest.raises(SettingsError, match=r"pool1: .* = 14.5 is no whole number"):
        summarise("basic-cnn", (33, 33, 3), 10, strict=True)


def test_a_folded_summary_holds_the_same_parameters_in_fewer_lines():
    rows = summarise("resnet50", (224, 224, 3), 1000)
    lines = folded(rows)
    assert sum(line.parameters for line in lines) == sum(row.parameters for row in rows)
    assert lines[0].kind == "Conv2d 7x7, stride 2 + BatchNorm2d + ReLU"
    assert len(lines) == 53 + 2 + 1 + 1  # convolutions, pools, flatten, dense


def test_a_folded_summary_keeps_a_line_for_a_dense_layer_that_keeps_the_width():
    lines = folded(summarise("vgg11", (224, 224, 3), 10))
    assert [line.kind for line in lines[-3:]] == ["Linear + ReLU + Dropout", "Linear + ReLU + Dropout", "Linear"]


@pytest.mark.parametrize("hidden", [[7], [7, 5]])
def test_the_hidden_widths_of_an_mlp_are_the_chosen_ones(hidden):
    rows = summarise("mlp", (4, 4, 1), 3, {"hidden": hidden})
    assert [row.shape for row in rows if row.kind == "Linear"] == [*((width,) for width in hidden), (3,)]


def test_an_unknown_network_is_refused_with_the_nearest_name():
    with pytest.raises(SettingsError, match="did you mean 'lenet'"):
        build_layers("lenett", (32, 32, 3), 10)
