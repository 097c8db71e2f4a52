"""What every network of the table promises."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from sightline.core.errors import SettingsError
from sightline.models import MODELS
from sightline.models.building import build_layers, parameter_count
from sightline.models.summary import summarise


def logits_of(network, pixels):
    with torch.no_grad():
        return network.eval()(torch.from_numpy(pixels))


def test_a_picture_scores_the_same_alone_and_in_a_batch(name, network_of, pictures_of):
    network, pictures = network_of(name), pictures_of(9, (32, 32, 3))
    together = logits_of(network, pictures)
    alone = torch.cat([logits_of(network, picture[None]) for picture in pictures])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_the_order_of_a_batch_does_not_matter(name, network_of, pictures_of):
    network, pictures = network_of(name), pictures_of(9, (32, 32, 3))
    forwards, backwards = logits_of(network, pictures), logits_of(network, pictures[::-1].copy())
    np.testing.assert_allclose(forwards, backwards.flip(0), atol=1e-5)


def test_gradients_reach_every_parameter(name, network_of, pictures_of):
    network = network_of(name).train()
    cross_entropy(network(torch.from_numpy(pictures_of(16, (32, 32, 3)))), torch.arange(16) % 10).backward()
    reached = {key: bool(parameter.grad.abs().sum() > 0) for key, parameter in network.named_parameters()}
    assert all(reached.values()), reached


def test_it_runs_at_its_minimum_size(name, network_of, pictures_of):
    least = MODELS[name].minimum_size
    logits = logits_of(network_of(name, (least, least, 3)), pictures_of(2, (least, least, 3)))
    assert logits.shape == (2, 10)
    assert logits.isfinite().all()


def test_it_runs_at_an_odd_size_that_is_not_square(name, network_of, pictures_of):
    shape = (MODELS[name].minimum_size + 5, MODELS[name].minimum_size + 12, 3)
    assert logits_of(network_of(name, shape), pictures_of(2, shape)).shape == (2, 10)


@pytest.mark.parametrize("axis", [0, 1])
def test_one_pixel_less_is_refused_with_both_sizes(name, axis):
    least = MODELS[name].minimum_size
    shape = [least, least, 3]
    shape[axis] -= 1
    with pytest.raises(SettingsError, match=f"{least}x{least}.*{shape[0]}x{shape[1]}"):
        build_layers(name, tuple(shape), 10)


def test_a_pixel_less_than_the_stated_minimum_would_really_fail(name, monkeypatch):
    least = MODELS[name].minimum_size
    if least == 1:
        pytest.skip("this network takes every size")
    monkeypatch.setattr("sightline.models.ModelEntry.check_size", lambda *_: None)
    with pytest.raises((RuntimeError, UserWarning)):  # torch warns of a layer without inputs
        summarise(name, (least - 1, least - 1, 3), 10)


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_four_channel_pictures_are_taken(name, channels, network_of, pictures_of):
    shape = (32, 32, channels)
    assert logits_of(network_of(name, shape), pictures_of(3, shape)).shape == (3, 10)


def test_it_has_as_many_logits_as_classes(name, network_of, pictures_of):
    assert logits_of(network_of(name, classes=7), pictures_of(2, (32, 32, 3))).shape == (2, 7)


def test_the_same_seed_gives_the_same_first_weights(name, network_of):
    first, second = network_of(name).state_dict(), network_of(name).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_the_summary_adds_up_to_the_parameter_count(name, network_of):
    rows = summarise(name, (36, 33, 3), 10)
    assert sum(row.parameters for row in rows) == parameter_count(network_of(name, (36, 33, 3)))
    assert rows[-1].shape == (10,)
