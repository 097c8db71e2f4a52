"""Networks of timm as bases: its configuration is the run's, nothing is fetched unasked, and without it one command."""

import sys

import numpy as np
import pytest
import torch

from sightline.core.errors import MissingExtraError, SettingsError
from sightline.line.features.extractor import extractor_of
from sightline.line.resolution import resolved
from sightline.line.settings.transfer import TransferSettings
from sightline.models.bases.timm_bases import fetch_timm_weights, timm_base

LIBRARY = {
    "__init__.py": """
import torch
from torch import nn
from . import data

class Tiny(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv, self.fc, self.num_classes = nn.Conv2d(3, 6, 3), nn.Linear(6, num_classes), num_classes
        self.pretrained_cfg = {"tag": "a1", "license": "mit", "input_size": (3, 20, 20), "crop_pct": 0.8}

    def forward(self, pictures):
        return self.fc(self.conv(pictures).mean(dim=(2, 3)))

def create_model(name, pretrained=False, num_classes=5):
    if name != "tiny":
        raise RuntimeError(f"Unknown model ({name})")
    torch.manual_seed(7 if pretrained else 0)
    return Tiny(num_classes)
""",
    "data.py": """
def resolve_model_data_config(model):
    own = {"interpolation": "bicubic", "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.2, 0.25)}
    return {**own, "input_size": model.pretrained_cfg["input_size"], "crop_pct": model.pretrained_cfg["crop_pct"]}
""",
}
"""As much of timm 1.0 as is asked of it; the real one needs torchvision."""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A small package named timm, gone after the test."""
    (tmp_path / "site" / "timm").mkdir(parents=True)
    for name, text in LIBRARY.items():
        (tmp_path / "site" / "timm" / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("SIGHTLINE_CACHE", str(tmp_path / "cache"))
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "timm"]:
        del sys.modules[name]


@pytest.mark.usefixtures("library")
def test_its_configuration_is_how_pictures_are_read():
    base = timm_base("timm/tiny")
    assert (base.size, base.margin, base.resampling) == (20, 2, "bicubic")  # 20 of 25, as 0.8 of the sides
    assert base.mean == pytest.approx((127.5, 102, 76.5))
    assert (base.licence, base.classes) == ("mit", 5)


@pytest.mark.usefixtures("library")
def test_its_weights_are_fetched_when_asked_for_alone_and_make_the_features(tmp_path):
    settings = TransferSettings(base="timm/tiny")
    with pytest.raises(SettingsError, match="nothing is fetched unasked"):
        extractor_of(settings)
    fetch_timm_weights("timm/tiny", tmp_path / "cache" / "bases")

    found = extractor_of(settings)

    pixels = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), dtype=np.uint8)
    import timm

    theirs = timm.create_model("tiny", pretrained=True)
    scaled = (torch.from_numpy(pixels) / 255 - torch.tensor([0.5, 0.4, 0.3])) / torch.tensor([0.2, 0.2, 0.25])
    with torch.inference_mode():
        expected = theirs.conv(scaled.permute(0, 3, 1, 2)).mean(dim=(2, 3))
        torch.testing.assert_close(found.load()(torch.from_numpy(pixels)), expected, atol=1e-4, rtol=1e-4)
    assert len(found.digest) == 64


@pytest.mark.usefixtures("library")
def test_a_model_of_timm_is_a_base_with_a_head():
    settings = resolved({"model": "timm/tiny"})
    assert (settings["model"], settings["base"], settings["size"]) == ("transfer", "timm/tiny", "20x20")


@pytest.mark.usefixtures("library")
def test_a_network_that_timm_has_not_is_said():
    with pytest.raises(SettingsError, match="timm has no network 'huge'"):
        timm_base("timm/huge")


def test_without_timm_the_one_command_is_said():
    with pytest.raises(MissingExtraError, match="timm") as raised:
        timm_base("timm/resnet18")
    assert "sightline[" in raised.value.hint
