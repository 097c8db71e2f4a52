"""From a pipeline's name and the settings that a user named to its plan; importing this does not import torch."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS
from sightline.classical.pipelines import PIPELINES
from sightline.classical.plan import PLAN_FIELDS, Plan
from sightline.core.choose import choose
from sightline.core.errors import SettingsError

PARTS = ("descriptor", "encoder", "kernel_map", "classifier")
"""The fields of a plan that name a part."""
NON_NEGATIVE = ("intersection", "chi-square")
"""Kernels that compare histograms."""
ALWAYS = (*PARTS, "components", "mirrored")


def chosen_plan(name: str, named: Mapping[str, Any]) -> Plan:
    """Return a ready pipeline's plan with some of its fields replaced.

    Args:
        name: A name in `PIPELINES`.
        named: The plan's fields that a user named, with their values.

    Raises:
        SettingsError: There is no such pipeline or part, a number is out of its range, the parts do not go
            together, or a field would change nothing.
    """
    plan = replace(choose(name, PIPELINES, kind="pipeline").plan, **named)
    _require_compatible(plan)
    read = set(ALWAYS).union(*(entry.uses for entry in _entries(plan)))
    idle = [field for field in PLAN_FIELDS if field in named and field not in read]
    if idle:
        assignments = ", ".join(f"{field} = {_shown(named[field])}" for field in idle)
        raise SettingsError(
            f"{assignments} would change nothing: {_parts_in_words(plan)} does not read it",
            hint=f"leave it out; what is read: {', '.join(field for field in PLAN_FIELDS if field in read)}",
        )
    return plan


def _require_compatible(plan: Plan) -> None:
    """Raise if parts do not go together."""
    dense = any(DESCRIPTORS[name].dense for name in plan.descriptor)
    if plan.encoder != "none" and not dense:
        of_patches = [name for name, entry in DESCRIPTORS.items() if entry.dense]
        raise SettingsError(
            f"encoder = {plan.encoder!r} with descriptor = {','.join(plan.descriptor)!r}, which describes the whole "
            "picture at once",
            hint=f"take a descriptor of patches: {', '.join(of_patches)}",
        )
    if plan.classifier == "kernel-svm" and plan.kernel_map != "none":
        raise SettingsError(
            f"kernel_map = {plan.kernel_map!r} with classifier = 'kernel-svm', which has the kernel itself",
            hint="leave kernel_map out, or take classifier=svm",
        )


def _entries(plan: Plan) -> Iterable[Any]:
    yield from (DESCRIPTORS[name] for name in plan.descriptor)
    yield from (ENCODERS[plan.encoder], KERNEL_MAPS[plan.kernel_map], CLASSIFIERS[plan.classifier])


def _parts_in_words(plan: Plan) -> str:
    parts = (*plan.descriptor, plan.encoder, plan.kernel_map, plan.classifier)
    return ", ".join(part for part in parts if part != "none")


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
