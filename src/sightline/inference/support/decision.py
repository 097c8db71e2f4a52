"""The decision rule of a model: from what its graph gives to a probability a class, and what was nearest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from sightline.evaluation.pairs.acceptance import Acceptance
from sightline.evaluation.trust.enrolled_fit import Expectation
from sightline.inference.bundle import Bundle
from sightline.inference.graph import Floats, Probabilities
from sightline.inference.prediction import Match
from sightline.inference.signature import FEATURES, OUTPUT

if TYPE_CHECKING:
    from sightline.inference.support.roster import Roster


@dataclass(frozen=True, eq=False)
class Decided:
    """What was decided of n samples.

    Args:
        probabilities: (n, classes) float32, each row summing to one.
        matches: The enrolled class that each is nearest to; None where no picture was enrolled.
        typicality: (n,) the share of known pictures that are as strange as each; None where the model can't say it.
        features: (n, F) what pictures are compared by; None where the graph was not asked for them.
        enrolled_typicality: (n,) of a picture whose likeliest class was enrolled, the share of pictures that fitted
            such a class as ill; NaN of others; None where none was enrolled, or learnt ones can't stand for new ones.
    """

    probabilities: Probabilities
    matches: Sequence[Match | None]
    typicality: npt.NDArray[np.float64] | None = None
    features: Floats | None = None
    enrolled_typicality: npt.NDArray[np.float64] | None = None


class DecisionRule(Protocol):
    """What makes answers of a graph's outputs.

    Attributes:
        reads: The outputs of the graph that it needs.
        features: The output, or inner value, that pictures are compared by.
    """

    reads: tuple[str, ...]
    features: str

    @property
    def roster(self) -> "Roster | None":
        """The classes that were enrolled; None where none was."""

    @property
    def acceptance(self) -> Acceptance | None:
        """How far a stranger is; None where nothing was measured."""

    @property
    def expected(self) -> Expectation | None:
        """What enrolled classes bring and cost; None where it is not known beforehand."""

    def decide(self, outputs: Sequence[Floats]) -> Decided:
        """Return the answers to n samples.

        Args:
            outputs: Those that `reads` names, each (n, ...) float32.
        """

    def probabilities(self, outputs: Sequence[Floats]) -> Probabilities:
        """Return the probabilities alone, (n, classes) float32; arguments are those of `decide`."""


RuleOf = Callable[[Bundle], DecisionRule]
"""Makes the rule of a bundle; raises a `BundleError` where the bundle does not hold what it needs."""


class GraphRule:
    """The graph has decided: what it gives are the probabilities.

    Args:
        bundle: Of a classifier whose graph gives probabilities.
    """

    reads: tuple[str, ...] = (OUTPUT,)
    features = FEATURES
    roster = None
    acceptance = None
    expected = None

    def __init__(self, bundle: Bundle) -> None:
        """Need nothing of the bundle beside its graph."""

    def decide(self, outputs: Sequence[Floats]) -> Decided:
        """Return the graph's probabilities, and no match."""
        return Decided(outputs[0], [None] * len(outputs[0]))

    def probabilities(self, outputs: Sequence[Floats]) -> Probabilities:
        """Return the graph's probabilities."""
        return outputs[0]
