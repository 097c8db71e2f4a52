"""What a graph takes and gives, for one sample of any rank; the batch's axis comes before it."""

from dataclasses import dataclass
from math import prod
from typing import Any

from sightline.core.errors import BundleError
from sightline.inference.bundle import TRAIN_AGAIN

INPUT, OUTPUT = "pixels", "probabilities"
"""The names of a classifier's input and output."""
FEATURES = "features"
"""The name, inside any graph, of what the last layer reads."""
LOGITS = "logits"
"""The name, inside a classifier's graph, of what softmax reads, calibrated."""
EMBEDDING = "embedding"
"""The name of a base's output: what it sees in a picture, (N, F)."""
UINT8, FLOAT32 = "tensor(uint8)", "tensor(float)"
"""Types of tensors, as ONNX Runtime writes them."""
MOST_VALUES = 2**26
"""Of one sample: a picture of 4096x4096 pixels and four channels."""


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a graph.

    Args:
        name: As the graph calls it.
        type: Of its values: `UINT8` or `FLOAT32`.
        shape: The sides of one sample, each 1 or more; at most 2^26 values together. ``()`` is a single number.

    Raises:
        BundleError: The shape is out of these bounds.
    """

    name: str
    type: str
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the shape, before anything is allocated for it."""
        if any(type(side) is not int or side < 1 for side in self.shape) or prod(self.shape) > MOST_VALUES:
            raise BundleError(
                f"{self.name} would have the shape {list(self.shape)[:8]}; "
                f"expected whole numbers of 1 or more, and at most {MOST_VALUES:,} values",
                hint=TRAIN_AGAIN,
            )

    @property
    def places(self) -> int:
        """How many values one sample has, channels apart: pixels of a picture, pixels of all frames of a clip."""
        return prod(self.shape if len(self.shape) < len("HWC") else self.shape[:-1])

    def __str__(self) -> str:
        """Return the words of an error: name, type and sides."""
        return written(self.name, self.type, ("batch", *self.shape))


@dataclass(frozen=True)
class Signature:
    """What a graph must take, samples, and give: one or more outputs, in this order."""

    input: TensorSpec
    outputs: tuple[TensorSpec, ...]


def written(name: str, kind: str, sides: tuple[Any, ...]) -> str:
    """Return a tensor in words, such as ``pixels tensor(uint8) ['batch', 32, 32, 3]``."""
    return f"{name} {kind} {list(sides)}"


def probabilities_of(classes: int) -> tuple[TensorSpec, ...]:
    """Return the outputs of a classifier of so many classes."""
    return (TensorSpec(OUTPUT, FLOAT32, (classes,)),)


def classification(shape: tuple[int, ...], classes: int) -> Signature:
    """Return what a classifier's graph takes and gives.

    Args:
        shape: Of one sample, such as (H, W, C).
        classes: How many, 1 or more.
    """
    return Signature(TensorSpec(INPUT, UINT8, shape), probabilities_of(classes))
