"""One seed for a run, and a stream of its own for everything in it that is left to chance."""

import hashlib

LARGEST_SEED = 2**63 - 1


def derived_seed(seed: int, *purpose: str | int) -> int:
    """Return a seed for one purpose that depends on nothing but the run's seed and that purpose.

    Because each epoch's shuffle has a seed of its own, a run that was interrupted needs no saved
    generator state: epoch 7 is the same epoch 7 however often the run was stopped before.

    Args:
        seed: The run's seed, any integer.
        purpose: Words and numbers that name the use, such as ``"shuffle", 7``.

    Returns:
        An integer in [0, 2**63).

    Example:
        >>> derived_seed(0, "shuffle", 1) == derived_seed(0, "shuffle", 1)
        True
        >>> derived_seed(0, "shuffle", 1) == derived_seed(0, "shuffle", 2)
        False
    """
    words = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8]) >> 1
