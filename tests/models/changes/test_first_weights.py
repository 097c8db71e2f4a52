"""A network that starts from arrays: all fit, or every mismatch is told."""

import pytest
import torch
from torch import nn

from sightline.core.errors import SettingsError
from sightline.models.changes.first_weights import start_from


def network_of(classes=3):
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, classes))


@pytest.fixture
def arrays():
    """Return the arrays of a network, all different from those of a new one."""
    torch.manual_seed(7)
    return {name: value + 1 for name, value in network_of().state_dict().items()}


def test_arrays_that_fit_are_taken_with_running_statistics(arrays):
    network = network_of()
    assert not start_from(network, arrays)
    assert all(torch.equal(value, arrays[name]) for name, value in network.state_dict().items())


def test_every_mismatch_is_told_at_once_with_names_and_shapes(arrays):
    del arrays["0.bias"]
    arrays |= {"4.weight": torch.zeros(2), "3.weight": torch.zeros(5, 8), "1.bias": arrays["1.bias"].double()}
    with pytest.raises(SettingsError) as caught:
        start_from(network_of(), arrays)
    assert caught.value.problem == (
        "the weights do not fit the network: missing: 0.bias (2); unexpected: 4.weight (2); "
        "of another shape: 3.weight (5x8 instead of 3x8); of another type: 1.bias (float64 instead of float32)"
    )


def test_where_anything_is_refused_nothing_is_taken(arrays):
    network = network_of()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    del arrays["0.bias"]
    with pytest.raises(SettingsError):
        start_from(network, arrays)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_head_with_other_classes_keeps_its_first_weights_if_that_was_asked_for(arrays):
    network = network_of(classes=5)
    head = network[3].weight.detach().clone()
    passed = start_from(network, arrays, apart_from=("3",))
    assert passed.names() == {"3.weight", "3.bias"}
    assert torch.equal(network[3].weight, head)
    assert torch.equal(network[0].weight, arrays["0.weight"])


def test_what_fits_is_taken_also_in_a_block_that_may_differ(arrays):
    network = network_of()
    assert not start_from(network, arrays, apart_from=("3",))
    assert torch.equal(network[3].weight, arrays["3.weight"])


def test_a_block_is_no_mere_beginning_of_a_name(arrays):
    arrays["34.weight"] = torch.zeros(1)
    with pytest.raises(SettingsError, match=r"unexpected: 34\.weight"):
        start_from(network_of(), arrays, apart_from=("3",))
