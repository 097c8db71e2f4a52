"""All threads, or one where another program is busy."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sightline.core.runtimes import core_count
from sightline.training.checkpoints import Checkpoints
from sightline.training.learner import Learner
from sightline.training.machine.threads import Contention, _seconds_without_a_core, quicker_threads, threads_set_to
from sightline.training.phase import Phase


@pytest.fixture
def forward_of(samples_of):
    """Return a maker of forward passes over 32 pictures."""
    pictures = samples_of(32).inputs
    return lambda network: lambda: network(pictures).square().mean(dim=1)


@pytest.fixture
def busy():
    """Two processes that only count."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for process in processes:
        process.kill()
        process.wait()


def test_threads_are_put_back_even_after_an_error():
    def failing():
        with threads_set_to(3):
            assert torch.get_num_threads() == 3
            raise KeyError

    before = torch.get_num_threads()
    with pytest.raises(KeyError):
        failing()
    assert torch.get_num_threads() == before


def test_one_thread_needs_no_choice(network_of, forward_of):
    network = network_of()
    with threads_set_to(1):
        assert quicker_threads(network, forward_of(network)) == 1


@pytest.mark.usefixtures("busy")
def test_far_too_many_threads_are_given_up_on_busy_cores(network_of, forward_of):
    network = network_of("lenet")
    with threads_set_to(64):
        assert quicker_threads(network, forward_of(network)) == 1
        assert torch.get_num_threads() == 64


def test_the_choice_leaves_the_network_as_it_was(network_of, forward_of):
    network = network_of("quick-cnn")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    drawn = torch.get_rng_state()
    with threads_set_to(2):
        quicker_threads(network, forward_of(network))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())
    assert torch.equal(torch.get_rng_state(), drawn)
    assert network.training


def test_a_run_keeps_to_the_threads_that_it_began_with(network_of, recipe_of, train, tmp_path):
    folder = tmp_path / "checkpoints"
    first = Learner(network_of(), Phase(recipe_of()), say=print)
    _, history = train(recipe_of(epochs=1))
    first.threads = 7
    Checkpoints(folder).keep(first, history, phase=1)
    second = Learner(network_of(), Phase(recipe_of(epochs=2)), say=print)
    Checkpoints(folder).resume(second)
    assert second.threads == 7


@pytest.mark.usefixtures("busy")
def test_who_gives_up_threads_says_so(network_of, recipe_of, samples_of):
    lines = []
    with threads_set_to(64):
        learner = Learner(network_of("lenet"), Phase(recipe_of()), say=lines.append)
        learner.choose_threads(samples_of(32))
    assert learner.threads == 1
    assert "one thread is quicker than 64" in lines[0]


def test_a_core_that_is_waited_for_is_noticed_and_one_that_is_not_too(monkeypatch):
    waited = iter([0.0, 5.0, 5.0, 5.0, 5.0])
    monkeypatch.setattr("sightline.training.machine.threads._seconds_without_a_core", lambda: next(waited))
    contention = Contention()
    assert not contention.has_changed(torch.get_num_threads()), "it is too early to tell"
    monkeypatch.setattr("sightline.training.machine.threads.LOOK_AFTER", 0.0)
    assert contention.has_changed(torch.get_num_threads())
    assert not contention.has_changed(torch.get_num_threads())


def test_with_one_thread_it_is_looked_again_after_a_while(monkeypatch):
    contention = Contention()
    assert not contention.has_changed(torch.get_num_threads() + 1)
    monkeypatch.setattr("sightline.training.machine.threads.LOOK_AFTER", 0.0)
    assert contention.has_changed(torch.get_num_threads() + 1)


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="nothing tells here")
@pytest.mark.usefixtures("busy")
def test_waiting_for_a_core_is_counted():
    before = _seconds_without_a_core()
    several = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(core_count())]
    while _seconds_without_a_core() - before < 0.05:
        pass  # it hangs where nothing is counted
    for process in several:
        process.kill()
        process.wait()


def test_who_had_one_thread_and_gets_all_back_says_so(network_of, recipe_of, samples_of):
    lines = []
    with threads_set_to(2):
        learner = Learner(network_of(), Phase(recipe_of()), say=lines.append)
        learner.threads, learner.recipe = 1, replace(learner.recipe, device=torch.device("meta"))
        learner.choose_threads(samples_of(8))
    assert learner.threads == 2
    assert lines == ["the other program is gone: 2 threads again"]
