"""The head of transfer learning, as a plan of its classifier; importing this does not import torch."""

from dataclasses import replace
from typing import Any

from sightline.classical import CLASSIFIERS
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError
from sightline.line.settings.tables import SETTINGS
from sightline.line.settings.values import Settings

CLASSIFIER = "logistic"
"""What is fitted where nobody names another: a softmax regression."""
FIELDS = ("classifier", "penalty", "strength", "neighbours", "kernel", "mirrored")
"""What of a pipeline's plan a head reads."""
LINEAR = ("logistic", "svm", "hinge-svm", "multiclass-svm", "perceptron")
"""Heads that can learn on in steps, together with their base."""
ROWS = ("logistic", "nearest-mean", "neighbours")
"""The heads that stand beside each other in the report."""


def head_plan(settings: Settings) -> Plan:
    """Return the plan of the head, of which only `FIELDS` mean something.

    Raises:
        SettingsError: A setting would change nothing.
    """
    named = {name: settings[name] for name in FIELDS if settings[name] != SETTINGS[name].default}
    plan = replace(Plan(), **{"classifier": CLASSIFIER, **named})
    read = ("classifier", "mirrored", *CLASSIFIERS[plan.classifier].uses)
    idle = [name for name in named if name not in read]
    if idle:
        raise SettingsError(
            f"{', '.join(idle)} would change nothing: the head {plan.classifier} does not read it",
            hint=f"leave it out; what is read: {', '.join(name for name in FIELDS if name in read)}",
        )
    return plan


def head_options(plan: Plan) -> dict[str, Any]:
    """Return what a model file says of its head, as values that JSON knows."""
    return {name: getattr(plan, name) for name in FIELDS}
