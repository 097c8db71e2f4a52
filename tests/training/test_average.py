"""The moving average of the weights: its formula, what is measured and shipped, and what it is good for."""

from dataclasses import replace

import pytest
import torch

from sightline.training.averages.average import averaged
from sightline.training.evaluation import evaluate


def by_hand(values, decay):
    """Return the average after the updates with some values."""
    average = values[0]  # the first update copies
    for updates, value in enumerate(values[1:], start=1):
        kept = min(decay, (1 + updates) / (10 + updates))
        average = kept * average + (1 - kept) * value
    return average


@pytest.mark.parametrize("decay", [0.15, 0.9, 0.999])
def test_the_average_is_that_of_the_plain_formula_with_its_growing_decay(decay):
    network = torch.nn.Linear(3, 2)
    average, seen = averaged(network, decay), []
    for count in range(30):
        with torch.no_grad():
            network.weight.copy_(torch.randn(2, 3, generator=torch.Generator().manual_seed(count)))
        average.update_parameters(network)
        seen.append(network.weight.detach().clone())
    torch.testing.assert_close(average.module.weight.detach(), by_hand(seen, decay))


def test_running_statistics_are_averaged_and_counts_are_copied():
    network, means = torch.nn.BatchNorm1d(2), []
    average = averaged(network, 0.5)
    for count in range(5):
        network(torch.randn(8, 2, generator=torch.Generator().manual_seed(count)) + 10 * count)
        average.update_parameters(network)
        means.append(network.running_mean.clone())
    torch.testing.assert_close(average.module.running_mean, by_hand(means, 0.5))
    assert not torch.allclose(average.module.running_mean, network.running_mean)
    assert average.module.num_batches_tracked == network.num_batches_tracked == 5


def test_the_average_changes_nothing_in_the_network_that_learns(train, recipe_of, onlooker):
    train(recipe_of("momentum", epochs=2), where="without", watchers=[onlooker])
    train(recipe_of("momentum", epochs=2, ema_decay=0.9), where="with", watchers=[onlooker])
    half = len(onlooker.steps) // 2
    assert all(torch.equal(onlooker.steps[place][0][0], onlooker.steps[half + place][0][0]) for place in range(half))


def test_what_is_validated_and_shipped_is_the_average(train, recipe_of, onlooker, samples_of):
    recipe = recipe_of("sgd", epochs=1, learning_rate=0.05)
    last, _ = train(recipe, where="without", watchers=[onlooker])
    seen = [weights[0] for weights, _, _ in onlooker.steps[1:]] + [last.network.dense.weight.detach()]
    recipe = replace(recipe, steps=replace(recipe.steps, ema_decay=0.9))
    shipped, (record,) = train(recipe, where="with")
    torch.testing.assert_close(shipped.network.dense.weight.detach(), by_hand(seen, 0.9))
    assert record.validation["loss"] == evaluate(shipped, samples_of(16, seed=1), recipe).mean("loss")


def test_the_average_smooths_what_noisy_labels_and_long_steps_stir(train, recipe_of, dense_of, rows_as_pictures):
    """A fifth of the labels is wrong, so none can be right more often than four times in five."""

    def made(seed):
        generator, labels = torch.Generator().manual_seed(seed), torch.arange(200) % 2
        values = 128 + 30 * torch.randn(200, 4, generator=generator)
        values[:, :2] += torch.where(labels == 1, 40.0, -40.0)[:, None]
        wrong = torch.rand(200, generator=generator) < 0.2
        return rows_as_pictures(values.numpy(), torch.where(wrong, 1 - labels, labels))

    settled = {}
    for decay in (0.0, 0.95):
        train.network_of = lambda _: dense_of(4, 2)
        recipe = recipe_of("sgd", epochs=4, batch_size=2, learning_rate=4.0, ema_decay=decay)
        _, history = train(recipe, where=f"{decay}", training=made(0), validation=made(1))
        settled[decay] = history[2:]
    assert min(record.validation["accuracy"] for record in settled[0.95]) > 0.7
    assert max(record.validation["accuracy"] for record in settled[0.0]) < 0.65
    stirred = min(record.validation["loss"] for record in settled[0.0])
    assert max(record.validation["loss"] for record in settled[0.95]) < 0.8 * stirred
