"""From a pipeline's name and the settings that were given to its plan; importing this does not import torch."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS, KERNELS, PIPELINES
from sightline.classical.plan import PLAN_FIELDS, Plan
from sightline.core.choose import choose
from sightline.core.errors import SettingsError

PARTS = ("descriptor", "encoder", "kernel_map", "classifier")
"""The fields of a plan that name a part."""
NON_NEGATIVE = ("intersection", "chi-square")
"""Kernels that compare histograms."""
ALWAYS = (*PARTS, "components", "mirrored")


def chosen_plan(name: str, given: Mapping[str, Any]) -> Plan:
    """Return a ready pipeline's plan with some of its fields replaced.

    Args:
        name: A name in `PIPELINES`.
        given: Fields of the plan.

    Raises:
        SettingsError: There is no such pipeline or part, the parts do not go together, or a field
            would change nothing.
    """
    plan = replace(choose(name, PIPELINES, kind="pipeline").plan, **given)
    _require_parts(plan)
    _require_fitting(plan)
    read = set(ALWAYS).union(*(entry.uses for entry in _entries(plan)))
    idle = [field for field in PLAN_FIELDS if field in given and field not in read]
    if idle:
        told = ", ".join(f"{field} = {_shown(given[field])}" for field in idle)
        raise SettingsError(
            f"{told} would change nothing: {_told(plan)} does not read it",
            hint=f"leave it out; what is read: {', '.join(field for field in PLAN_FIELDS if field in read)}",
        )
    return plan


def _require_parts(plan: Plan) -> None:
    if not plan.descriptor:
        raise SettingsError("descriptor is empty", hint=f"take one or more of {', '.join(DESCRIPTORS)}")
    for descriptor in plan.descriptor:
        choose(descriptor, DESCRIPTORS, kind="descriptor")
    choose(plan.encoder, ENCODERS, kind="encoder")
    choose(plan.kernel_map, KERNEL_MAPS, kind="kernel_map")
    choose(plan.classifier, CLASSIFIERS, kind="classifier")
    choose(plan.kernel, KERNELS, kind="kernel")


def _require_fitting(plan: Plan) -> None:
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


def _told(plan: Plan) -> str:
    parts = (*plan.descriptor, plan.encoder, plan.kernel_map, plan.classifier)
    return ", ".join(part for part in parts if part != "none")


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
