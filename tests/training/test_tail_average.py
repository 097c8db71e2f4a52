import pytest
import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.training.averages.tail_average import TailAverage


def layer(value):
    made = nn.Linear(2, 1)
    nn.init.constant_(made.weight, value)
    return made


def test_the_mean_is_of_the_weights_of_the_last_quarter_of_the_epochs(tmp_path):
    tail = TailAverage(tmp_path)
    for epoch in range(1, 9):
        tail.take(layer(float(epoch)), epoch, progress=epoch / 8)
        tail.take(layer(100.0), epoch, progress=epoch / 8)  # taken already, before a kill

    network = layer(0.0)

    assert tail.load(network) == 2
    assert network.weight.tolist() == [[7.5, 7.5]]


def test_a_phase_begins_its_own_mean(tmp_path):
    tail = TailAverage(tmp_path)
    for epoch, progress in ((1, 1.0), (2, 0.5), (3, 1.0)):
        tail.take(layer(float(epoch)), epoch, progress=progress)

    network = layer(0.0)

    assert tail.load(network) == 1
    assert torch.equal(network.weight, torch.full((1, 2), 3.0))


def test_a_run_that_kept_no_mean_is_told_in_words(tmp_path):
    with pytest.raises(RunError, match="kept no mean"):
        TailAverage(tmp_path / "run" / "checkpoints").load(layer(0.0))
