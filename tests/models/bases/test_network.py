import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sightline.core.errors import SettingsError
from sightline.models.bases.names import house_names
from sightline.models.bases.network import base_network, features_of, fitting_arrays
from sightline.models.bases.preprocessing import base_format
from sightline.models.bases.table import BASES, find_base
from sightline.models.building import build_layers
from sightline.models.changes.first_weights import start_from
from sightline.models.changes.heads import head

ORACLE = Path(__file__).parents[1] / "oracle"
SQUEEZENET = BASES["squeezenet1_1"]
CAT, ESPRESSO, MONASTERY = 285, 967, 663


@pytest.fixture(scope="module")
def lite0():
    return base_network(find_base("efficientnet-lite0"))


@pytest.fixture(scope="module")
def photos():
    """The sample photos of other packages, by their class of ImageNet."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    return {CAT: data.cat(), ESPRESSO: data.coffee(), MONASTERY: load_sample_image("china.jpg")}


def likely(network, base, photo, count):
    """Return the most likely classes of a photo."""
    pixels = base_format(base).read(np.ascontiguousarray(photo), name="photo")
    with torch.no_grad():
        return network(torch.from_numpy(pixels)[None])[0].topk(count).indices.tolist()


def published(name):
    """Return zeros under the names and in the shapes of published weights."""
    lines = [line.split() for line in (ORACLE / f"{name}.txt").read_text().splitlines()]
    return {
        key: torch.tensor(0) if shape == "scalar" else torch.zeros(*map(int, shape.split("x"))) for key, shape in lines
    }


def test_lite0_knows_the_sample_photos(lite0, photos):
    base = find_base("efficientnet-lite0")
    assert likely(lite0, base, photos[ESPRESSO], 1) == [ESPRESSO]
    for label, photo in photos.items():
        assert label in likely(lite0, base, photo, 5)


def test_squeezenet_names_the_sample_photos(photos):
    if "SIGHTLINE_DATA" not in os.environ:
        pytest.skip("SIGHTLINE_DATA names no folder of data")
    file = Path(os.environ["SIGHTLINE_DATA"]) / "squeezenet1_1-imagenet-fp16.pth"
    network = base_network(SQUEEZENET, file)
    assert [likely(network, SQUEEZENET, photo, 1) for photo in photos.values()] == [[label] for label in photos]


def test_every_padding_and_norm_of_lite0_is_that_of_a_plain_formula(lite0):
    """The first block and the first that strides, worked out place by place in 64 bits."""
    rows = dict(lite0.network.state_dict())
    maps = torch.rand(96, 7, 8, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        block = lite0.network.blocks[1][0]
        ours = block.bn2(block.conv_dw(block.pad(maps.float()[None])))[0]
    prefix = "blocks.1.0."
    padded = np.zeros((96, 7 + 2, 8 + 1))  # of 7 rows the zeros are shared out; of 8 columns the one comes last
    padded[:, 1:8, :8] = maps
    filters = rows[f"{prefix}conv_dw.weight"].double().numpy()
    plain = np.zeros((96, 4, 4))
    for row in range(4):
        for column in range(4):
            window = padded[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            plain[:, row, column] = (window * filters[:, 0]).sum(axis=(1, 2))
    weight, bias, mean, variance = (
        rows[f"{prefix}bn2.{part}"].double().numpy()[:, None, None]
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    expected = (plain - mean) / np.sqrt(variance + 1e-3) * weight + bias
    np.testing.assert_allclose(ours.numpy(), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_every_family_takes_a_state_dict_of_published_names_and_shapes(base):
    with torch.device("meta"):
        layers = build_layers(base.network, (base.size, base.size, 3), base.classes)
    arrays = published(base.network)
    old = {f"module.{name}": array for name, array in arrays.items() if not name.endswith("num_batches_tracked")}
    for file in (arrays, old):
        fitting = fitting_arrays(file, layers)
        assert {name: tuple(array.shape) for name, array in fitting.items()} == {
            name: tuple(array.shape) for name, array in layers.state_dict().items()
        }


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_first_pytorch_version_s_names_become_timm_s(number):
    own = list(published(f"efficientnet-lite{number}"))
    blocks = list(dict.fromkeys(name.rpartition(".conv")[0] for name in own if ".conv_dw." in name))
    assert house_names({"_blocks.0._project_conv.weight": 1, "_conv_stem.weight": 2}, own) == {
        "blocks.0.0.conv_pw.weight": 1,
        "conv_stem.weight": 2,
    }
    last = {f"_blocks.{len(blocks) - 1}._bn2.bias": 1, "_bn1.bias": 2, "_fc.bias": 3, "_conv_stem.weight": 4}
    assert list(house_names(last, own)) == [f"{blocks[-1]}.bn3.bias", "bn2.bias", "classifier.bias", "conv_stem.weight"]


def test_a_base_has_as_many_classes_as_the_head_in_its_file(saved, squeezenet_arrays):
    network = base_network(SQUEEZENET, saved())
    assert len(head(network).weight) == 5
    assert not network.training
    state = network.get_submodule("network").state_dict()
    assert all(torch.equal(state[name], array) for name, array in squeezenet_arrays.items())


def test_a_file_without_a_head_fills_all_the_rest(saved, squeezenet_arrays):
    headless = {name: array for name, array in squeezenet_arrays.items() if not name.startswith("classifier")}
    network = base_network(SQUEEZENET, saved(headless))
    assert len(head(network).weight) == 1000
    assert torch.equal(network.network.features[0].weight, squeezenet_arrays["features.0.weight"])


def test_half_a_head_is_refused(saved, squeezenet_arrays):
    half = {name: array for name, array in squeezenet_arrays.items() if name != "classifier.1.bias"}
    with pytest.raises(SettingsError, match=r"missing: classifier\.1\.bias"):
        base_network(SQUEEZENET, saved(half))


def test_weights_of_another_network_are_refused_with_all_that_does_not_fit(saved, squeezenet_arrays):
    wrong = {name.replace("features.3", "fire.3"): array for name, array in squeezenet_arrays.items()}
    wrong["features.0.weight"] = torch.zeros(64, 1, 3, 3)
    with pytest.raises(SettingsError) as caught:
        base_network(SQUEEZENET, saved(wrong))
    for part in ("missing: features.3.squeeze.weight", "unexpected: fire.3.squeeze.weight", "64x1x3x3 instead of"):
        assert part in caught.value.problem
    assert "sightline models" in caught.value.hint


def test_googlenet_goes_without_the_heads_that_only_training_sees(saved):
    base = replace(BASES["googlenet"], classes=3)
    arrays = {name: array for name, array in published("googlenet").items() if not name.startswith("aux")}
    network = base_network(base, saved(arrays))
    assert not network.network.fc.weight.any()
    assert network.network.aux1.fc2.weight.any()


def test_making_a_base_uses_up_no_chance(saved):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    base_network(SQUEEZENET, saved())
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize(
    ("name", "count"),
    [("squeezenet1_1", 512), ("mobilenet_v2", 1280), ("googlenet", 1024), ("resnet18", 512), ("quick-cnn", 256)],
)
def test_features_are_what_the_head_reads(name, count):
    torch.manual_seed(0)
    layers = build_layers(name, (64, 64, 3), 4)
    features = features_of(layers)
    pictures = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        numbers, logits = features(pictures), layers.eval()(pictures)
    assert numbers.shape == (2, count)
    if name in ("mobilenet_v2", "googlenet", "resnet18"):
        torch.testing.assert_close(head(layers)(numbers), logits, rtol=1e-4, atol=1e-6)


def test_features_share_the_network_s_weights_and_leave_it_whole(saved):
    network = base_network(SQUEEZENET, saved())
    features = features_of(network)
    own = {tensor.data_ptr() for tensor in network.state_dict().values()}
    assert all(tensor.data_ptr() in own for tensor in features.state_dict().values())
    assert len(head(network).weight) == 5


def test_what_does_not_fit_leaves_a_network_as_it_was(squeezenet_arrays):
    layers = build_layers("squeezenet1_1", (64, 64, 3), 5)
    before = layers.features[0].weight.detach().clone()
    with pytest.raises(SettingsError):
        start_from(layers, {**squeezenet_arrays, "more": torch.ones(1)})
    assert torch.equal(layers.features[0].weight, before)
