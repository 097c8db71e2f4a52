"""What a search has tried, what of it mattered, and how sure its choice is."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.percent import percent
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.significance.seed_comparison import SeedComparison
from sightline.evaluation.words import points_words

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_SHOWN = 12
"""Trials that the page shows; ``report.json`` has all."""


@dataclass(frozen=True)
class TrialFigures:
    """One trial of short trainings.

    Args:
        stage: What its stage is called.
        number: Its number within the stage, from 0.
        settings: What it was given, by name.
        state: ``"complete"``, ``"pruned"`` or ``"failed"``.
        accuracy: On pictures outside the test part, 0 to 1; of the last epoch for one that was pruned.
        seconds: How long it took; None where that is not known.
        problem: Why it failed; empty where it did not.
    """

    stage: str
    number: int
    settings: dict[str, Any]
    state: str
    accuracy: float
    seconds: float | None
    problem: str = ""


@dataclass(frozen=True)
class FinalistFigures:
    """Settings that were trained in full with several seeds.

    Args:
        settings: What was searched, by name.
        accuracies: On the validation part, one a seed, 0 to 1.
    """

    settings: dict[str, Any]
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds, 0 to 1."""
        return sum(self.accuracies) / len(self.accuracies)


@dataclass(frozen=True, eq=False)
class Search:
    """A search through settings.

    Args:
        sampler: How settings were chosen.
        judged_by: The pictures that trials were judged by, in words.
        trials: All of them, in their order.
        finalists: Those that were trained in full, the best first.
        importances: Of each setting for the accuracy of the coarse stage, summing to 1; empty where too few were tried.
        runner_up: The best beside the second; None where there is none.
    """

    key: ClassVar[str] = "search"
    title: ClassVar[str] = "The search for these settings"

    sampler: str
    judged_by: str
    trials: tuple[TrialFigures, ...]
    finalists: tuple[FinalistFigures, ...]
    importances: dict[str, float]
    runner_up: SeedComparison | None

    @property
    def words(self) -> str:
        """What was tried, what came out, and whether it can be told from the second."""
        counts = {state: sum(trial.state == state for trial in self.trials) for state in ("pruned", "failed")}
        aside = ", ".join(f"{count} of them {state}" for state, count in counts.items() if count)
        best = self.finalists[0]
        return (
            f"{len(self.trials)} trials{f' ({aside})' if aside else ''}, judged by {self.judged_by}; "
            f"the best settings: {settings_words(best.settings)} (validation accuracy {percent(best.mean)} over "
            f"{len(best.accuracies)} seed{'s' if len(best.accuracies) > 1 else ''}). {self.verdict}"
        )

    @property
    def verdict(self) -> str:
        """Whether the best can be told from the second."""
        if self.runner_up is None:
            return "There is no second to compare them with."
        gap = points_words(self.runner_up.difference, self.runner_up.interval)
        if self.runner_up.kind == "alike":
            return f"They can't be told apart from the second best: {gap}. Take the simpler or the quicker of the two."
        return f"They do better than the second best: {gap}."

    def as_json(self) -> dict[str, Any]:
        """Return every trial, the finalists, the importances and the words."""
        return {
            "search": {
                "sampler": self.sampler,
                "judged_by": self.judged_by,
                "trials": [asdict(trial) for trial in self.trials],
                "finalists": [asdict(finalist) | {"mean": finalist.mean} for finalist in self.finalists],
                "importances": self.importances,
                "runner_up": None if self.runner_up is None else asdict(self.runner_up) | {"kind": self.runner_up.kind},
                "words": self.words,
            }
        }

    def html(self) -> "Markup":
        """Return the words, the finalists, what mattered, and the best trials."""
        best = sorted(self.trials, key=lambda trial: (trial.state != "complete", -trial.accuracy))
        return fragment(
            "report/search.html.jinja",
            section=self,
            finalists=[(settings_words(finalist.settings), finalist) for finalist in self.finalists],
            trials=[(settings_words(trial.settings), trial) for trial in best[:MOST_SHOWN]],
            more=max(0, len(best) - MOST_SHOWN),
        )


def settings_words(settings: dict[str, Any]) -> str:
    """Return settings as text, such as ``learning_rate = 0.01, batch_size = 32``."""
    return ", ".join(
        f"{name} = {value:.3g}" if isinstance(value, float) else f"{name} = {value}" for name, value in settings.items()
    )
