"""A kind of model of four dozen lines, to see that one file and one row of the table are all that a new kind takes.

From here to the fixture it can be copied into a file of `sightline.line.methods`: the type checker and the contract
tests pass there, and the linter only names the arguments that it does not use.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from sightline.data.catalog import TRAIN
from sightline.evaluation.report import Section
from sightline.evaluation.scores import Scores
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Scale
from sightline.line.answers import Answers
from sightline.line.methods import METHODS
from sightline.line.methods.contract import Decided, Learnt, Method, Subject
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings.tables import names_in
from sightline.line.settings.values import Settings

if TYPE_CHECKING:
    import torch
    from torch import nn


def nearest_colour(means: "torch.Tensor") -> "nn.Module":
    """Return what gives minus the squared distance of a picture's mean colour to that of each class.

    Args:
        means: (K, C), each class's mean colour.
    """
    from torch import Tensor, nn  # here, so that naming the kind does not import torch

    class NearestColour(nn.Module):
        means: Tensor

        def __init__(self, means: Tensor) -> None:
            super().__init__()
            self.register_buffer("means", means)

        def forward(self, pixels: Tensor) -> Tensor:
            colours = pixels.float().mean(dim=(1, 2))  # (N, C)
            return -(colours.unsqueeze(1) - self.means).square().sum(dim=2) / 255

    return NearestColour(means)


@dataclass(frozen=True, eq=False)
class LearntColours(Learnt):
    """Mean colours, and how long they took."""

    took_seconds: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.took_seconds

    def sections(self, subject: Subject, answers: Answers, scores: Scores) -> tuple[Section, ...]:
        """Add nothing to the report."""
        return ()


class Colours(Method):
    """The class whose mean colour is nearest."""

    phrase: ClassVar = "mean colours"
    original: ClassVar = "fitted means"
    models: ClassVar = {"mean-colour": SimpleNamespace(line="the class whose mean colour is nearest", reference="-")}
    reads: ClassVar = names_in("run", "data") - {"recipe", "minutes", "centre", "scale"}

    def contradictions(self, settings: Settings) -> list[str]:
        """Find none."""
        return []

    def options(self, settings: Settings) -> dict[str, Any]:
        """Return none."""
        return {}

    def sides(self, model: str) -> tuple[int, int]:
        """Return few pixels: a mean needs no more."""
        return 4, 8

    def scaling(self, settings: Settings) -> tuple[Centre, Scale]:
        """Leave the pixels as they are."""
        return "none", "none"

    def require_possible(self, settings: Settings, input_format: PictureFormat, *, classes: int) -> None:
        """Refuse nothing."""

    def learn(self, prepared: Prepared, decided: Decided, *, run: Run, narrator: Narrator) -> Learnt:
        """Take the mean colour of each class's training pictures."""
        import torch
        from torch import nn

        started = time.perf_counter()
        pixels, labels = torch.from_numpy(prepared.pixels), torch.from_numpy(prepared.catalog.labels)
        rows = torch.from_numpy(prepared.split.rows(TRAIN))
        colours = pixels[rows].float().mean(dim=(1, 2))
        classes = range(len(prepared.catalog.classes))
        means = torch.stack([colours[labels[rows] == label].mean(dim=0) for label in classes])  # (K, C)
        model = nn.Sequential(OrderedDict(colours=nearest_colour(means))).eval()
        took = time.perf_counter() - started
        return LearntColours(model, means.numel(), batch=64, graph_batch=64, findings=(), took_seconds=took)


@pytest.fixture
def colours(monkeypatch):
    """The method `Colours` as a row of the table, its name ``colours``, its only model ``mean-colour``."""
    monkeypatch.setitem(METHODS, "colours", Colours())
    return METHODS["colours"]
