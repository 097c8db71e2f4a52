"""The large families on pictures of 63 pixels and less."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from sightline.models import MODELS, SMALL
from sightline.models.building import build_layers
from sightline.models.summary import summarise

FAMILIES = [name for name, entry in MODELS.items() if entry.small]


def maps(name, side):
    """Return (first map's side, last map's side before the pool over everything or the dense layers)."""
    rows = [row for row in summarise(name, (side, side, 3), 10) if not row.auxiliary]
    sides = [row.shape[1] for row in rows if len(row.shape) == 3 and not row.kind.startswith("Adaptive")]
    return sides[0], sides[-1]


@pytest.mark.parametrize(
    ("name", "at_32", "at_16"),
    [
        ("alexnet", (32, 3), (16, 1)),
        ("vgg16", (32, 1), (16, 1)),
        ("googlenet", (32, 4), (16, 2)),
        ("resnet50", (32, 4), (16, 2)),
        ("squeezenet1_1", (32, 8), (16, 4)),
        ("mobilenet_v2", (32, 4), (16, 2)),
        ("efficientnet-lite0", (32, 4), (16, 2)),
    ],
)
def test_the_stem_does_not_throw_a_small_picture_away(name, at_32, at_16):
    assert maps(name, 32) == at_32
    assert maps(name, 16) == at_16


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alexnet", 55),
        ("vgg16", 224),
        ("googlenet", 112),
        ("resnet50", 112),
        ("squeezenet1_1", 111),
        ("mobilenet_v2", 112),
    ],
)
def test_a_large_picture_meets_the_published_stem(name, expected):
    assert maps(name, 224)[0] == expected


@pytest.mark.parametrize("name", FAMILIES)
def test_the_change_comes_at_64_pixels_of_the_shorter_side_and_is_said(name):
    below, at, wide = (
        {(row.name, row.kind, row.parameters) for row in summarise(name, shape, 10)}
        for shape in ((63, 63, 3), (64, 64, 3), (63, 200, 3))
    )
    assert below != at
    assert (bool(MODELS[name].remark(63, 200)), bool(MODELS[name].remark(64, 64))) == (True, False)
    assert str(SMALL) in MODELS[name].remark(63, 63)
    if name != "alexnet":  # its first dense layer depends on the size
        assert wide == below


@pytest.mark.parametrize(("side", "pools"), [(1, 0), (2, 1), (16, 4), (28, 4), (31, 4), (32, 5), (63, 5)])
def test_vgg_has_as_many_pools_as_fit(side, pools):
    rows = summarise("vgg11", (side, side, 1), 10)
    assert sum(row.kind.startswith("MaxPool") for row in rows) == pools


@pytest.mark.parametrize(
    "name", ["alexnet", "vgg11-bn", "googlenet", "resnet18", "squeezenet1_1", "mobilenet_v2", "efficientnet-lite0"]
)
def test_eight_small_pictures_are_learnt_by_heart(name):
    torch.manual_seed(0)
    layers = build_layers(name, (16, 16, 3), 2, {"dropout": 0.0} if name not in ("googlenet", "resnet18") else None)
    pictures, labels = torch.randn(8, 3, 16, 16), torch.arange(8) % 2
    optimizer = torch.optim.Adam(layers.parameters(), lr=1e-3)
    loss, steps = 1.0, 0
    while loss > 0.2 and steps < 60:
        answers = layers.train()(pictures)
        losses = cross_entropy(answers[0] if isinstance(answers, tuple) else answers, labels)
        optimizer.zero_grad()
        losses.backward()
        optimizer.step()
        loss, steps = losses.item(), steps + 1
    assert loss <= 0.2
