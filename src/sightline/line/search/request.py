"""What a search is asked for."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.rules import Rule
from sightline.line.search.stage import Budget

AUTO_SPACE = "auto"
BY_CLOCK = 1_000
"""Trials at most where only the minutes bound them."""
COUNTS = {
    "trials": Rule(int, "settings that are tried", least=0),
    "folds": Rule(int, "by which a trial is judged", least=0),
    "finalists": Rule(int, "settings that are trained in full", least=1),
    "finalist_seeds": Rule(int, "trainings of each of them", least=1),
}


@dataclass(frozen=True)
class Request:
    """What a search is asked for.

    Args:
        space: ``"auto"``, a TOML file, or a document of the same form.
        trials: How many settings are tried; 0 for as many as the minutes allow.
        sampler: ``"tpe"``, ``"random"`` or ``"grid"``.
        folds: Judge each trial by so many folds of all that is outside the test part; 0 for the validation part.
        finalists: How many of the best are trained in full.
        finalist_seeds: With how many seeds each.
        storage: A URL of Optuna's for several machines; empty for a journal file in the folder.
    """

    space: str | os.PathLike[str] | Mapping[str, Any] = AUTO_SPACE
    trials: int = 0
    sampler: str = "tpe"
    folds: int = 0
    finalists: int = 3
    finalist_seeds: int = 3
    storage: str = field(default="", compare=False)

    def budget(self, minutes: float) -> Budget:
        """Return how much is tried.

        Raises:
            SettingsError: A number is impossible, or neither trials nor minutes bound the search.
        """
        for name, rule in COUNTS.items():
            rule.check(name, getattr(self, name))
        if self.folds == 1:
            raise SettingsError(f"folds = {self.folds}", hint="expected 0, or 2 or more")
        if not self.trials and not minutes:
            raise SettingsError("nothing bounds the search", hint="name --trials N or --minutes M")
        return Budget(self.trials or BY_CLOCK, self.finalists, self.finalist_seeds, minutes)

    def as_json(self) -> dict[str, Any]:
        """Return what two processes of one search must agree on, as plain values; the space stands for itself."""
        return {name: value for name, value in asdict(self).items() if name not in ("space", "storage")}
