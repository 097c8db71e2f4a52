"""How many pictures fit into memory, worked out beforehand and told by real errors."""

import json
import os
import platform
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from sightline.training.machine import memory
from sightline.training.machine.memory import fitting_piece, free_bytes, is_lack_of_memory, kept_bytes, largest_piece

FLOAT = 4


def pixels(count=2, side=16):
    return torch.zeros(count, side, side, 1, dtype=torch.uint8)


def kept_of(network, inputs):
    return kept_bytes(network, lambda: network(inputs), count=len(inputs))


def test_a_dense_network_keeps_its_inputs_and_what_its_activations_gave(dense_of):
    network = dense_of(256, 10, 4)  # the second layer's input is what tanh gave: it is kept once
    assert kept_of(network, pixels()) == FLOAT * (256 + 10)


def test_a_convolution_keeps_its_input_and_its_activation(dense_of):
    floats = dense_of()[0]
    network = nn.Sequential(floats, nn.Unflatten(1, (1, 16, 16)), nn.Conv2d(1, 2, 3), nn.Sigmoid())
    assert kept_of(network, pixels()) == FLOAT * (16 * 16 + 2 * 14 * 14)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_what_is_kept_is_told_a_picture(count, dense_of):
    assert kept_of(dense_of(256, 100, 4), pixels(count)) == FLOAT * 356


@pytest.mark.parametrize("training", [True, False])
def test_nothing_in_the_network_changes(training, dense_of):
    network = nn.Sequential(*dense_of(256, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 4)).train(training)
    before, drawn = {name: value.clone() for name, value in network.state_dict().items()}, torch.get_rng_state()
    kept_of(network, pixels())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(module.training == training for module in network.modules())
    assert all(weight.grad is None for weight in network.parameters())
    assert torch.equal(torch.get_rng_state(), drawn)


@pytest.mark.parametrize(
    ("free", "expected"), [(10**9, 100), (1000, 100), (999, 50), (260, 25), (249, 13), (20, 2), (0, 2)]
)
def test_a_batch_is_halved_until_it_fits_or_holds_two(free, expected):
    assert fitting_piece(100, each=10, free=free) == expected


def test_a_batch_of_one_is_left_alone():
    assert fitting_piece(1, each=10, free=0) == 1


def test_the_free_memory_is_a_part_of_this_machine_s():
    free = free_bytes()
    assert free is not None
    assert 0 < free < 2**50


def test_a_batch_that_fits_is_taken_whole(dense_of):
    network = dense_of(256, 4)
    assert largest_piece(network, lambda: network(pixels()), count=2, batch_size=64) == 64


class Hoarder(nn.Module):
    """Keeps so many bytes a picture for the way back, of memory that is promised but never written."""

    def __init__(self, each):
        super().__init__()
        self.each = each

    def forward(self, rows):
        return Keep.apply(rows, self.each)


class Keep(torch.autograd.Function):
    @staticmethod
    def forward(context, rows, each):
        context.save_for_backward(torch.from_numpy(np.empty((len(rows), each), dtype=np.uint8)))
        return rows.clone()

    @staticmethod
    def backward(_context, slope):
        return slope, None


def test_a_batch_that_would_not_fit_is_cut_before_the_first_step(train, recipe_of, samples_of, dense_of):
    each = int(memory.SHARE * free_bytes() / 2 / 12)  # twelve pictures fit: 32, 16, 8; a little more or less frees
    train.network_of = lambda _: nn.Sequential(*dense_of(256, 4), Hoarder(each))
    _, history = train(recipe_of(epochs=1, batch_size=32), training=samples_of(32))
    (line,) = train.said
    assert "a batch of 32 does not fit into memory" in line
    assert "of 8 pictures at a time" in line
    assert len(history) == 1


def test_errors_that_lack_of_memory_really_raises_are_known():
    with pytest.raises(RuntimeError) as of_torch:
        torch.empty(2**60, dtype=torch.uint8)
    with pytest.raises(MemoryError) as of_numpy:
        np.empty(2**60, dtype=np.uint8)
    for caught in (of_torch, of_numpy):
        assert is_lack_of_memory(caught.value)
    assert is_lack_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))


def test_other_errors_of_torch_are_no_lack_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not is_lack_of_memory(caught.value)


REAL = """
import json, resource, sys, tempfile
from pathlib import Path
import torch
from sightline.training.checkpoints import Checkpoints
from sightline.training.loop import fit
from sightline.training.machine.memory import largest_piece
from sightline.training.losses import LossSettings
from sightline.training.machine.devices import MachineSettings
from sightline.training.objectives.recipe import recipe_of
from sightline.training.phase import Phase
from sightline.training.recipe import StepSettings
from sightline.training.samples import Parts, Samples

class Wide(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(()))
    def forward(self, pixels):
        rows = pixels.flatten(1).float() / 255  # (n, 256)
        return (self.scale * rows).repeat(1, 256).tanh().unflatten(1, (4, -1)).mean(dim=2)  # 256 KiB a picture

torch.set_num_threads(1)
samples = Samples(torch.zeros(512, 16, 16, 1, dtype=torch.uint8), {"label": torch.arange(512) % 4}, torch.arange(512))
few = Samples(samples.inputs, samples.targets, torch.arange(4))
steps = StepSettings(epochs=1, batch_size=512, optimizer="sgd", learning_rate=0.1, schedule="constant", patience=0)
recipe = recipe_of(steps, LossSettings(), MachineSettings("cpu"), counts=(128,) * 4, seed=0)
network, said = Wide(), []
network(samples.inputs[:2]).sum().backward()
whole = largest_piece(network, lambda: network(samples.inputs[:2]), count=2, batch_size=512)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 200 * 2**20, resource.RLIM_INFINITY))
try:
    network(samples.inputs)
except RuntimeError as error:
    raised = str(error)
checkpoints = Checkpoints(Path(sys.argv[1]))
history = fit(network, Parts(samples, few), phases=[Phase(recipe)], checkpoints=checkpoints, say=said.append).history
print(json.dumps({"whole": whole, "raised": raised, "said": said, "loss": history[-1].training["loss"]}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process so")
def test_training_goes_on_in_pieces_when_memory_really_runs_out(tmp_path):
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", REAL, str(tmp_path / "checkpoints")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"MALLOC_ARENA_MAX": "1"},  # an arena a thread takes 64 MiB of what is limited here
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["whole"] == 512, "the estimate sees the machine's memory, not the limit"
    assert "DefaultCPUAllocator" in told["raised"]
    assert told["said"]
    assert all("a batch of 512 does not fit into memory" in line for line in told["said"])
    assert 0 < told["loss"] < 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_freed_memory_is_taken_again_without_page_faults():
    code = """
import resource, sightline, torch
from sightline.training.machine.memory import freed_memory_kept
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
with freed_memory_kept():
    faults()
    print(faults())
"""
    kept = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own code
    assert kept < 1000, "20 tensors of 4 MiB have 20,480 pages"
