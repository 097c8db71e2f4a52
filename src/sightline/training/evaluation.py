"""A look at some samples without learning from them."""

import torch
from torch import nn

from sightline.core.seeding import derived_seed
from sightline.training.machine.arithmetic import autocast
from sightline.training.recipe import Recipe
from sightline.training.samples import Samples
from sightline.training.tally import Tally


def evaluate(network: nn.Module, samples: Samples, recipe: Recipe) -> Tally:
    """Return the objective's sums over some samples, without penalties, with the network in eval mode."""
    network.eval()
    tally = Tally()
    rows = recipe.validation_sampler.batches(samples, seed=derived_seed(recipe.seed, "validation"))
    with torch.no_grad(), autocast(recipe.device, recipe.precision):
        for some in rows:
            tally.add(recipe.objective(network, samples.cut(some).to(recipe.device)).sums)
    return tally
