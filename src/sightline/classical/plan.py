"""The plan of a pipeline, its parts as names and numbers: a section of the settings.

Importing this file does not import torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS, KERNELS
from sightline.core.errors import SettingsError
from sightline.core.sections import Section, items, name, number, rule_of, whole


@dataclass(frozen=True)
class Plan(Section):
    """The parts of a pipeline and their sizes; a model file's manifest holds all of it.

    A field that a user does not name is as in the ready pipeline that the plan begins with.

    Raises:
        SettingsError: A name does not exist or a number is out of its range.
    """

    descriptor: tuple[str, ...] = items(
        f"one or more, side by side: {', '.join(DESCRIPTORS)}", ("hog",), str, names=tuple(DESCRIPTORS), count=(1, inf),
        auto=True,
    )  # fmt: skip
    cell: int = whole("side of a cell in pixels", 8, least=1, auto=True)
    stride: int = whole("pixels from one patch to the next", 4, least=1, auto=True)
    scales: tuple[float, ...] = items(
        "patch sizes, as multiples of the smallest, as in 1,1.5", (1.0,), float, least=0, open_ends=(True, False),
        count=(1, inf), auto=True,
    )  # fmt: skip
    orientations: int = whole("hog: bins of a gradient's direction", 9, least=2, auto=True)
    palette: int = whole("top-colours: number of colours, such as 64", 64, least=8, auto=True)
    histogram_colours: str = name("colour-histogram, colour-moments", ("rgb", "hsv", "lab"), "rgb", auto=True)
    bins: int = whole("colour-histogram: bins of a channel", 8, least=2, auto=True)
    patch: int = whole("patches: side in pixels", 6, least=2, auto=True)
    components: int = whole("principal components of local descriptors; 0 takes all as they are", 0, least=0, auto=True)
    encoder: str = name("of local descriptors", ENCODERS, "none", auto=True)
    words: int = whole("size of the vocabulary, or number of Gaussians", 256, least=2, auto=True)
    assignment: str = name("bag: to the nearest word, or to all by nearness", ("hard", "soft"), "hard", auto=True)
    pyramid: tuple[str, ...] = items("grids of regions that are pooled singly, as in 1,2,3x1", ("1",), str, auto=True)
    pyramid_weights: str = name("match weighs fine regions more", ("none", "match"), "none", auto=True)
    kernel_map: str = name("of features, for linear classifiers", KERNEL_MAPS, "none", auto=True)
    classifier: str = name("", CLASSIFIERS, "svm", auto=True)
    penalty: str = name("of linear classifiers", ("l1", "l2"), "l2", auto=True)
    strength: float | None = number(
        "of the penalty; auto is chosen on the validation part",
        None,
        least=0,
        most=1e12,
        open_ends=(True, False),
        auto=True,
    )
    neighbours: int | None = whole("how many vote; auto is chosen on the validation part", None, least=1, auto=True)
    kernel: str = name("kernel-svm", KERNELS, "rbf", auto=True)
    mirrored: str = name("yes learns from the mirror images of training pictures too", ("no", "yes"), "no", auto=True)

    def as_options(self) -> dict[str, Any]:
        """Return the value of every field, as JSON knows it, for a manifest."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {field: list(value) if isinstance(value, tuple) else value for field, value in values.items()}


PLAN_FIELDS = tuple(entry.name for entry in fields(Plan))
"""The names of everything in a plan."""


def plan_of(options: Mapping[str, Any]) -> Plan:
    """Return the plan that `Plan.as_options` described.

    Raises:
        SettingsError: An option is not known or impossible, or none says what is described.
    """
    values = _renamed(options)
    unknown = [field for field in values if field not in PLAN_FIELDS]
    if unknown or "descriptor" not in values:
        raise SettingsError(
            f"a pipeline can't be made of the options {', '.join(options)}",
            hint=f"its options are: {', '.join(PLAN_FIELDS)}",
        )
    rules = {entry.name: rule_of(entry) for entry in fields(Plan)}
    typed: dict[str, Any] = {
        field: None if value is None else rules[field].typed(field, value) for field, value in values.items()
    }
    return Plan(**typed)


def _renamed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options under their present names and spellings."""
    # Model files of before 2026-12 have `step` for `stride`, and 0 for what is chosen on the validation part.
    values = {"stride" if field == "step" else field: value for field, value in options.items()}
    chosen = [field for field in ("strength", "neighbours") if values.get(field) == 0]
    return values | dict.fromkeys(chosen)
