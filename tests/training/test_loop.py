import math
from dataclasses import replace

import pytest
import torch

from sightline.core.errors import RunError
from sightline.training.checkpoints import Checkpoints
from sightline.training.evaluation import evaluate
from sightline.training.history import EpochRecord, best_epoch, finished, spent, stopped_early
from sightline.training.learner import Learner
from sightline.training.objectives.classification import accuracy as accuracy_of
from sightline.training.phase import Phase
from sightline.training.samplers import LABEL


def record(epoch, accuracy, loss=1.0):
    training, validation = {"loss": 1.0, "accuracy": 0.5}, {"loss": loss, "accuracy": accuracy}
    return EpochRecord(epoch, 0.1, training, validation, accuracy, 0.0, 0.0, 1.0, 1.0, 1.0)


def test_watchers_are_called_in_the_order_in_which_things_happen(train, recipe_of, onlooker):
    train(recipe_of(epochs=2, batch_size=16), watchers=[onlooker])
    epochs = [[("step", epoch), ("step", epoch), ("epoch", epoch)] for epoch in (1, 2)]
    assert onlooker.calls == [("start", 0), *epochs[0], *epochs[1]]


def test_a_watcher_sees_fresh_gradients_and_old_weights(train, recipe_of, network_of, onlooker):
    train(recipe_of("sgd", epochs=1, batch_size=16, learning_rate=0.05), watchers=[onlooker])
    (first, first_gradients, _), (second, second_gradients, _) = onlooker.steps
    assert all(torch.equal(*pair) for pair in zip(first, network_of().parameters(), strict=True))
    for before, gradient, after in zip(first, first_gradients, second, strict=True):
        torch.testing.assert_close(after, before - 0.05 * gradient)
    assert not torch.equal(first_gradients[0], second_gradients[0])


def test_gradients_do_not_pile_up_from_step_to_step(train, recipe_of, onlooker):
    train(recipe_of("sgd", epochs=2, batch_size=32, learning_rate=1e-12), watchers=[onlooker])
    torch.testing.assert_close(onlooker.steps[0][1], onlooker.steps[1][1], rtol=1e-3, atol=1e-5)


def test_every_picture_is_seen_once_an_epoch_the_last_small_batch_too(train, recipe_of, onlooker):
    train(recipe_of(epochs=1, batch_size=12), watchers=[onlooker])
    assert [count for _, _, count in onlooker.steps] == [12, 24, 32]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1, 1, 1, 1]),
        ("step", [1, 1, 0.1, 0.01]),
        ("cosine", [(1 + math.cos(math.pi * done / 4)) / 2 for done in range(4)]),
    ],
)
def test_the_learning_rate_of_each_epoch_is_the_scheduled_one(schedule, expected, train, recipe_of):
    _, history = train(recipe_of("sgd", epochs=4, schedule=schedule, learning_rate=0.05))
    assert [record.learning_rate for record in history] == pytest.approx([0.05 * factor for factor in expected])


def test_a_schedule_changes_the_steps_and_not_only_the_record(train, recipe_of, onlooker):
    train(recipe_of("sgd", epochs=4, batch_size=32, schedule="step", learning_rate=0.05), watchers=[onlooker])
    assert onlooker.rates() == pytest.approx([0.05, 0.05, 0.005], rel=0.01)


def test_cosine_decays_within_an_epoch_too(train, recipe_of, onlooker):
    train(recipe_of("sgd", epochs=1, batch_size=8, schedule="cosine", learning_rate=0.05), watchers=[onlooker])
    expected = [0.05 * (1 + math.cos(math.pi * done / 4)) / 2 for done in range(3)]
    assert onlooker.rates() == pytest.approx(expected, rel=0.01)


def test_patience_stops_a_training_that_no_longer_gets_better(train, recipe_of):
    _, history = train(recipe_of(epochs=50, patience=2, learning_rate=1e-12))
    assert len(history) == best_epoch(history) + 2 < 50
    assert stopped_early(history, recipe_of(epochs=50, patience=2))


def test_patience_counts_from_the_best_epoch(recipe_of):
    history = [record(1, 0.5), record(2, 0.7), record(3, 0.6), record(4, 0.6)]
    assert not finished(history, recipe_of(epochs=9, patience=3))
    assert finished([*history, record(5, 0.6)], recipe_of(epochs=9, patience=3))
    assert not finished([*history, record(5, 0.6)], recipe_of(epochs=9, patience=0))


def test_the_last_planned_epoch_is_no_early_stop(recipe_of):
    history = [record(1, 0.7), record(2, 0.6), record(3, 0.6)]
    assert finished(history, recipe_of(epochs=3, patience=2))
    assert not stopped_early(history, recipe_of(epochs=3, patience=2))


def test_of_equally_accurate_epochs_the_one_with_the_lower_loss_is_best():
    assert best_epoch([record(1, 0.5, 0.9), record(2, 0.5, 0.7), record(3, 0.5, 0.8), record(4, 0.4, 0.1)]) == 2


@pytest.mark.parametrize("changes", [{"sampling": "balanced"}, {"class_weights": "balanced"}])
def test_where_classes_count_alike_the_best_epoch_is_chosen_by_balanced_accuracy(changes, train, recipe_of, samples_of):
    rare = samples_of(64, seed=1, shuffled_labels=True)
    unequal = replace(rare, rows=rare.rows[(rare.targets[LABEL][rare.rows] == 0) | (rare.rows < 8)])
    network, history = train(recipe_of(epochs=1, **changes), validation=unequal)
    batch = unequal.cut(unequal.rows)
    truths = batch.targets[LABEL]
    right = network(batch.inputs).argmax(dim=1) == truths
    recalls = [right[truths == label].float().mean().item() for label in range(4)]
    assert history[0].score == pytest.approx(sum(recalls) / 4)
    assert history[0].score != pytest.approx(history[0].validation["accuracy"])


def test_the_weights_of_the_best_epoch_are_left_in_the_network(train, recipe_of, samples_of):
    validation = samples_of(64, seed=1, shuffled_labels=True)
    recipe = recipe_of(epochs=6, learning_rate=0.05)
    network, history = train(recipe, validation=validation)
    best = history[best_epoch(history) - 1]
    assert best.epoch < 6, "otherwise this shows nothing"
    checked = evaluate(network, validation, recipe)
    assert (accuracy_of(checked), checked.mean("loss")) == (best.validation["accuracy"], best.validation["loss"])


def test_a_loss_that_is_no_longer_finite_ends_in_an_error_with_a_smaller_rate(train, recipe_of):
    with pytest.raises(RunError, match=r"loss became (nan|inf) in epoch") as caught:
        train(recipe_of("sgd", epochs=3, learning_rate=1e38))
    assert "--learning-rate 1e+37" in caught.value.hint


def test_weights_that_the_last_step_of_all_broke_are_no_result(train, recipe_of):
    with pytest.raises(RunError, match=r"loss became (nan|inf) in epoch 1"):
        train(recipe_of("sgd", epochs=1, batch_size=32, learning_rate=1e38))


def test_training_leaves_torch_s_generator_and_switches_alone(train, recipe_of):
    network = torch.nn.Sequential(_Floats(), torch.nn.Linear(256, 4))
    train.network_of = lambda _: network
    before, deterministic = torch.get_rng_state(), torch.are_deterministic_algorithms_enabled()
    train(recipe_of(epochs=1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.are_deterministic_algorithms_enabled() == deterministic


class _Floats(torch.nn.Module):
    def forward(self, pixels):
        return pixels.flatten(1).float() / 255


def test_a_finished_training_is_not_trained_further(train, recipe_of, assert_same_weights):
    first, history = train(recipe_of())
    second, again = train(recipe_of())
    assert_same_weights(first, second)
    assert again == history


def test_checkpoints_are_created_only_after_an_epoch(tmp_path, network_of, recipe_of):
    learner = Learner(network_of(), Phase(recipe_of()), say=print)
    assert Checkpoints(tmp_path / "none").resume(learner) == []
    assert not (tmp_path / "none").exists()


def test_a_clock_ends_a_training_with_its_schedule_run_down(train, recipe_of, onlooker):
    recipe = recipe_of("sgd", epochs=100_000, schedule="cosine", learning_rate=0.05, seconds=0.5)
    _, history = train(recipe, watchers=[onlooker])
    assert 0 < spent(history) < 5  # what passes between the epochs counts as well
    assert 1 < len(history) < 100_000
    assert history[0].learning_rate == pytest.approx(0.05, rel=0.1)
    assert history[-1].learning_rate < 0.01


def test_a_clock_ends_a_training_in_the_middle_of_an_epoch(train, recipe_of, onlooker):
    _, (only,) = train(recipe_of(epochs=5, batch_size=2, seconds=1e-9), watchers=[onlooker])
    assert [count for _, _, count in onlooker.steps] == [2]
    assert only.epoch == 1


def test_the_epochs_end_a_training_before_the_clock(train, recipe_of):
    _, history = train(recipe_of("sgd", epochs=2, schedule="step", learning_rate=0.05, seconds=1000))
    assert [record.learning_rate for record in history] == pytest.approx([0.05, 0.005])
