"""What cross-validation says of a kind of training: every picture answered by a model that had not learnt from it."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.percent import SPACE, percent
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.report.result import LARGEST_CLASS, Bar
from sightline.evaluation.scores import Scores
from sightline.evaluation.significance.corrected_test import FoldComparison
from sightline.evaluation.significance.pooled import PooledShare
from sightline.evaluation.words import interval_words, points_words

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class FoldFigures:
    """How the model of one fold did on the pictures of its fold.

    Args:
        repeat: Which repeat, from 1.
        fold: Which of its folds, from 1.
        pictures: How many it was asked about.
        accuracy: The share that it named rightly, 0 to 1.
        seconds: How long it learnt.
    """

    repeat: int
    fold: int
    pictures: int
    accuracy: float
    seconds: float


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """A kind of training, judged by the answers of the models of all folds.

    Args:
        folds: K, how many folds a repeat has.
        repeats: How often the pictures were divided in another way.
        accuracy: Of all out-of-fold answers.
        scores: Of the first repeat's out-of-fold answers; its other intervals take pictures one by one.
        figures: One entry a fold, repeat by repeat.
        baseline: What the model is compared with; empty without one.
        against: The comparison with it over all folds; None without one.
    """

    key: ClassVar[str] = "cross-validation"
    title: ClassVar[str] = "Cross-validation"

    folds: int
    repeats: int
    accuracy: PooledShare
    scores: Scores
    figures: tuple[FoldFigures, ...]
    baseline: str = ""
    against: FoldComparison | None = None

    @property
    def words(self) -> str:
        """How many pictures were named rightly, and how sure that is."""
        again = f", {self.repeats} times over" if self.repeats > 1 else ""
        return (
            f"Each of {self.accuracy.pictures:,} pictures was answered by a model that had not learnt from it "
            f"({self.folds} folds{again}): {percent(self.accuracy.share)} were named correctly "
            f"(95{SPACE}% interval {interval_words(self.accuracy.interval)})."
        )

    @property
    def against_words(self) -> str:
        """Whether the model does better than the baseline over the folds; empty without one."""
        if self.against is None:
            return ""
        gap = points_words(self.against.difference, self.against.interval)
        match self.against.kind:
            case "alike":
                return f"Over the folds, it can't be told apart from {self.baseline}: {gap}."
            case kind:
                return f"Over the folds, it does {kind} than {self.baseline}: {gap}."

    def as_json(self) -> dict[str, Any]:
        """Return the figures of all folds together and of each."""
        return {
            "cross_validation": {
                "folds": self.folds,
                "repeats": self.repeats,
                "accuracy": asdict(self.accuracy),
                "scores": self.scores.as_json(),
                "of_folds": [asdict(figures) for figures in self.figures],
                "baseline": self.baseline,
                "comparison": None if self.against is None else self.against.as_json(),
                "words": " ".join(filter(None, (self.words, self.against_words))),
            }
        }

    def html(self) -> "Markup":
        """Return the words, the accuracy as a bar, and a table of the folds."""
        bar = Bar(
            "Accuracy over all folds:",
            self.accuracy.share,
            self.accuracy.interval,
            self.scores.baseline_accuracy,
            LARGEST_CLASS,
        )
        return fragment("report/cross_validation.html.jinja", section=self, bar=bar)
