"""How the fitting of a pipeline went."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.drawings.fitting import fitting_svg
from sightline.evaluation.fitting import FittingFigures, fitting_words
from sightline.evaluation.pages.page import fragment, markup
from sightline.evaluation.verdict import Verdict

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Fitting:
    """What a fitting took and tried, and what its two accuracies say."""

    key: ClassVar[str] = "fitting"
    title: ClassVar[str] = "How the fitting went"

    figures: FittingFigures
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Return both."""
        return {"fitting": asdict(self.figures), "verdict": asdict(self.verdict)}

    def html(self) -> "Markup":
        """Return the verdict, what was tried, and how long each stage took."""
        return fragment(
            "report/pipeline/fitting.html.jinja",
            section=self,
            words=fitting_words(self.figures),
            drawing=markup(fitting_svg(self.figures)),
        )
