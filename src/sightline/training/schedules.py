"""How the learning rate changes over a training."""

import math
from collections.abc import Callable
from dataclasses import dataclass

Schedule = Callable[[float], float]
"""From progress in [0, 1) to the factor on the learning rate, in (0, 1]."""

LAST = 0.01
"""What `exponential` leaves of the learning rate."""
RISE = 0.3
"""Share of a training in which `one_cycle` climbs."""
FIRST, FINAL = 1 / 25, 1e-4
"""The factor at which `one_cycle` begins, and the one at which it ends as a share of that."""


def constant(_progress: float) -> float:
    """Return 1: no decay."""
    return 1.0


def step(progress: float) -> float:
    """Return a tenth from one half on, a hundredth from three quarters on.

    Reference:
        He, Zhang, Ren and Sun, "Deep residual learning for image recognition" (2015), section 4.2,
        divide by 10 at 32k and 48k of 64k steps. https://arxiv.org/abs/1512.03385

    Example:
        >>> [step(progress) for progress in (0.0, 0.5, 0.75)]
        [1.0, 0.1, 0.01]
    """
    return 0.01 if progress >= 3 / 4 else 0.1 if progress >= 1 / 2 else 1.0


def exponential(progress: float) -> float:
    """Return what falls by the same share in every step, to a hundredth at the end.

    Reference:
        Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 8.3.1.
        https://www.deeplearningbook.org/contents/optimization.html

    Example:
        >>> [round(exponential(progress), 3) for progress in (0.0, 0.5, 1.0)]
        [1.0, 0.1, 0.01]
    """
    return float(LAST**progress)


def linear(progress: float) -> float:
    """Return a straight line from 1 down to 0.

    Reference:
        Defazio, Cutkosky, Mehta and Mishchenko, "Optimal linear decay learning rate schedules and further
        refinements" (2023). https://arxiv.org/abs/2310.07831

    Example:
        >>> [linear(progress) for progress in (0.0, 0.25, 1.0)]
        [1.0, 0.75, 0.0]
    """
    return max(0.0, 1 - progress)


def cosine(progress: float) -> float:
    """Return half a cosine wave from 1 down to 0.

    Reference:
        Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2016),
        equation 5, without restarts. https://arxiv.org/abs/1608.03983

    Example:
        >>> round(cosine(0.0), 3), round(cosine(0.5), 3), round(cosine(1.0), 3)
        (1.0, 0.5, 0.0)
    """
    return (1 + math.cos(math.pi * progress)) / 2


def one_cycle(progress: float) -> float:
    """Return a climb from a twenty-fifth to 1 over three tenths of the way, then a fall to nearly zero.

    Both are half cosine waves.

    Reference:
        Smith and Topin, "Super-convergence: very fast training of neural networks using large
        learning rates" (2017). https://arxiv.org/abs/1708.07120

    Example:
        >>> [round(one_cycle(progress), 3) for progress in (0.0, 0.3, 1.0)]
        [0.04, 1.0, 0.0]
    """
    if progress < RISE:
        return FIRST + (1 - FIRST) * (1 - cosine(progress / RISE))
    floor = FIRST * FINAL
    return floor + (1 - floor) * cosine((progress - RISE) / (1 - RISE))


def warmed_up(schedule: Schedule, share: float) -> Schedule:
    """Return a schedule whose first part is a straight climb and whose rest is another's whole course.

    Args:
        schedule: What follows the climb, whole.
        share: Of the training in which the rate climbs, in [0, 1); 0 changes nothing.

    Reference:
        Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour" (2017),
        section 2.2. https://arxiv.org/abs/1706.02677

    Example:
        >>> [warmed_up(constant, 0.5)(progress) for progress in (0.25, 0.5)]
        [0.5, 1.0]
    """
    if not share:
        return schedule
    lowest = 0.01  # of the very first step: a step of zero would be one lost

    def climbing(progress: float) -> float:
        if progress < share:
            return max(lowest, progress / share) * schedule(0.0)
        return schedule((progress - share) / (1 - share))

    return climbing


@dataclass(frozen=True)
class ScheduleEntry:
    """A schedule that can be named.

    Args:
        factor: From progress to the factor on the learning rate.
        line: What it does, in one sentence.
        reference: Authors, title and year.
    """

    factor: Schedule
    line: str
    reference: str


SCHEDULES: dict[str, ScheduleEntry] = {
    "constant": ScheduleEntry(constant, "stays as it is", "Robbins and Monro (1951), without their decay"),
    "step": ScheduleEntry(
        step, "a tenth from one half on, a hundredth from three quarters on", "He et al., arXiv 1512.03385 (2015)"
    ),
    "exponential": ScheduleEntry(
        exponential,
        "falls by the same share in every step, to a hundredth",
        "Goodfellow, Bengio and Courville, 'Deep Learning' (2016), section 8.3.1",
    ),
    "linear": ScheduleEntry(linear, "falls in a straight line to zero", "Defazio et al., arXiv 2310.07831 (2023)"),
    "cosine": ScheduleEntry(
        cosine, "half a cosine wave down to zero", "Loshchilov and Hutter, arXiv 1608.03983 (2016)"
    ),
    "one-cycle": ScheduleEntry(
        one_cycle,
        "climbs for three tenths of the way, then falls to nearly zero",
        "Smith and Topin, arXiv 1708.07120 (2017)",
    ),
}
"""Each schedule by its name."""
