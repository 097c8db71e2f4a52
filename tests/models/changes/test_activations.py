import math
import subprocess
import sys

import pytest
import torch

from sightline.models.changes.activations import ACTIVATIONS

SUMS = torch.tensor([-100.0, -3.0, -0.5, 0.0, 0.5, 3.0])

FORMULAS = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "relu": lambda x: max(0.0, x),
    "leaky-relu": lambda x: x if x > 0 else 0.01 * x,
    "prelu": lambda x: x if x > 0 else 0.25 * x,
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_equals_its_formula(name):
    expected = torch.tensor([FORMULAS[name](value) for value in SUMS.tolist()])
    torch.testing.assert_close(ACTIVATIONS[name].build()(SUMS).detach(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_only_prelu_has_a_weight(name):
    count = sum(weight.numel() for weight in ACTIVATIONS[name].build().parameters())
    assert count == (1 if name == "prelu" else 0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_relative_of_relu_grows_without_end_and_the_others_do_not(name):
    grows = bool(ACTIVATIONS[name].build()(torch.tensor([1e6])) > 1)
    assert grows == ACTIVATIONS[name].rectifies


def test_the_tables_and_a_variation_need_no_torch():
    code = (
        "import sys\n"
        "from sightline.models.changes import activations, initialisation, pooling, regularisers, variation\n"
        "variation.Variation(activation='gelu', dropout=0.5)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code
