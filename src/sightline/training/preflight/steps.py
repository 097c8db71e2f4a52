"""What the settings of the steps themselves say: weight decay, epsilon, dropout."""

from torch import nn, optim

from sightline.core.findings import Finding
from sightline.core.text import listed
from sightline.training.preflight.setup import Measured, Setup, warning
from sightline.training.thresholds import threshold

DROPOUT = nn.modules.dropout._DropoutNd  # noqa: SLF001 - the one name that all of them share


def steps(setup: Setup) -> Measured:
    """Read the optimizers that the recipe builds, and the rates of dropout layers."""
    recipe = setup.recipe
    with setup.copied() as network:
        optimizers = recipe.optimizer.build(
            network, learning_rate=recipe.learning_rate, weight_decay=recipe.steps.weight_decay
        )
    decay = max(group["lr"] * group.get("weight_decay", 0.0) for each in optimizers for group in each.param_groups)
    findings = [*_decay(decay), *_epsilon(optimizers), *_dropout(setup.network)]
    line = f"weight decay takes {decay:.1g} of each weight a step"
    return Measured(line, {"decay_per_step": decay}, tuple(findings))


def _decay(share: float) -> list[Finding]:
    if share <= threshold("decay-per-step"):
        return []
    return [
        warning(
            "weight-decay-too-strong",
            f"weight decay takes {share:.1%} of each weight at each step: weights forget faster than they learn",
            "take weight_decay=0.01 for adamw and muon, weight_decay=0.0005 for sgd",
        )
    ]


def _epsilon(optimizers: tuple[optim.Optimizer, ...]) -> list[Finding]:
    values = [group["eps"] for each in optimizers for group in each.param_groups if "eps" in group]
    if not values or min(values) >= threshold("epsilon"):
        return []
    return [
        warning(
            "epsilon-too-small",
            f"the optimizer's epsilon is {min(values):.1g}: where a gradient is nearly zero, the step is still whole, "
            "or no number",
            "take the usual 1e-8",
        )
    ]


def _dropout(network: nn.Module) -> list[Finding]:
    names = [
        name
        for name, layer in network.named_modules()
        if isinstance(layer, DROPOUT) and layer.p >= threshold("dropout-rate")
    ]
    if not names:
        return []
    return [
        warning(
            "dropout-too-strong",
            f"{listed(names, 5)} silence {threshold('dropout-rate'):.0%} of the units or more in training: hardly "
            "anything comes through",
            "take dropout=0.5 or less",
            tuple(names),
        )
    ]
