"""What a classical pipeline is made of, as names and numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sightline.core.errors import SettingsError


@dataclass(frozen=True)
class Plan:
    """The parts of a pipeline and their sizes; a model file's manifest holds all of it.

    Args:
        descriptor: Names in `DESCRIPTORS`; the vectors of several are put side by side.
        cell: Side in pixels of the cells in which gradients or codes are counted.
        step: Pixels from one patch of the dense grid to the next.
        scales: Patch sizes, as multiples of the smallest.
        orientations: Bins of a gradient's direction (hog).
        palette: Number of colours that pictures are requantised to (top-colours); a cube number such as 64.
        histogram_colours: Colour space of histograms and moments: ``"rgb"``, ``"hsv"`` or ``"lab"``.
        bins: Bins of each channel (colour-histogram).
        patch: Side in pixels of the patches (patches).
        components: Principal components that local descriptors are projected on; 0 leaves them.
        encoder: A name in `ENCODERS`.
        words: Size of the vocabulary, or number of Gaussians.
        assignment: ``"hard"`` or ``"soft"`` (bag).
        pyramid: Grids of regions that are pooled singly, such as ``("1", "2", "3x1")``: rows x columns.
        pyramid_weights: ``"none"`` puts them side by side, ``"match"`` weighs fine grids more.
        kernel_map: A name in `KERNEL_MAPS`.
        classifier: A name in `CLASSIFIERS`.
        penalty: ``"l1"`` or ``"l2"`` (linear classifiers).
        strength: Of the penalty; 0 chooses it on the validation part.
        neighbours: How many (neighbours); 0 chooses on the validation part.
        kernel: A name in `KERNELS` (kernel-svm).
        mirrored: ``"yes"`` learns from the mirror images of training pictures too.
    """

    descriptor: tuple[str, ...]
    cell: int = 8
    step: int = 4
    scales: tuple[float, ...] = (1.0,)
    orientations: int = 9
    palette: int = 64
    histogram_colours: str = "rgb"
    bins: int = 8
    patch: int = 6
    components: int = 0
    encoder: str = "none"
    words: int = 256
    assignment: str = "hard"
    pyramid: tuple[str, ...] = ("1",)
    pyramid_weights: str = "none"
    kernel_map: str = "none"
    classifier: str = "svm"
    penalty: str = "l2"
    strength: float = 0.0
    neighbours: int = 0
    kernel: str = "rbf"
    mirrored: str = "no"

    def as_options(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


PLAN_FIELDS = tuple(entry.name for entry in fields(Plan))
"""The names of everything in a plan."""


def plan_of(options: Mapping[str, Any]) -> Plan:
    """Return the plan that `Plan.as_options` told of.

    Raises:
        SettingsError: An option is not known, or none says what is described.
    """
    options = {("step" if name == "stride" else name): value for name, value in options.items()}
    unknown = [name for name in options if name not in PLAN_FIELDS]
    if unknown or "descriptor" not in options:
        raise SettingsError(
            f"a pipeline can't be made of the options {', '.join(options)}",
            hint=f"its options are: {', '.join(PLAN_FIELDS)}",
        )
    given: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in options.items()}
    return Plan(**given)
