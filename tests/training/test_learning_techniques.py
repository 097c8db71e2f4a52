"""Each technique does what it is for: on small seeded problems, against the same training without it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sightline.core.errors import RunError
from sightline.training.evaluation import evaluate
from sightline.training.history import best_epoch
from sightline.training.losses import Criterion, Penalties, balanced_weights, hinge
from sightline.training.objectives.classification import class_counts
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.schedules import SCHEDULES, constant, warmed_up


def path(name, slope, start, *, steps, rate, decay=None, factor=constant):
    """Return the weights (steps + 1, n) of an optimizer on its way down a slope."""
    weight = torch.nn.Parameter(torch.tensor([start], dtype=torch.float32))
    (optimizer,) = OPTIMIZERS[name].build(torch.nn.ParameterList([weight]), learning_rate=rate, weight_decay=decay)
    places = [weight.detach()[0].clone()]
    for done in range(steps):
        optimizer.param_groups[0]["lr"] = rate * factor(done / steps)
        weight.grad = slope(weight.detach()[0])[None]
        optimizer.step()
        places.append(weight.detach()[0].clone())
    return torch.stack(places)


def ravine(weights):
    """Return the gradient of ``(w_1^2 + 100 w_2^2) / 2``: steep across, flat along."""
    return torch.tensor([1.0, 100.0]) * weights


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_momentum_goes_down_a_ravine_in_which_plain_steps_crawl(name):
    """Both have the longest rate at which plain steps do not bounce from wall to wall."""
    plain = path("sgd", ravine, [10.0, 1.0], steps=150, rate=0.01)[-1].norm()
    fast = path(name, ravine, [10.0, 1.0], steps=150, rate=0.01)[-1].norm()
    assert plain > 2
    assert fast < 0.05 * plain


def plateau(weights):
    """Return the gradient of a slope so flat that it hardly shows, which ends in a basin at 0."""
    return torch.where(weights.abs() > 1, 0.01 * weights.sign(), weights)


def test_momentum_crosses_a_plateau_on_which_plain_steps_stay():
    assert path("sgd", plateau, [3.0], steps=300, rate=0.2)[-1].abs() > 2
    assert path("momentum", plateau, [3.0], steps=300, rate=0.2)[-1].abs() < 0.1


def test_nesterov_overshoots_less_than_momentum():
    overshot = {name: -path(name, lambda w: w, [1.0], steps=60, rate=0.3).min() for name in ("momentum", "nesterov")}
    assert overshot["momentum"] > 0.5
    assert 0 < overshot["nesterov"] < 0.7 * overshot["momentum"]


def badly_scaled(weights):
    """Return the gradient of ``((w_1 - 1)^2 + (w_2 / 1000 - 1 / 1000)^2) / 2``: features of scale 1 and 1/1000."""
    return torch.tensor([1.0, 1e-6]) * (weights - 1)


@pytest.mark.parametrize(("name", "rate"), [("adagrad", 0.5), ("rmsprop", 0.01), ("adam", 0.05), ("adamw", 0.05)])
def test_an_adaptive_optimizer_learns_from_a_small_feature_where_plain_steps_do_not(name, rate):
    plain = path("sgd", badly_scaled, [0.0, 0.0], steps=300, rate=1.9)[-1]  # at 2 the other weight would diverge
    adaptive = path(name, badly_scaled, [0.0, 0.0], steps=300, rate=rate, decay=0)[-1]
    assert abs(plain[0] - 1) < 0.01
    assert plain[1] < 0.01
    assert (adaptive - 1).abs().max() < 0.1


def test_rmsprop_still_moves_when_the_steps_of_adagrad_have_died():
    """The slope is steep at first and gentle for the rest."""
    for name, survives in (("rmsprop", True), ("adagrad", False)):
        slopes = iter([100.0] * 20 + [0.1] * 1480)
        places = path(name, lambda _, left=slopes: torch.tensor([next(left)]), [0.0], steps=1500, rate=0.01)
        lengths = places.diff(dim=0).abs().flatten()
        assert (lengths[-1] > lengths[0] / 2) == survives
        assert (lengths[-1] < lengths[0] / 1000) != survives


def test_adamw_decays_weights_without_gradient_evenly_and_adam_does_not():
    start = torch.tensor([0.1, 1.0, 10.0])
    left = {
        name: path(name, torch.zeros_like, start.tolist(), steps=5, rate=0.01, decay=0.5)[-1] / start
        for name in ("adamw", "adam")
    }
    torch.testing.assert_close(left["adamw"], torch.full((3,), (1 - 0.01 * 0.5) ** 5))
    torch.testing.assert_close(1 - left["adam"], 0.05 / start, rtol=0.05, atol=0)  # the same length for each


def test_muon_moves_along_small_singular_directions_as_far_as_along_large_ones():
    shares = {}
    for name in ("muon", "sgd"):
        torch.manual_seed(0)
        network = torch.nn.Sequential(*(torch.nn.Linear(8, 8, bias=False) for _ in range(3)))
        hidden, before = network[1].weight, network[1].weight.detach().clone()
        left, _, right = torch.linalg.svd(torch.randn(8, 8))
        for weight in network.parameters():
            weight.grad = left @ torch.diag(torch.logspace(0, -2, 8)) @ right
        for optimizer in OPTIMIZERS[name].build(network, learning_rate=0.01, weight_decay=0):
            optimizer.step()
        lengths = (left.T @ (before - hidden.detach()) @ right.T).diagonal()
        shares[name] = lengths[-1] / lengths[0]
    assert shares["sgd"] == pytest.approx(0.01, rel=0.01)
    assert shares["muon"] > 0.5


def noisy_bowl(generator):
    """Return a slope of 1 around 0, seen through noise."""
    return lambda weights: weights + torch.randn(weights.shape, generator=generator)


@pytest.mark.parametrize("schedule", ["step", "exponential", "linear", "cosine", "one-cycle"])
def test_a_decay_settles_where_a_constant_rate_keeps_jumping(schedule):
    lost = {}
    for name in ("constant", schedule):
        slope = noisy_bowl(torch.Generator().manual_seed(0))
        lost[name] = (
            path("sgd", slope, [3.0] * 200, steps=200, rate=0.5, factor=SCHEDULES[name].factor)[-1].square().mean()
        )
    assert lost["constant"] > 0.2
    assert lost[schedule] < 0.3 * lost["constant"]


@pytest.fixture
def deep(train, dense_of):
    """Let trainings begin with a deep linear network, which long first steps tear apart, and the hinge loss."""
    train.network_of = lambda _: dense_of(256, 32, 32, 4, between=torch.nn.Identity)
    return {"epochs": 10, "learning_rate": 1.0, "criterion": Criterion(hinge)}


def test_a_warm_up_survives_a_rate_at_which_training_diverges_without_it(deep, train, recipe_of):
    deep["learning_rate"] = 0.3
    with pytest.raises(RunError, match="loss became"):
        train(recipe_of("sgd", **deep), where="cold")
    _, history = train(replace(recipe_of("sgd", **deep), schedule=warmed_up(constant, 0.9)), where="warm")
    assert history[-1].training["accuracy"] == 1


def test_clipping_survives_a_rate_at_which_training_diverges_without_it(deep, train, recipe_of):
    with pytest.raises(RunError, match="loss became"):
        train(recipe_of("sgd", **deep), where="free")
    _, history = train(recipe_of("sgd", clip_norm=0.1, **deep), where="clipped")
    assert history[-1].training["accuracy"] == 1


def test_label_smoothing_makes_a_network_less_sure_of_its_training_pictures(train, recipe_of, samples_of):
    pictures, sureness = samples_of(32), {}
    for smoothing in (0.0, 0.2):
        recipe = recipe_of("adam", epochs=20, criterion=Criterion(label_smoothing=smoothing))
        network, history = train(recipe, name="linear", where=f"{smoothing}")
        with torch.no_grad():
            sureness[smoothing] = network.eval()(pictures.inputs).softmax(dim=1).amax(dim=1).mean().item()
        assert history[-1].training["accuracy"] == 1
    assert sureness[0.0] > 0.97
    assert 0.75 < sureness[0.2] < 0.92


@pytest.fixture
def noisy(rows_as_pictures):
    """Return a maker of pictures of 30 pixels of which two tell the class and the rest are noise."""

    def make(count, seed):
        generator = np.random.default_rng(seed)
        labels = np.arange(count) % 2
        values = generator.normal(128, 50, (count, 30))
        values[:, :2] += np.where(labels, 35, -35)[:, None]
        return rows_as_pictures(values, labels)

    return make


@pytest.fixture
def trained_weights(train, recipe_of, dense_of, noisy):
    """Return a function that trains a linear network on `noisy` and returns (weights, history)."""

    def make(optimizer, where, **changes):
        train.network_of = lambda _: dense_of(30, 2)
        recipe = recipe_of(optimizer, **({"epochs": 15, "batch_size": 8} | changes))
        network, history = train(recipe, where=where, training=noisy(40, 0), validation=noisy(200, 1))
        return network[1].weight.detach(), history

    return make


def test_l1_drives_useless_weights_to_nought_and_l2_makes_all_smaller(trained_weights):
    weights = {
        name: trained_weights("sgd", name, learning_rate=0.2, schedule="cosine", penalties=penalties)[0]
        for name, penalties in (("free", Penalties()), ("l1", Penalties(l1=0.03)), ("l2", Penalties(l2=0.1)))
    }
    gone = {name: (weight.abs() < 0.02).float().mean() for name, weight in weights.items()}
    assert weights["l2"].norm() < 0.7 * weights["free"].norm()
    assert gone["l1"] > 0.6
    assert gone["l1"] > 2 * max(gone["l2"], gone["free"])
    telling, useless = weights["l1"].abs().tensor_split([2], dim=1)
    assert telling.min() > 10 * useless.median()


@pytest.mark.parametrize(("optimizer", "rate"), [("adamw", 0.1), ("momentum", 0.2)])
def test_weight_decay_narrows_the_gap_between_training_and_validation(optimizer, rate, trained_weights):
    gaps = {}
    for decay in (0.0, 0.1 if optimizer == "momentum" else 2.0):
        _, history = trained_weights(optimizer, f"{decay}", learning_rate=rate, weight_decay=decay)
        gaps[decay > 0] = history[-1].validation["loss"] - history[-1].training["loss"]
    assert gaps[False] > 0.3
    assert gaps[True] < 0.6 * gaps[False]


def test_patience_keeps_the_best_epoch_of_a_training_that_gets_worse(train, recipe_of, dense_of, noisy):
    train.network_of = lambda _: dense_of(30, 64, 2)
    validation = noisy(200, 1)
    recipe = recipe_of("adam", epochs=100, learning_rate=0.02, patience=5)
    network, history = train(recipe, training=noisy(20, 0), validation=validation)
    best = best_epoch(history)
    assert len(history) == best + 5 < 100
    assert evaluate(network, validation, recipe).mean("loss") == history[best - 1].validation["loss"]
    assert history[-1].validation["loss"] > history[best - 1].validation["loss"]


@pytest.fixture
def rare(rows_as_pictures):
    """Return a maker of one-pixel pictures of two classes that overlap."""

    def make(common, few, seed):
        generator = np.random.default_rng(seed)
        values = np.concatenate([generator.normal(100, 30, common), generator.normal(150, 30, few)])
        return rows_as_pictures(values[:, None], [0] * common + [1] * few)

    return make


@pytest.mark.parametrize("remedy", ["class weights", "balanced sampling"])
def test_a_rare_class_that_overlaps_is_found_only_when_it_counts_like_the_others(
    remedy, train, recipe_of, dense_of, rare
):
    training, validation = rare(380, 20, 0), rare(200, 200, 1)
    weights = balanced_weights(class_counts(training, 2))
    changes = {
        "class weights": {"criterion": Criterion(class_weights=weights)},
        "balanced sampling": {"sampling": "balanced"},
    }
    found = {}
    for name, change in (("none", {}), (remedy, changes[remedy])):
        train.network_of = lambda _: dense_of(1, 2)
        recipe = recipe_of("adam", epochs=8, batch_size=20, learning_rate=0.3, **change)
        network, _ = train(recipe, where=name, training=training, validation=validation)
        batch = validation.cut(validation.rows[200:])
        found[name] = (network(batch.inputs).argmax(dim=1) == 1).float().mean().item()
    assert found["none"] < 0.3
    assert found[remedy] > 0.6
