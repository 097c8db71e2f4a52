"""Where a network is trained, and in how many bits."""

import pytest
import torch

from sightline.core.errors import SettingsError
from sightline.training.losses import Penalties
from sightline.training.machine.arithmetic import autocast, reproducible
from sightline.training.machine.devices import choose_device, choose_precision, cpu_computes_in_bf16, half_precision

CPU = torch.device("cpu")
without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
without_mps = pytest.mark.skipif(torch.backends.mps.is_available(), reason="there is an Apple GPU")


@without_cuda
@without_mps
@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_without_a_gpu_the_device_is_the_cpu(name):
    assert choose_device(name) == CPU


@pytest.mark.parametrize("name", [pytest.param("cuda", marks=without_cuda), pytest.param("mps", marks=without_mps)])
def test_a_device_that_is_not_there_is_told_with_those_that_are(name):
    with pytest.raises(SettingsError, match=rf"device = '{name}', but torch .* sees no such device") as caught:
        choose_device(name)
    assert "cpu" in caught.value.hint


@pytest.mark.parametrize("name", ["auto", "fp32"])
def test_the_cpu_computes_in_full_precision(name):
    assert choose_precision(name, CPU) == "fp32"


@pytest.mark.parametrize("name", ["fp16", *([] if cpu_computes_in_bf16() else ["bf16"])])
def test_half_precision_is_refused_on_a_cpu_that_does_not_compute_in_it(name):
    with pytest.raises(SettingsError, match=f"precision = '{name}' on this CPU") as caught:
        choose_precision(name, CPU)
    assert "fp32" in caught.value.hint


@pytest.mark.skipif(not cpu_computes_in_bf16(), reason="this CPU does not compute in bf16")
def test_a_cpu_that_computes_in_bf16_does_so_when_asked():
    assert choose_precision("bf16", CPU) == "bf16"
    assert half_precision(CPU) == "bf16"


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_autocast_multiplies_in_the_asked_precision(precision, dtype):
    with autocast(CPU, precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
    assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_reproducible_puts_switches_and_generator_back_even_after_an_error():
    def failing():
        with reproducible(CPU):
            assert torch.are_deterministic_algorithms_enabled()
            assert not torch.utils.deterministic.fill_uninitialized_memory
            torch.manual_seed(77)
            raise KeyError

    before = torch.get_rng_state()
    with pytest.raises(KeyError):
        failing()
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("optimizer", ["momentum", "adam", "muon"])
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_learns_what_full_precision_learns(precision, optimizer, train, recipe_of):
    changes = {"epochs": 4, "learning_rate": 0.005, "clip_norm": 1.0, "penalties": Penalties(l2=1e-4)}
    _, full = train(recipe_of(optimizer, **changes), name="lenet", where="full")
    network, half = train(recipe_of(optimizer, precision=precision, **changes), name="lenet", where=precision)
    assert all(weight.dtype == torch.float32 for weight in network.parameters())
    assert [record.training["loss"] for record in half] != [record.training["loss"] for record in full]
    assert [record.training["loss"] for record in half] == pytest.approx(
        [record.training["loss"] for record in full], rel=0.05, abs=0.01
    )
    assert half[-1].l2_penalty == pytest.approx(full[-1].l2_penalty, rel=0.05)


@pytest.mark.parametrize("optimizer", ["sgd", "muon"])
def test_watchers_see_gradients_of_fp16_at_their_true_size(optimizer, train, recipe_of, onlooker):
    for precision in ("fp32", "fp16"):
        recipe = recipe_of(optimizer, epochs=1, batch_size=32, learning_rate=1e-9, precision=precision)
        train(recipe, name="lenet", where=precision, watchers=[onlooker])
    (_, full, _), (_, half, _) = onlooker.steps
    for ours, theirs in zip(half, full, strict=True):
        assert (ours - theirs).norm() < 0.05 * theirs.norm()
