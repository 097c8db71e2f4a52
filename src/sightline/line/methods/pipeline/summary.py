"""What a classical pipeline's parts make of an input; nothing is computed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PipelineSummary:
    """A classical pipeline from the input to the scores.

    Args:
        shape: (H, W, C) of the input.
        parts: (name, output in words) of each part, in the order in which a picture passes them.
        classes: How many scores come out.
    """

    shape: tuple[int, int, int]
    parts: tuple[tuple[str, str], ...]
    classes: int

    def __repr__(self) -> str:
        """Return the input's shape and the names of the parts, in one line."""
        shape = "x".join(map(str, self.shape))
        return f"<PipelineSummary {shape}: {', '.join(name for name, _ in self.parts)}>"
