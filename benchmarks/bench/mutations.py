"""Changed copies of good files, and what a process needs to read them."""

import resource
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
NUMBERS = (0, 1, 2, 7, 8, 255, 256, 4096, 2**15, 2**16 - 1, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
"""What stands at the borders of lengths, counts and sizes."""


def scattered(content, chance):
    """Return bytes of which a few were changed, taken out, put in, doubled or swapped."""
    changed = bytearray(content)
    for _ in range(int(chance.integers(1, 5))):
        place, length = int(chance.integers(len(changed) + 1)), int(chance.integers(1, 17))
        match int(chance.integers(6)):
            case 0:
                changed[place : place + 1] = chance.bytes(1)
            case 1 if place < len(changed):
                changed[place] ^= 1 << int(chance.integers(8))
            case 2:
                del changed[place : place + length]
            case 3:
                changed[place:place] = chance.bytes(length)
            case 4:
                changed[place:place] = changed[place : place + 8 * length]
            case _:
                changed[place : place + 5] = b"\xff" * 4 + b"\x0f"
    return bytes(changed)


def renumbered(content, chance):
    """Return bytes in which numbers of two or four bytes were replaced, mostly near the beginning."""
    changed = bytearray(content)
    for _ in range(int(chance.integers(1, 4))):
        most = len(changed) if chance.integers(2) else min(len(changed), 256)
        place, size = int(chance.integers(most)), int(chance.choice([1, 2, 4]))
        number = NUMBERS[int(chance.integers(len(NUMBERS)))] % 256**size
        changed[place : place + size] = number.to_bytes(size, "big" if chance.integers(2) else "little")
    return bytes(changed)


def repeated(content, chance):
    """Return bytes of which a stretch stands there many times, as chunks, segments, scans or rows may."""
    start = int(chance.integers(len(content)))
    end = start + int(chance.integers(1, 1 + min(200, len(content) - start)))
    return content[:end] + content[start:end] * int(chance.integers(1, 2000)) + content[end:]


def cut(content, chance):
    """Return the beginning of some bytes."""
    return content[: int(chance.integers(len(content)))]


def peak():
    """Return the most megabytes that this process has had, on Linux since `forget_peak` was called."""
    if _STATUS.exists():
        return (
            next(int(line.split()[1]) for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM")) / 1024
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak():
    """Let `peak` begin anew, where the system can."""
    if _CLEAR.exists():
        _CLEAR.write_text("5")
