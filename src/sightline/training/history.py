"""What a training showed, epoch by epoch, and whether it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from sightline.core.findings import Finding
from sightline.core.storage import write_csv
from sightline.training.recipe import Recipe


@dataclass(frozen=True)
class EpochRecord:
    """One epoch's figures.

    Args:
        epoch: Counted from 1, over all phases.
        learning_rate: At the epoch's first step.
        training: The objective's figures by name, over the epoch's batches while the weights changed; ``loss`` is one.
        validation: The same figures after the epoch.
        score: What the best epoch is chosen by; more is better.
        l1_penalty: Mean over the epoch's samples; no part of the losses above.
        seconds: Of the training batches alone.
        validation_seconds: Of the look at the validation part.
        images_per_second: Training samples over `seconds`.
        waiting_seconds: Of `seconds`, those in which the network waited for samples: cut out, resized, altered.
        phase: Its number, counted from 1.
        findings: What the watchers noticed in it.
    """

    epoch: int
    learning_rate: float
    training: Mapping[str, float]
    validation: Mapping[str, float]
    score: float
    l1_penalty: float
    l2_penalty: float
    seconds: float
    validation_seconds: float
    images_per_second: float
    waiting_seconds: float = 0.0
    phase: int = 1
    findings: tuple[Finding, ...] = field(default=())

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the record of which `asdict` and JSON have these values.

        Raises:
            KeyError, TypeError, ValueError: They are something else.
        """
        findings = tuple(Finding.of_json(each) for each in values["findings"])
        record = cls(**{**values, "findings": findings})
        if "loss" not in record.training or "loss" not in record.validation:
            raise ValueError("a record has no loss")
        others = [value for name, value in vars(record).items() if name not in ("training", "validation", "findings")]
        figures = [*others, *record.training.values(), *record.validation.values()]
        if not all(type(figure) in (int, float) for figure in figures) or type(record.epoch) is not int:
            raise ValueError("a record holds what is no figure")
        return record

    def columns(self) -> dict[str, object]:
        """Return the figures by the names of their columns."""
        values = asdict(self)
        return {
            "epoch": values.pop("epoch"),
            "learning_rate": values.pop("learning_rate"),
            **{f"training_{name}": figure for name, figure in values.pop("training").items()},
            **{f"validation_{name}": figure for name, figure in values.pop("validation").items()},
            "validation_score": values.pop("score"),
            **values,
            "findings": " ".join(finding.code for finding in self.findings),
        }


def best_epoch(history: Sequence[EpochRecord]) -> int:
    """Return the last phase's epoch with the highest score, of equals the one with the lowest validation loss."""
    records = of_phase(history, history[-1].phase)
    return max(records, key=lambda record: (record.score, -record.validation["loss"])).epoch


def of_phase(history: Sequence[EpochRecord], phase: int) -> list[EpochRecord]:
    """Return the records of one phase, which is counted from 1."""
    return [record for record in history if record.phase == phase]


def spent(history: Sequence[EpochRecord]) -> float:
    """Return the seconds of all epochs."""
    return sum(record.seconds + record.validation_seconds for record in history)


def finished(history: Sequence[EpochRecord], recipe: Recipe, *, beside: float = 0.0) -> bool:
    """Return whether all epochs of a phase are done, or time or patience has run out.

    Args:
        history: The records of this phase alone.
        recipe: That of the same phase.
        beside: Seconds of the phase that passed between its epochs.
    """
    return recipe.progress(len(history), spent(history) + beside) >= 1 or stopped_early(history, recipe)


def stopped_early(history: Sequence[EpochRecord], recipe: Recipe) -> bool:
    """Return whether patience has run out before epochs and time.

    Args:
        history: The records of this phase alone.
        recipe: That of the same phase.
    """
    patience = recipe.steps.patience
    if not history or not patience or recipe.progress(len(history), spent(history)) >= 1:
        return False
    return history[-1].epoch - best_epoch(history) >= patience


def write_history(path: Path, history: Sequence[EpochRecord]) -> None:
    """Write the figures as CSV, a line an epoch; a figure that an epoch does not have is left empty."""
    lines = [record.columns() for record in history]
    names = list(dict.fromkeys(name for line in lines for name in line))
    write_csv(path, names, [[line.get(name, "") for name in names] for line in lines])
