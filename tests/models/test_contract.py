"""What every network of the table promises."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sightline.core.errors import SettingsError
from sightline.models import MODELS
from sightline.models.building import build_layers, parameter_count
from sightline.models.changes.blocks import blocks, freeze, unfreeze
from sightline.models.changes.heads import head, replace_head
from sightline.models.summary import summarise

AUXILIARY_SHARE = 0.3


def small_shape(name, channels=3):
    """Return a shape that is quick to compute."""
    side = max(16, MODELS[name].minimum_size)
    return side, side, channels


def shapes_only(name, shape, classes=10):
    """Build a network that can say sizes but holds no numbers, which takes no time."""
    with torch.device("meta"):
        return build_layers(name, shape, classes)


def output_shape(name, shape, classes=10):
    height, width, channels = shape
    picture = torch.empty(2, channels, height, width, device="meta")
    return tuple(shapes_only(name, shape, classes).eval()(picture).shape)


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def layers(name):
    """One network with real weights for all tests here; none of them changes a weight."""
    torch.manual_seed(0)
    return build_layers(name, small_shape(name), 10)


@pytest.fixture(scope="module")
def pictures(name):
    """(4, 3, H, W) of noise."""
    height, width, channels = small_shape(name)
    return torch.randn(4, channels, height, width, generator=torch.Generator().manual_seed(0))


def logits_of(layers, pictures):
    with torch.no_grad():
        return layers.eval()(pictures)


def test_the_same_seed_gives_the_same_first_weights(name, layers):
    torch.manual_seed(0)
    again = build_layers(name, small_shape(name), 10)
    for one, other in zip(layers.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_picture_scores_the_same_alone_and_in_a_batch(layers, pictures):
    together = logits_of(layers, pictures)
    alone = torch.cat([logits_of(layers, picture[None]) for picture in pictures])
    np.testing.assert_allclose(alone, together, atol=1e-4 * float(together.abs().max()) + 1e-7)


def test_the_order_of_a_batch_does_not_matter(layers, pictures):
    forwards, backwards = logits_of(layers, pictures), logits_of(layers, pictures.flip(0))
    np.testing.assert_allclose(forwards, backwards.flip(0), atol=1e-4 * float(forwards.abs().max()) + 1e-7)


def test_pictures_with_the_channels_last_in_memory_score_the_same(layers, pictures):
    expected = logits_of(layers, pictures)
    last = logits_of(layers.to(memory_format=torch.channels_last), pictures.to(memory_format=torch.channels_last))
    layers.to(memory_format=torch.contiguous_format)
    np.testing.assert_allclose(last, expected, atol=1e-4 * float(expected.abs().max()) + 1e-7)


def test_gradients_reach_every_parameter(layers, pictures):
    torch.manual_seed(0)
    layers.zero_grad()
    answers = layers.train()(pictures)
    main, *auxiliary = answers if isinstance(answers, tuple) else (answers,)
    labels = torch.arange(len(pictures))
    loss = cross_entropy(main, labels) + AUXILIARY_SHARE * sum(cross_entropy(some, labels) for some in auxiliary)
    loss.backward()
    assert [key for key, parameter in layers.named_parameters() if not parameter.grad.abs().sum() > 0] == []


def test_it_runs_at_its_minimum_size(name):
    least = MODELS[name].minimum_size
    assert output_shape(name, (least, least, 3)) == (2, 10)


@pytest.mark.parametrize("more", [(5, 12), (40, 75), (75, 40), (90, 112)])
def test_it_runs_at_odd_sizes_that_are_not_square(name, more):
    least = MODELS[name].minimum_size
    assert output_shape(name, (least + more[0], least + more[1], 3)) == (2, 10)


@pytest.mark.parametrize("axis", [0, 1])
def test_one_pixel_less_is_refused_with_both_sizes(name, axis):
    least = MODELS[name].minimum_size
    shape = [least, least, 3]
    shape[axis] -= 1
    with pytest.raises(SettingsError, match=f"{least}x{least}.*{shape[0]}x{shape[1]}"):
        shapes_only(name, tuple(shape))


def test_a_pixel_less_than_the_stated_minimum_would_really_fail(name, monkeypatch):
    least = MODELS[name].minimum_size
    if least == 1:
        pytest.skip("this network takes every size")
    monkeypatch.setattr("sightline.models.ModelEntry.check_size", lambda *_: None)
    with pytest.raises((SettingsError, RuntimeError, UserWarning)):  # torch warns of a layer without inputs
        summarise(name, (least - 1, least - 1, 3), 10)


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_four_channel_pictures_are_taken(name, channels):
    assert output_shape(name, small_shape(name, channels)) == (2, 10)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (64, 64, 3), (224, 224, 3)])
def test_the_sizes_of_well_known_pictures_are_taken(name, shape):
    if MODELS[name].minimum_size <= shape[0]:
        assert output_shape(name, shape) == (2, 10)


def test_it_has_as_many_logits_as_classes(name):
    assert output_shape(name, small_shape(name), classes=7) == (2, 7)


def test_the_summary_adds_up_to_the_parameter_count(name):
    rows = summarise(name, (36, 33, 3), 10)
    assert sum(row.parameters for row in rows) == parameter_count(shapes_only(name, (36, 33, 3)))
    assert [row.shape for row in rows if not row.auxiliary][-1] == (10,)


def test_the_head_makes_the_logits_and_can_be_replaced(name):
    layers = shapes_only(name, small_shape(name))
    old = head(layers)
    replace_head(layers, 3)
    height, width, channels = small_shape(name)
    answers = layers.train()(torch.empty(2, channels, height, width, device="meta"))
    assert (len(old.weight), len(head(layers).weight)) == (10, 3)
    assert {tuple(some.shape) for some in (answers if isinstance(answers, tuple) else (answers,))} == {(2, 3)}
    assert blocks(layers)[-1].name == blocks(shapes_only(name, small_shape(name)))[-1].name


def test_the_blocks_hold_every_parameter_once_and_in_order(name):
    layers = shapes_only(name, small_shape(name))
    found = blocks(layers)
    held = [id(parameter) for block in found for parameter in block.module.parameters()]
    assert held == [id(parameter) for parameter in layers.parameters()]
    assert len({block.name for block in found}) == len(found)
    assert head(layers) in list(found[-1].module.modules())


def test_blocks_are_frozen_and_unfrozen_from_the_input_on(name):
    layers = shapes_only(name, small_shape(name))
    found = blocks(layers)
    freeze(layers, len(found) - 1)
    learning = [block.name for block in found if all(part.requires_grad for part in block.module.parameters())]
    assert learning == [found[-1].name]
    assert parameter_count(layers) == sum(part.numel() for part in found[-1].module.parameters())
    unfreeze(layers)
    assert all(parameter.requires_grad for parameter in layers.parameters())


def test_what_is_frozen_gets_no_gradient_and_the_rest_does(layers, pictures):
    names = [block.name for block in blocks(layers)]
    freeze(layers, names[:-1])
    layers.zero_grad()
    cross_entropy(layers.eval()(pictures), torch.arange(len(pictures))).backward()
    unfreeze(layers, names)
    reached = {id(part) for part in layers.parameters() if part.grad is not None}
    assert reached == {id(part) for part in blocks(layers)[-1].module.parameters()}


def test_every_activation_pool_and_dropout_has_a_place_of_its_own(name):
    layers = shapes_only(name, small_shape(name))
    calls = []
    for part in layers.modules():
        if isinstance(part, nn.ReLU | nn.ReLU6 | nn.Tanh | nn.Dropout | nn.MaxPool2d | nn.AvgPool2d):
            part.register_forward_hook(lambda part, *_: calls.append(id(part)))
    height, width, channels = small_shape(name)
    layers.train()(torch.empty(2, channels, height, width, device="meta"))
    assert len(calls) == len(set(calls))
