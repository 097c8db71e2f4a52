"""Whether a network was worth it, beside a classical pipeline."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.comparison import BaselineComparison
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.report.result import LARGEST_CLASS, Bar

if TYPE_CHECKING:
    from markupsafe import Markup

SMALLEST_WRITTEN = 0.0001
"""A p-value below this is said to be below this."""


@dataclass(frozen=True)
class NetworkWorth:
    """A network beside a classical pipeline.

    Args:
        against: The comparison on the test part.
    """

    key: ClassVar[str] = "comparison"
    title: ClassVar[str] = "Was a network worth it?"

    against: BaselineComparison

    def as_json(self) -> dict[str, Any]:
        """Return figures and words of the comparison."""
        return {"comparison": self.against.as_json()}

    def html(self) -> "Markup":
        """Return the words, both accuracies as bars, and what they rest on."""
        return fragment(
            "report/network/comparison.html.jinja",
            section=self,
            against=self.against,
            comparison=self.against.comparison,
            bars=self._bars(),
            p_value=_p_value(self.against.comparison.p_value),
        )

    def _bars(self) -> tuple[Bar, Bar]:
        comparison = self.against.comparison
        network = comparison.first_accuracy, comparison.first_interval
        simple = comparison.second_accuracy, comparison.second_interval
        return (
            Bar("The network:", *network, self.against.largest_share, LARGEST_CLASS),
            Bar(f"{self.against.name}:", *simple, self.against.largest_share, LARGEST_CLASS),
        )


def _p_value(p_value: float) -> str:
    return f"p < {SMALLEST_WRITTEN}" if p_value < SMALLEST_WRITTEN else f"p = {p_value:.2g}"
