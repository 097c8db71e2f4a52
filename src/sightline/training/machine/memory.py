"""How many samples fit into memory at a time, and what becomes of memory that was freed."""

import ctypes
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

SHARE = 0.7
"""Of the free memory that a step may fill."""
TRIAL = 2
"""Samples in the trial pass."""
LARGEST_KEPT = 2**30
"""Bytes of a block; larger ones go back to the system at once."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def largest_piece(network: nn.Module, forward: Callable[[], object], *, count: int, batch_size: int) -> int:
    """Return how many samples of a batch to take at a time on the CPU: a half, a quarter, ... of it, or all.

    Linux kills a process that takes too much memory instead of telling it, so the need is worked out
    beforehand: from what one pass over a few samples keeps for the way back, and as much again for
    gradients.

    Args:
        network: In any mode; nothing in it changes.
        forward: Takes the samples through the network, and returns what holds on to their graph.
        count: Samples that it takes, above 0.
        batch_size: Samples that a step asks for.
    """
    free = free_bytes()
    if free is None:
        return batch_size
    try:
        each = 2 * kept_bytes(network, forward, count=count)
    except (RuntimeError, MemoryError) as error:
        if not is_lack_of_memory(error):
            raise
        return min(batch_size, TRIAL)
    return fitting_piece(batch_size, each=each, free=int(SHARE * free))


def fitting_piece(batch_size: int, *, each: int, free: int) -> int:
    """Halve a batch until it fits.

    Args:
        batch_size: Samples that a step asks for.
        each: Bytes that a sample needs.
        free: Bytes that may be taken.

    Example:
        >>> fitting_piece(512, each=10, free=2000)
        128
    """
    piece = batch_size
    while piece > TRIAL and piece * each > free:
        piece = -(-piece // 2)
    return piece


def kept_bytes(network: nn.Module, forward: Callable[[], object], *, count: int) -> int:
    """Return the bytes a sample that a forward pass keeps for the way back.

    Args:
        network: Its weights are not counted, and nothing in it changes.
        forward: Takes the samples through the network, and returns what holds on to their graph.
        count: Samples that it takes, above 0.
    """
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    sizes: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    modes = [(module, module.training) for module in network.modules()]
    network.eval()  # neither running means nor the random generator are touched
    try:
        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            graph = forward()  # noqa: F841 - it keeps what was saved alive, so that no address is used twice
    finally:
        for module, is_training in modes:
            module.training = is_training
    return sum(sizes.values()) // count


def free_bytes() -> int | None:
    """Return the memory that may still be taken on this machine, or None where nothing tells."""
    limits = [_available(), _left_in_group()]
    return min((limit for limit in limits if limit is not None), default=None)


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _left_in_group() -> int | None:
    """Return what the control group of a container has left, or None where it sets no limit."""
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
        cached = next(
            int(line.split()[1])
            for line in (group / "memory.stat").read_text(encoding="ascii").splitlines()
            if line.startswith("inactive_file ")
        )
        return None if limit == "max" else int(limit) - used + cached
    except (OSError, StopIteration, ValueError):
        return None


def is_lack_of_memory(error: BaseException) -> bool:
    """Return whether an error of torch says that memory has run out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    message = str(error).lower()
    return any(words in message for words in ("out of memory", "can't allocate memory", "not enough memory"))


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Let freed memory stay with the process, for the next tensors; where the C library is glibc.

    At the end what is free goes back once; glibc's rule stays as it was set here until the process ends.

    By itself glibc returns blocks of more than 128 KiB to the system, and whoever asks for the next one pays a page
    fault for each of its 4 KiB: 3,700 in every step of ``basic-cnn`` with 32 pictures, a quarter of its time.

    Reference:
        mallopt(3), Linux man-pages. https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    library = ctypes.CDLL(None)
    library.mallopt(_M_MMAP_THRESHOLD, LARGEST_KEPT)
    library.mallopt(_M_TRIM_THRESHOLD, 2 * LARGEST_KEPT - 1)
    try:
        yield
    finally:
        library.malloc_trim(0)
