"""A network that learns from pictures without labels too, beside one that does not; the validation part decides."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import nn

from sightline.data.catalog import Rows
from sightline.evaluation.report.unlabelled import Unlabelled
from sightline.imaging.augmentation.policy import Augmentation
from sightline.imaging.augmentation.strong import strongly, weakly
from sightline.models.changes.heads import head_names
from sightline.training.history import EpochRecord, best_epoch
from sightline.training.objectives.classification import Classification
from sightline.training.objectives.fixmatch import FixMatch, WeakAndStrong
from sightline.training.recipe import Recipe
from sightline.training.samples import Samples
from sightline.training.unlabelled import AgainAndAgain, WithUnlabelled

WAY = "FixMatch with FreeMatch's threshold"
SMALL_HEAD = 0.1
"""What the weights of a fresh head are multiplied by, so that it is sure of nothing before it has learnt something."""


def with_unlabelled(samples: Samples, unlabelled: Rows) -> Samples:
    """Return the training part with rows behind it that have no label."""
    return replace(samples, rows=torch.cat([samples.rows, torch.from_numpy(unlabelled)]))


def recipe_with(recipe: Recipe, amounts: Mapping[str, float], *, unlabelled: int, ratio: int, classes: int) -> Recipe:
    """Return the recipe of a classification as one that learns from pictures without labels too.

    Args:
        recipe: Its objective is a `Classification`.
        amounts: What labelled pictures go through, by the names of `AUGMENTATIONS`.
        unlabelled: How many pictures without a label there are.
        ratio: Pictures without a label a step, for each labelled one.
        classes: 2 or more.
    """
    supervised: Classification = recipe.objective  # type: ignore[assignment]
    steps = recipe.steps.epochs * steps_an_epoch(recipe, unlabelled=unlabelled, ratio=ratio)
    return replace(
        recipe,
        objective=FixMatch(supervised, classes=classes, steps=steps).to(recipe.device),
        sampler=WithUnlabelled(recipe.steps.batch_size, ratio),
        augment=WeakAndStrong(
            Augmentation(amounts), Augmentation(weakly(amounts)), Augmentation(strongly(amounts)), classes
        ),
    )


def recipe_without(recipe: Recipe, *, unlabelled: int, ratio: int) -> Recipe:
    """Return the recipe of the labelled pictures alone, with as many steps as the one with the others.

    Args:
        unlabelled: How many pictures without a label the other one has.
        ratio: Of them a step, for each labelled one.
    """
    steps = steps_an_epoch(recipe, unlabelled=unlabelled, ratio=ratio)
    return replace(recipe, sampler=AgainAndAgain(recipe.steps.batch_size, steps))


def steps_an_epoch(recipe: Recipe, *, unlabelled: int, ratio: int) -> int:
    """Return in how many steps each picture without a label is seen once; arguments are those of `recipe_without`."""
    return math.ceil(unlabelled / (ratio * recipe.steps.batch_size))


def shrink_head(network: nn.Module) -> None:
    """Let a fresh network's head begin small."""
    with torch.no_grad():
        for name in head_names(network):
            for weight in network.get_submodule(name).parameters():
                weight.mul_(SMALL_HEAD)


def compared(
    alone: Sequence[EpochRecord], beside: Sequence[EpochRecord], *, unlabelled: int, judged_by: int
) -> Unlabelled:
    """Return what pictures without labels brought; they ship unless the labelled ones alone are better.

    Args:
        alone: The history of the labelled pictures alone.
        beside: The history with the others.
        unlabelled: How many of them there are.
        judged_by: Pictures of the validation part.
    """
    first, second = (records[best_epoch(records) - 1] for records in (alone, beside))
    return Unlabelled(
        way=WAY,
        pictures=unlabelled,
        learnt=round(beside[-1].training["above"] * unlabelled),
        alone=first.validation["accuracy"],
        beside=second.validation["accuracy"],
        judged_by=judged_by,
        ships=second.score >= first.score,
    )
