import subprocess
import sys

import numpy as np
import pytest
import torch

from sightline.core.errors import SettingsError
from sightline.imaging.preprocess import CENTRES, SCALES
from sightline.models.building import Normalise, build_layers


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("scale", SCALES)
def test_normalise_equals_the_formula_bit_for_bit(centre, scale, pictures_of, preprocess_of):
    preprocess, pictures = preprocess_of((5, 7, 3), centre, scale), pictures_of(4, (5, 7, 3))
    layer = Normalise(preprocess)(torch.from_numpy(pictures)).numpy()
    formula = (pictures.astype(np.float32) - preprocess.mean) * preprocess.factor
    np.testing.assert_array_equal(layer, formula.transpose(0, 3, 1, 2))
    assert layer.dtype == np.float32


def test_the_preprocess_travels_with_the_weights_and_is_not_learnt(network_of):
    network = network_of("linear")
    assert {"normalise.mean", "normalise.factor"} <= set(network.state_dict())
    assert {key for key, _ in network.named_parameters()} == {"network.dense.weight", "network.dense.bias"}


def test_a_network_does_not_share_memory_with_the_preprocess(preprocess_of):
    preprocess = preprocess_of((4, 4, 3))
    layer = Normalise(preprocess)
    preprocess.mean[:] = 1000
    assert float(layer.mean.max()) < 256


def test_the_table_of_networks_is_read_without_torch():
    code = "import sys, sightline.models; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


def test_layers_that_no_machine_can_address_are_refused_in_words():
    with (
        pytest.raises(SettingsError, match=r"mlp can't be built for 16x16x3 pictures and 3 classes"),
        torch.device("meta"),
    ):
        build_layers("mlp", (16, 16, 3), 3, {"hidden": (2**31 - 1, 2**31 - 1)})
