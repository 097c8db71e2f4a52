"""stub"""

from dataclasses import dataclass

from sightline.core.rules import AUTO
from sightline.core.sections import SHARE, Section, name, number, whole
from sightline.training.losses import LOSSES
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.schedules import SCHEDULES


@dataclass(frozen=True)
class LossSettings(Section):
    """The loss, and what large weights cost."""

    loss: str = name("", LOSSES, "cross-entropy")
    label_smoothing: float = number("share of each target that is spread over all classes", 0.0, auto=True, **SHARE)
    class_weights: str = name("balanced lets rare classes weigh more", ("none", "balanced"), "none")
    l1: float = number("strength of the penalty on absolute weights", 0.0, least=0)
    l2: float = number("strength of the penalty on squared weights", 0.0, least=0)


@dataclass(frozen=True)
class StepSettings(Section):
    """The steps of a network's training."""

    epochs: int = whole("at most so many times over the training part", 20, least=1, auto=True)
    batch_size: int = whole("pictures a step", 32, least=1, auto=True)
    sampling: str = name("balanced draws every class as often", ("shuffled", "balanced"), "shuffled")
    optimizer: str = name("", OPTIMIZERS, "adam", auto=True)
    learning_rate: float | None = number(
        "before the schedule; auto is the recipe's or the optimizer's own", None, least=0, auto=True
    )
    weight_decay: float | None = number(
        "share of a weight, times the learning rate, that a step takes away; auto is the optimizer's",
        None,
        least=0,
        auto=True,
    )
    schedule: str = name("how the learning rate changes", SCHEDULES, "cosine", auto=True)
    warmup_epochs: float = number("epochs in which the learning rate climbs from zero", 0.0, least=0)
    clip_norm: float = number("longer gradients are shortened to this; 0 never", 0.0, least=0)
    ema_decay: float = number(
        "of the moving average of the weights that is shipped, such as 0.999; 0 takes none", 0.0, **SHARE
    )
    patience: int = whole("stop after so many epochs without a better one; 0 never stops", 10, least=0, auto=True)
    start_scale: float = number(
        "share of their sides that pictures have at first; they grow until seven tenths of the way",
        1.0,
        least=0,
        most=1,
        open_ends=(True, False),
        auto=True,
    )


@dataclass(frozen=True)
class MachineSettings(Section):
    """The machine."""

    device: str = name("auto is a GPU where there is one", (AUTO, "cpu", "cuda", "mps"), AUTO)
    precision: str = name("auto is half precision on a CUDA GPU, fp32 elsewhere", (AUTO, "fp32", "bf16", "fp16"), AUTO)
