"""Oracle: names, shapes and scores of torchvision 0.28's networks, written into ``oracle/`` from the original.

SqueezeNet and MobileNetV2 are of 0.29; EfficientNet-Lite is timm 1.0.31's ``tf_efficientnet_lite``.
"""

import json
from pathlib import Path

import pytest
import torch

from sightline.models.building import build_layers, parameter_count

ORACLE = Path(__file__).parent / "oracle"
PARAMETERS = {
    "alexnet": 61_100_840,
    "vgg11": 132_863_336,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "vgg11-bn": 132_868_840,
    "vgg16-bn": 138_365_992,
    "vgg19-bn": 143_678_248,
    "googlenet": 6_624_904 + 6_379_984,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "squeezenet1_1": 1_235_496,
    "mobilenet_v2": 3_504_872,
    "efficientnet-lite0": 4_652_008,
    "efficientnet-lite1": 5_416_680,
    "efficientnet-lite2": 6_092_072,
}
SCORES = json.loads((ORACLE / "scores.json").read_text())


def published(name):
    """Return (name, shape) of each array of the published weights, in their order."""
    lines = [line.split() for line in (ORACLE / f"{name}.txt").read_text().splitlines()]
    return [(key, () if shape == "scalar" else tuple(map(int, shape.split("x")))) for key, shape in lines]


def shapes_only(name, side=224):
    with torch.device("meta"):
        return build_layers(name, (side, side, 3), 1000)


def fill(part):
    """Give a network weights that look like chance and are the same on every machine."""
    with torch.no_grad():
        for place, (name, tensor) in enumerate(sorted(part.state_dict().items())):
            if not tensor.is_floating_point():
                tensor.zero_()
                continue
            numbers = torch.arange(tensor.numel())
            mixed = (numbers * numbers + 31 * place * numbers) % 9973 / 9973 * 2 - 1  # from -1 to 1
            spread = (6 / tensor[0].numel()) ** 0.5 if tensor.ndim > 1 else 0.2
            centre = 0.0 if tensor.ndim > 1 or name.endswith(("bias", "running_mean")) else 1.0
            tensor.copy_(centre + spread * mixed.reshape(tensor.shape))


def waves(height, width):
    """Return a picture (1, 3, H, W) that is the same on every machine."""
    return (torch.arange(3 * height * width, dtype=torch.float64) / 7).sin().float().reshape(1, 3, height, width)


@pytest.mark.parametrize("name", PARAMETERS)
def test_names_and_shapes_are_those_of_published_weights(name):
    state = shapes_only(name).state_dict()
    assert [(key, tuple(tensor.shape)) for key, tensor in state.items()] == published(name)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_parameter_count_is_the_published_one(name):
    assert parameter_count(shapes_only(name)) == PARAMETERS[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_weights_fit_every_size_that_is_not_small(name):
    assert {key: tensor.shape for key, tensor in shapes_only(name, 64).state_dict().items()} == {
        key: tensor.shape for key, tensor in shapes_only(name, 227).state_dict().items()
    }


def test_googlenet_has_the_published_count_without_its_auxiliary_heads():
    layers = shapes_only("googlenet")
    auxiliary = sum(map(parameter_count, (layers.aux1, layers.aux2)))
    assert parameter_count(layers) - auxiliary == 6_624_904


@pytest.mark.parametrize("name", SCORES)
def test_the_same_weights_give_the_same_scores_as_the_original(name):
    wanted = SCORES[name]
    layers = shapes_only(name)
    part = layers.get_submodule(wanted["part"]).to_empty(device="cpu").eval()
    fill(part)
    with torch.no_grad():
        answer = part(waves(*wanted["size"])).flatten()
    step = max(1, len(answer) // len(wanted["scores"]))
    torch.testing.assert_close(
        answer[::step][: len(wanted["scores"])], torch.tensor(wanted["scores"]), rtol=1e-3, atol=1e-5
    )


def test_a_file_of_published_weights_loads_unchanged(tmp_path):
    weights = {key: torch.full(shape, 0.5 if shape else 7) for key, shape in published("resnet18")}
    torch.save(weights, tmp_path / "resnet18.pth")
    layers = build_layers("resnet18", (224, 224, 3), 1000)
    layers.load_state_dict(torch.load(tmp_path / "resnet18.pth", weights_only=True), strict=True)
    assert {float(tensor.flatten()[0]) for tensor in layers.state_dict().values()} == {0.5, 7.0}
