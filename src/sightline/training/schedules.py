"""How the learning rate decays over a training."""

import math
from collections.abc import Callable

Schedule = Callable[[float], float]
"""From progress in [0, 1) to the factor on the learning rate, in (0, 1]."""


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


SCHEDULES: dict[str, Schedule] = {"constant": constant, "step": step, "cosine": cosine}
"""Each schedule by its name."""
