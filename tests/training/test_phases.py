"""A training in phases: what learns in which, and that it goes on after any interruption."""

import shutil
import signal
import subprocess
import sys

import pytest
import torch
from torch import nn

from sightline.core.errors import RunError, SettingsError
from sightline.training.checkpoints import Checkpoints
from sightline.training.history import best_epoch, of_phase
from sightline.training.phase import Phase
from sightline.training.watchers.watcher import Watcher


class Blocks(nn.Sequential):
    """A body with batch normalisation and dropout, and a head; always with the same first weights."""

    def __init__(self):
        torch.manual_seed(0)
        body = nn.Sequential(nn.Linear(256, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2))
        super().__init__()
        self.body, self.head = body, nn.Linear(16, 4)

    def forward(self, pixels):
        return self.head(self.body(pixels.flatten(1).float() / 255))


class Keeper(Watcher):
    """Keeps the network's state after every epoch, and the modes of its modules in every step."""

    def __init__(self):
        self.states, self.modes, self.network = [], [], None

    def before_step(self, step):
        self.network = step.network
        self.modes.append({name: module.training for name, module in step.network.named_modules()})

    def on_epoch(self, history):
        state = self.network.state_dict()
        self.states.append((history[-1].phase, {name: value.clone() for name, value in state.items()}))


@pytest.fixture
def head_then_all(recipe_of, train):
    """Return two phases of two epochs of four steps: the head alone, then everything."""
    train.network_of = lambda _: Blocks()
    slow = recipe_of("momentum", epochs=2, learning_rate=0.01, ema_decay=0.5)
    return [Phase(recipe_of("adam", epochs=2), ("head",)), Phase(slow)]


def test_what_is_frozen_stays_bit_for_bit_with_its_running_statistics(train, head_then_all):
    first, keeper = Blocks().state_dict(), Keeper()
    train(head_then_all, watchers=[keeper])
    for phase, state in keeper.states:
        same = {name for name, value in state.items() if torch.equal(value, first[name])}
        assert {name for name in state if name.startswith("body.")} <= same or phase == 2
        assert not {"head.weight", "head.bias"} & same
    (_, before), (_, after) = keeper.states[1], keeper.states[-1]
    assert not torch.equal(before["body.0.weight"], after["body.0.weight"])
    assert not torch.equal(before["body.1.running_mean"], after["body.1.running_mean"])


def test_what_is_frozen_drops_nothing_out_and_what_learns_does(train, head_then_all):
    keeper = Keeper()
    train(head_then_all, watchers=[keeper])
    assert {name for name, is_training in keeper.modes[0].items() if is_training} == {"", "head"}
    assert all(keeper.modes[-1].values())


def test_afterwards_everything_can_learn_again(train, head_then_all):
    network, _ = train(head_then_all[:1])
    assert all(weight.requires_grad for weight in network.parameters())


def test_the_history_says_which_phase_an_epoch_was_in(train, head_then_all):
    _, history = train(head_then_all)
    assert [(record.epoch, record.phase) for record in history] == [(1, 1), (2, 1), (3, 2), (4, 2)]
    rates = [record.learning_rate for record in history]
    assert rates == pytest.approx([0.001, 0.001, 0.01, 0.01])


def test_a_phase_begins_with_the_best_weights_of_the_one_before(train, recipe_of, samples_of, assert_same_weights):
    train.network_of = lambda _: Blocks()
    validation = samples_of(64, seed=1, shuffled_labels=True)
    restless = recipe_of("sgd", epochs=6, learning_rate=0.5)
    alone, history = train([Phase(restless)], where="alone", validation=validation)
    assert best_epoch(history) < 6, "otherwise this shows nothing"
    still = recipe_of("sgd", epochs=1, learning_rate=1e-30)
    after, _ = train([Phase(restless), Phase(still, ("head",))], where="after", validation=validation)
    assert_same_weights(alone, after)


def test_the_best_weights_of_the_last_phase_are_the_result(train, recipe_of):
    train.network_of = lambda _: Blocks()
    good, harmful = recipe_of("adam", epochs=4, learning_rate=0.01), recipe_of("sgd", epochs=2, learning_rate=50.0)
    _, history = train([Phase(good), Phase(harmful)])
    assert best_epoch(history) in (5, 6)
    assert max(record.score for record in of_phase(history, 1)) > max(record.score for record in of_phase(history, 2))


def test_patience_counts_in_each_phase_by_itself(train, recipe_of):
    still = recipe_of(epochs=20, patience=2, learning_rate=1e-12)
    _, history = train([Phase(still), Phase(still)])
    assert len(of_phase(history, 1)) < 20
    assert len(of_phase(history, 2)) < 20


STOPS = [
    *(("before_step", number) for number in (1, 5, 8, 9, 12, 13, 16)),
    *(("on_epoch", number) for number in (1, 2, 3, 4)),
]


@pytest.mark.parametrize(("method", "number"), STOPS)
def test_a_training_stopped_in_any_phase_ends_with_the_same_bits(
    method, number, train, head_then_all, assert_same_weights, train_until
):
    whole, history = train(head_then_all, where="whole")
    train_until((method, number), head_then_all, where="cut")
    resumed, again = train(head_then_all, where="cut")
    assert_same_weights(whole, resumed)
    assert [record.validation for record in again] == [record.validation for record in history]


def test_a_kill_between_the_best_and_the_last_checkpoint_of_a_new_phase_changes_nothing(
    tmp_path, train, head_then_all, assert_same_weights, train_until
):
    whole, _ = train(head_then_all, where="whole")
    for where, stop in (("begun", ("before_step", 9)), ("cut", ("on_epoch", 3))):
        train_until(stop, head_then_all, where=where)
    checkpoints = [Checkpoints(tmp_path / where / "checkpoints") for where in ("begun", "cut")]
    assert [each.phase() for each in checkpoints] == [2, 2]
    shutil.copy(checkpoints[0].last, checkpoints[1].last)
    resumed, _ = train(head_then_all, where="cut")
    assert_same_weights(whole, resumed)


KILLED = """
import hashlib, os, signal, sys
from pathlib import Path
import torch
from torch import nn
from sightline.training.checkpoints import Checkpoints
from sightline.training.loop import fit
from sightline.training.losses import LossSettings
from sightline.training.machine.devices import MachineSettings
from sightline.training.objectives.recipe import recipe_of
from sightline.training.phase import Phase
from sightline.training.recipe import StepSettings
from sightline.training.samples import Parts, Samples
from sightline.training.watchers.watcher import Watcher

class Killer(Watcher):
    def before_step(self, step):
        if (step.epoch, step.number) == (4, 2) and sys.argv[2] == "killed":
            os.kill(os.getpid(), signal.SIGKILL)

torch.manual_seed(0)
torch.set_num_threads(1)
network = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, 4))
samples = Samples(torch.randn(48, 8), {"label": torch.arange(48) % 4}, torch.arange(32))
steps = StepSettings(epochs=2, batch_size=8, optimizer="adam", patience=0)
recipe = recipe_of(steps, LossSettings(), MachineSettings("cpu", "fp32"), counts=(8,) * 4, seed=0)
parts = Parts(samples, Samples(samples.inputs, samples.targets, torch.arange(32, 48)))
phases = [Phase(recipe, ("4",)), Phase(recipe)]
fit(network, parts, phases=phases, checkpoints=Checkpoints(Path(sys.argv[1])), watchers=[Killer()])
print(hashlib.sha256(b"".join(value.numpy().tobytes() for value in network.state_dict().values())).hexdigest())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_a_training_that_was_killed_in_its_second_phase_ends_with_the_same_bits(tmp_path):
    def run(where, what):
        command = [sys.executable, "-c", KILLED, str(tmp_path / where), what]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program

    whole, killed = run("whole", "alone"), run("cut", "killed")
    assert whole.returncode == 0, whole.stderr
    assert killed.returncode == -signal.SIGKILL
    assert Checkpoints(tmp_path / "cut").phase() == 2
    assert run("cut", "alone").stdout == whole.stdout


def test_a_block_that_is_not_there_is_told_with_those_that_are(train, recipe_of):
    train.network_of = lambda _: Blocks()
    with pytest.raises(SettingsError, match="no block named 'neck'") as caught:
        train([Phase(recipe_of(), ("neck", "head"))])
    assert "body.0, body.1, head" in caught.value.hint


def test_a_block_is_no_mere_beginning_of_a_name(train, recipe_of):
    train.network_of = lambda _: Blocks()
    with pytest.raises(SettingsError, match="no block named 'hea'"):
        train([Phase(recipe_of(), ("hea",))])


def test_a_phase_in_which_nothing_learns_is_refused(train, recipe_of):
    frozen = Blocks()
    frozen.head.requires_grad_(requires_grad=False)
    train.network_of = lambda _: frozen
    with pytest.raises(SettingsError, match="nothing learns"):
        train([Phase(recipe_of(), ("head",))])
    assert not frozen.head.weight.requires_grad
    assert frozen.body[0].weight.requires_grad


def test_a_checkpoint_of_a_phase_that_is_not_asked_for_is_refused(train, head_then_all):
    train(head_then_all)
    with pytest.raises(RunError, match="in phase 2 of a training that has 1"):
        train(head_then_all[:1])
