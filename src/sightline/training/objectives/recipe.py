"""From the settings of a classification to its recipe."""

from collections.abc import Sequence

from sightline.core.choose import choose
from sightline.training.losses import LOSSES, Criterion, LossSettings, Penalties, balanced_weights
from sightline.training.machine.devices import MachineSettings, choose_device, choose_precision
from sightline.training.objectives.classification import (
    Change,
    ClassChange,
    Classification,
    accuracy,
    balanced_accuracy,
)
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.recipe import Recipe, StepSettings, unaltered
from sightline.training.samplers import SAMPLERS, FullBatch, Sampler
from sightline.training.schedules import SCHEDULES, Schedule, warmed_up


def recipe_of(
    steps: StepSettings,
    loss: LossSettings,
    machine: MachineSettings,
    *,
    counts: Sequence[int],
    seed: int,
    change: Change | None = None,
) -> Recipe:
    """Return the objects behind the settings of a classification.

    Where rare classes are to weigh as much as frequent ones, the best epoch is chosen by the balanced accuracy.

    Args:
        steps: Settings of which none is ``auto``.
        loss: Settings of which none is ``auto``.
        machine: ``auto`` stands for what torch sees here.
        counts: Training samples of each of K classes, for the class weights.
        seed: 0 or more; everything random follows from it.
        change: Alters training inputs and class shares at random; None leaves them as they are.

    Raises:
        SettingsError: A name is unknown, the device is not there, or the CPU does not compute in the precision.
    """
    device = choose_device(machine.device)
    weights = balanced_weights(counts) if loss.class_weights == "balanced" else ()
    counts_alike = bool(weights) or steps.sampling == "balanced"
    return Recipe(
        steps=steps,
        seed=seed,
        optimizer=choose(steps.optimizer, OPTIMIZERS, kind="optimizer"),
        schedule=schedule_of(steps),
        objective=Classification(
            Criterion(choose(loss.loss, LOSSES, kind="loss").function, loss.label_smoothing, weights),
            score=balanced_accuracy if counts_alike else accuracy,
        ),
        sampler=sampler_of(steps),
        device=device,
        precision=choose_precision(machine.precision, device),
        penalties=Penalties(l1=loss.l1, l2=loss.l2),
        augment=unaltered if change is None else ClassChange(change, len(counts)),
    )


def sampler_of(steps: StepSettings) -> Sampler:
    """Return who is in a step; all samples, whatever draws them, where the optimizer asks for that."""
    sampler = choose(steps.sampling, SAMPLERS, kind="sampler").make(steps.batch_size)
    is_whole = choose(steps.optimizer, OPTIMIZERS, kind="optimizer").full_batch
    return FullBatch(sampler) if is_whole and not isinstance(sampler, FullBatch) else sampler


def schedule_of(steps: StepSettings) -> Schedule:
    """Return how the learning rate changes, warm-up included."""
    factor = choose(steps.schedule, SCHEDULES, kind="schedule").factor
    return warmed_up(factor, steps.warmup_epochs / steps.epochs)
