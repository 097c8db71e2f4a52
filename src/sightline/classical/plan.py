"""What a classical pipeline is made of, as names and numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.sections import Section, items, name, number, text, whole


@dataclass(frozen=True)
class Plan(Section):
    """The parts of a pipeline and their sizes; a model file's manifest holds all of it.

    Args:
        descriptor: Names in `DESCRIPTORS`; the vectors of several are put side by side.
        cell: Side in pixels of the cells in which gradients or codes are counted.
        stride: Pixels from one patch of the dense grid to the next.
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

    descriptor: tuple[str, ...] = items("one or more, side by side", (), str, auto=True)
    cell: int = whole("side of a cell in pixels", 8, least=1, auto=True)
    stride: int = whole("pixels from patch to patch", 4, least=1, auto=True)
    scales: tuple[float, ...] = items(
        "patch sizes, as multiples of the smallest, as in 1,1.5", (1.0,), float, auto=True
    )
    orientations: int = whole("hog: bins of a gradient's direction", 9, least=2, auto=True)
    palette: int = whole("top-colours: number of colours, such as 64", 64, least=8, auto=True)
    histogram_colours: str = name("colour-histogram, colour-moments", ("rgb", "hsv", "lab"), "rgb", auto=True)
    bins: int = whole("colour-histogram: bins of a channel", 8, least=2, auto=True)
    patch: int = whole("patches: side in pixels", 6, least=2, auto=True)
    components: int = whole("principal components of local descriptors; 0 takes all as they are", 0, least=0, auto=True)
    encoder: str = text("of local descriptors", "none", auto=True)
    words: int = whole("size of the vocabulary, or number of Gaussians", 256, least=2, auto=True)
    assignment: str = name("bag: to the nearest word, or to all by nearness", ("hard", "soft"), "hard", auto=True)
    pyramid: tuple[str, ...] = items("regions that are pooled singly, as in 1,2,3x1", ("1",), str, auto=True)
    pyramid_weights: str = name("match weighs fine regions more", ("none", "match"), "none", auto=True)
    kernel_map: str = text("of features, for linear classifiers", "none", auto=True)
    classifier: str = text("", "svm", auto=True)
    penalty: str = name("of linear classifiers", ("l1", "l2"), "l2", auto=True)
    strength: float = number("of the penalty; 0 is chosen on the validation part", 0.0, least=0, auto=True)
    neighbours: int = whole("how many; 0 is chosen on the validation part", 0, least=0, auto=True)
    kernel: str = text("kernel-svm", "rbf", auto=True)
    mirrored: str = name("yes learns from the mirror images of training pictures too", ("no", "yes"), "no", auto=True)

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
    unknown = [name for name in options if name not in PLAN_FIELDS]
    if unknown or "descriptor" not in options:
        raise SettingsError(
            f"a pipeline can't be made of the options {', '.join(options)}",
            hint=f"its options are: {', '.join(PLAN_FIELDS)}",
        )
    given: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in options.items()}
    return Plan(**given)
