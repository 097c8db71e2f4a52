"""A kind of model of three dozen lines, to see that one file and one row of the table are all that a new kind takes."""

from collections import OrderedDict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from torch import nn

from sightline.data.catalog import TRAIN
from sightline.line.methods import METHODS
from sightline.line.methods.contract import Learnt, Method
from sightline.line.settings.tables import names_in


class NearestColour(nn.Module):
    """Gives minus the squared distance of a picture's mean colour to that of each class."""

    def __init__(self, means):
        super().__init__()
        self.register_buffer("means", means)

    def forward(self, pixels):
        colours = pixels.float().mean(dim=(1, 2))  # (N, C)
        return -(colours.unsqueeze(1) - self.means).square().sum(dim=2) / 255


@dataclass(frozen=True, eq=False)
class LearntColours(Learnt):
    @property
    def seconds(self):
        return 0.0

    def sections(self, subject, answers, scores):
        return ()


class Colours(Method):
    phrase = "mean colours"
    heading = "mean colours: no learning to speak of"
    original = "fitted means"
    models: ClassVar = {"mean-colour": SimpleNamespace(line="the class whose mean colour is nearest", reference="-")}
    reads = names_in("run", "data") - {"recipe", "minutes", "centre", "scale"}

    def contradictions(self, settings):
        return []

    def options(self, settings):
        return {}

    def sides(self, model):
        return 4, 8

    def scaling(self, settings):
        return "none", "none"

    def require_possible(self, settings, input_format, *, classes):
        pass

    def learn(self, prepared, decided, *, run, narrator):
        pixels, labels = torch.from_numpy(prepared.pixels), torch.from_numpy(prepared.catalog.labels)
        rows = torch.from_numpy(prepared.split.rows(TRAIN))
        colours = pixels[rows].float().mean(dim=(1, 2))
        means = torch.stack([colours[labels[rows] == label].mean(dim=0) for label in labels.unique()])
        model = nn.Sequential(OrderedDict(colours=NearestColour(means))).eval()
        return LearntColours(model, numbers=means.numel(), batch=64, graph_batch=64, findings=())


@pytest.fixture
def colours(monkeypatch):
    """The method `Colours` as a row of the table, its name ``colours``, its only model ``mean-colour``."""
    monkeypatch.setitem(METHODS, "colours", Colours())
    return METHODS["colours"]
