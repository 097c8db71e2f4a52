"""Where a network is trained, and in how many bits."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils import deterministic

from sightline.core.errors import SettingsError

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(name: str) -> torch.device:
    """Return a device of this machine.

    Args:
        name: ``cpu``, ``cuda``, ``mps``, or ``auto``: a GPU where torch sees one.

    Raises:
        SettingsError: torch sees no such device here.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device, seen in there.items() if seen))
    if not there[name]:
        seen = ", ".join(device for device in there if there[device])
        raise SettingsError(
            f"device = {name!r}, but torch {torch.__version__} sees no such device here",
            hint=f"take one that it sees ({seen}), or install the build of torch for {name}",
        )
    return torch.device(name)


def choose_precision(name: str, device: torch.device, *, half_on_cpu: bool = False) -> str:
    """Return ``fp32``, ``bf16`` or ``fp16``.

    Args:
        name: One of them, or ``auto``: bf16 on a CUDA GPU that has it, else fp16 there, fp32 elsewhere.
        device: Where.
        half_on_cpu: Whether ``auto`` is bf16 on a CPU that computes in it, too.

    Raises:
        SettingsError: Half precision on a CPU that does not compute in it, where it is many times slower.
    """
    if name == "auto":
        if device.type == "cuda":
            return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
        return "bf16" if half_on_cpu and device.type == "cpu" and cpu_computes_in_bf16() else "fp32"
    if device.type == "cpu" and (name == "fp16" or (name == "bf16" and not cpu_computes_in_bf16())):
        raise SettingsError(
            f"precision = {name!r} on this CPU, which does not compute in it and would be many times slower than in "
            "fp32",
            hint="take --set precision=fp32 (or auto), or --device cuda",
        )
    return name


def cpu_computes_in_bf16() -> bool:
    """Return whether this CPU has instructions for products in bf16, as torch sees them."""
    has = torch.cpu.get_capabilities()
    return any(has.get(name) for name in ("avx512_bf16", "amx_bf16"))


@contextmanager
def autocast(device: torch.device, precision: str) -> Iterator[None]:
    """Let torch choose half precision where it is safe.

    Reference:
        Micikevicius et al., "Mixed precision training" (2017). https://arxiv.org/abs/1710.03740
    """
    with torch.autocast(device.type, dtype=DTYPES.get(precision), enabled=precision in DTYPES):
        yield


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """Use deterministic algorithms, and give torch's generator and switch back as they were.

    On a GPU some layers have no deterministic backward (adaptive pooling to more than one value is
    one): there the others stay deterministic and the last bits may differ between runs.
    """
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    filled = deterministic.fill_uninitialized_memory  # type: ignore[attr-defined] # the stub lacks it
    torch.use_deterministic_algorithms(True, warn_only=device.type != "cpu")
    # Filling each fresh array with NaN takes a seventh of a step, and changes nothing where none is read unwritten.
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
