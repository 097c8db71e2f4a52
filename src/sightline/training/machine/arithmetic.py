"""How a network computes: in half precision where it is safe, and the same bits each time."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils import deterministic

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


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
