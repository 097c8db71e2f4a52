"""Where a network is trained, and in how many bits.

Importing this file does not import torch, so that settings can be checked and help can be shown without it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.core.sections import Section, name

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class MachineSettings(Section):
    """The machine that a network learns on."""

    device: str = name("auto is a GPU where there is one", (AUTO, "cpu", "cuda", "mps"), AUTO)
    precision: str = name("auto is half precision on a CUDA GPU, fp32 elsewhere", (AUTO, "fp32", "bf16", "fp16"), AUTO)


def choose_device(wanted: str) -> "torch.device":
    """Return a device of this machine.

    Args:
        wanted: ``cpu``, ``cuda``, ``mps``, or ``auto``: a GPU where torch sees one.

    Raises:
        SettingsError: torch sees no such device here.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == AUTO:
        return torch.device(next(device for device, is_seen in there.items() if is_seen))
    if not there[wanted]:
        seen = ", ".join(device for device in there if there[device])
        raise SettingsError(
            f"device = {wanted!r}, but torch {torch.__version__} sees no such device here",
            hint=f"take one that it sees ({seen}), or install the build of torch for {wanted}",
        )
    return torch.device(wanted)


def choose_precision(wanted: str, device: "torch.device") -> str:
    """Return ``fp32``, ``bf16`` or ``fp16``.

    Args:
        wanted: One of them, or ``auto``: half precision on a CUDA GPU, fp32 elsewhere.
        device: Where it is computed, on this machine.

    Raises:
        SettingsError: Half precision on a CPU that does not compute in it, where it is many times slower.
    """
    if wanted == AUTO:
        return half_precision(device) if device.type == "cuda" else "fp32"
    if device.type == "cpu" and wanted not in ("fp32", half_precision(device)):
        raise SettingsError(
            f"precision = {wanted!r} on this CPU, which does not compute in it and would be many times slower than in "
            "fp32",
            hint="take --set precision=fp32 (or auto), or --device cuda",
        )
    return wanted


def half_precision(device: "torch.device") -> str:
    """Return the half precision in which a device is quick: ``bf16`` or ``fp16``; ``fp32`` where it is in none."""
    import torch

    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    return "bf16" if device.type == "cpu" and cpu_computes_in_bf16() else "fp32"


def cpu_computes_in_bf16() -> bool:
    """Return whether this CPU has instructions for products in bf16, as torch sees them."""
    import torch

    has = torch.cpu.get_capabilities()
    return any(has.get(instructions) for instructions in ("avx512_bf16", "amx_bf16"))
