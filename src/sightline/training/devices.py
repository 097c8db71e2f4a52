"""Where a network is trained, and in how many bits."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

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


def choose_precision(name: str, device: torch.device) -> str:
    """Return ``fp32``, ``bf16`` or ``fp16``.

    Args:
        name: One of them, or ``auto``: bf16 on a CUDA GPU that has it, else fp16 there, fp32 elsewhere.
        device: Where.

    Raises:
        SettingsError: Half precision on the CPU, where it is no gain.
    """
    if name == "auto":
        if device.type != "cuda":
            return "fp32"
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    if name != "fp32" and device.type == "cpu":
        raise SettingsError(
            f"precision = {name!r} on the CPU, where half precision can be many times slower than fp32",
            hint="take --set precision=fp32 (or auto), or --device cuda",
        )
    return name


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
    torch.use_deterministic_algorithms(True, warn_only=device.type != "cpu")
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
