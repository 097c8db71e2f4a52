"""What the parts of a model said for a class."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """What one part of a model said.

    Args:
        name: Of the part, such as a descriptor, as `sightline models` has it.
        nats: By how much log(p / q) falls where the part sees the mean of the training pictures instead; p is the
            class's probability and q the other class's.
    """

    name: str
    nats: float


@dataclass(frozen=True)
class Evidence:
    """What all parts of a model said for a class.

    Args:
        voices: One a part, in the order of the model.
        against: The likeliest other class, which they speak against.
    """

    voices: tuple[Voice, ...]
    against: str
