import json

import pytest
import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.training.watchers.history_file import HistoryFile
from sightline.training.watchers.layers import MOST_LAYERS, LayerWatch, read_layers, some_rows, watched_layers


@pytest.fixture
def watch_of(tmp_path, samples_of):
    """Return a maker of watchers that all write the same file."""

    def make(name="layers.json"):
        validation = samples_of(16, seed=1)
        return LayerWatch(tmp_path / name, validation.inputs[some_rows(validation.rows)])

    return make


class Stopped(Exception):  # noqa: N818 - no error
    pass


class StopAfter(HistoryFile):
    def __init__(self, path, epoch):
        super().__init__(path)
        self.epoch = epoch

    def on_epoch(self, history):
        super().on_epoch(history)
        if len(history) == self.epoch:
            raise Stopped


@pytest.mark.parametrize("name", ["lenet", "mlp"])
def test_looking_on_leaves_the_weights_the_same_bit_for_bit(name, train, recipe_of, watch_of, assert_same_weights):
    watched, _ = train(recipe_of(), name=name, where="watched", watchers=[watch_of()])
    alone, _ = train(recipe_of(), name=name, where="alone")
    assert_same_weights(watched, alone)


def test_looking_on_uses_no_random_numbers_and_gives_every_module_its_mode_back(watch_of, network_of, step_of):
    network = network_of("mlp").train()
    network.network.append(nn.Dropout(0.5).eval())
    state, watch = torch.get_rng_state(), watch_of()
    watch.before_step(step_of(network))
    watch.on_epoch([EpochNumbered(1)])
    assert torch.equal(torch.get_rng_state(), state)
    assert not network.network[-1].training
    assert network.training
    assert network.network[0].training


class EpochNumbered:
    def __init__(self, epoch):
        self.epoch = epoch


def test_every_epoch_has_the_histograms_of_every_layer(train, recipe_of, watch_of, network_of):
    watch = watch_of()
    train(recipe_of(epochs=2), name="mlp", watchers=[watch])
    document = read_layers(watch.path)
    assert [entry["epoch"] for entry in document["epochs"]] == [1, 2]
    assert [layer["kind"] for layer in document["layers"]] == ["Linear", "ReLU", "Linear"]
    last = document["epochs"][-1]["layers"]
    weights = network_of("mlp").network.dense2.weight.numel()
    assert sum(last["network.dense2"]["weights"]["counts"]) == weights
    assert sum(last["network.dense2"]["gradients"]["counts"]) == weights
    assert sum(last["network.relu1"]["outputs"]["counts"]) == document["pictures"] * 256
    assert 0 <= last["network.relu1"]["dead"] < 1
    assert "weights" not in last["network.relu1"]


def test_a_network_whose_units_are_all_dead_is_told_so(watch_of, network_of, step_of):
    network = network_of("mlp")
    nn.init.constant_(network.network.dense1.weight, 0.0)
    nn.init.constant_(network.network.dense1.bias, -1.0)
    network.network.dense1.bias.data[:64] = 1.0
    watch = watch_of()
    watch.before_step(step_of(network))
    watch.on_epoch([EpochNumbered(1)])
    assert read_layers(watch.path)["epochs"][0]["layers"]["network.relu1"]["dead"] == 0.75


def test_a_run_that_goes_on_continues_the_file(train, recipe_of, watch_of, tmp_path):
    recipe = recipe_of(epochs=4)
    whole = watch_of("whole.json")
    train(recipe, where="whole", watchers=[whole])
    with pytest.raises(Stopped):
        train(recipe, where="cut", watchers=[watch_of("cut.json"), StopAfter(tmp_path / "h.csv", 2)])
    again = watch_of("cut.json")
    train(recipe, where="cut", watchers=[again])
    assert again.path.read_bytes() == whole.path.read_bytes()


def test_epochs_beyond_the_checkpoint_are_dropped(train, recipe_of, watch_of, step_of):
    watch = watch_of()
    train(recipe_of(epochs=3), watchers=[watch])
    again = watch_of()
    again.on_start(1)
    again.before_step(step_of(train.networks[0], epoch=2))
    again.on_epoch([EpochNumbered(2)])
    assert [entry["epoch"] for entry in read_layers(watch.path)["epochs"]] == [1, 2]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": 2, "epochs": []}', '{"format_version": 1}'])
def test_a_damaged_file_is_told_with_its_name(text, watch_of):
    watch = watch_of()
    watch.path.write_text(text)
    with pytest.raises(RunError, match="that can be read"):
        watch.on_start(1)


def test_a_tuple_in_training_and_layers_that_never_run_do_no_harm(watch_of, step_of):
    network = TwoHeads()
    network(torch.zeros(2, 16, 16, 1, dtype=torch.uint8))[1].sum().backward()
    watch = watch_of()
    watch.before_step(step_of(network))
    watch.on_epoch([EpochNumbered(1)])
    entries = json.loads(watch.path.read_text())["epochs"][0]["layers"]
    assert "outputs" not in entries["auxiliary"]
    assert {"weights", "gradients"} <= entries["auxiliary"].keys()
    assert "gradients" not in entries["main"]


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.main, self.auxiliary = nn.Linear(256, 2), nn.Linear(256, 2)

    def forward(self, pixels):
        flat = pixels.flatten(1).float()
        return (self.main(flat), self.auxiliary(flat)) if self.training else self.main(flat)


def test_of_very_many_layers_sixty_are_watched_from_the_first_to_the_last():
    layers, left_out = watched_layers(nn.Sequential(*[nn.ReLU() for _ in range(100)]))
    assert (len(layers), left_out) == (MOST_LAYERS, 100 - MOST_LAYERS)
    assert {"0", "99"} <= layers.keys()


@pytest.mark.parametrize(("count", "chosen"), [(3, 3), (1000, 64)])
def test_the_pictures_are_spread_over_the_part(count, chosen):
    rows = some_rows(torch.arange(count))
    assert len(rows.unique()) == len(rows) == chosen
    assert (rows[0], rows[-1]) == (0, count - 1)
