"""6. Optimizers: who gets off a saddle, and who gets through a ravine.

All optimizers are shown the same gradient and make different steps of it. Two landscapes of two weights tell them
apart. On the saddle f = x^2 - y^2 the way down begins almost flat: one that follows only the slope stays there
for long. In the ravine f = (x^2 + 50 y^2) / 2 the slope points at the opposite wall instead of along the bottom.

Run it:

    python docs/guides/06_optimizers_and_schedules.py

Reference:
    Dauphin et al., "Identifying and attacking the saddle point problem in high-dimensional non-convex optimization"
    (2014). https://arxiv.org/abs/1406.2572
    Goodfellow, Bengio and Courville, "Deep Learning" (2016), sections 8.2 to 8.5.
    https://www.deeplearningbook.org/contents/optimization.html
"""

from collections.abc import Callable, Iterator
from itertools import islice
from math import sqrt

import torch
from chapter import expect, expect_that, quote, section
from torch import Tensor, nn

from sightline.core.errors import SettingsError
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.schedules import SCHEDULES, Schedule, warmed_up

print(__doc__.splitlines()[0])

Height = Callable[[Tensor, Tensor], Tensor]


class Landscape(nn.Module):
    """A network of two weights, x and y, whose loss is a height."""

    def __init__(self, height: Height, start: tuple[float, float]) -> None:
        super().__init__()
        self.height = height
        self.place = nn.Parameter(torch.tensor(start, dtype=torch.float64))

    def forward(self) -> Tensor:
        """Return the height at (x, y)."""
        return self.height(*self.place)


def walk(
    name: str, height: Height, start: tuple[float, float], *, learning_rate: float
) -> Iterator[tuple[float, float]]:
    """Yield where an optimizer of our table is after each step, for ever."""
    landscape = Landscape(height, start)
    (optimizer,) = OPTIMIZERS[name].build(landscape, learning_rate=learning_rate)
    while True:
        optimizer.zero_grad()
        landscape().backward()
        optimizer.step()
        yield tuple(landscape.place.tolist())


section("Muon is for matrices")

# Two weights are no matrix of a hidden layer, and muon says so. It has a section of its own at the end.
try:
    OPTIMIZERS["muon"].build(Landscape(torch.add, (1.0, 1.0)), learning_rate=0.01)
except SettingsError as refused:
    quote(refused)
walkers = [name for name, entry in OPTIMIZERS.items() if not entry.hidden_kind]

section("The saddle f = x^2 - y^2, from (1, 0.001), all at a learning rate of 0.01")


def saddle(x: Tensor, y: Tensor) -> Tensor:
    """Return a height that rises along x and falls along y."""
    return x**2 - y**2


# Down is along y; at 0.001 the slope there is 0.002, five hundred times less than the slope along x.
print(f"    {'after':<12}{'1 step':>18}{'10 steps':>18}{'50 steps':>18}{'100 steps':>18}")
for name in walkers:
    path = list(islice(walk(name, saddle, (1.0, 0.001), learning_rate=0.01), 100))
    places = "".join(f"{f'({x:.3f}, {y:.3f})':>18}" for x, y in (path[step - 1] for step in (1, 10, 50, 100)))
    print(f"    {name:<12}{places}")


def steps_to_leave(name: str) -> int:
    """Return the steps until |y| is above 1."""
    path = walk(name, saddle, (1.0, 0.001), learning_rate=0.01)
    return next(step for step, (_, y) in enumerate(path, start=1) if abs(y) > 1)


# Plain descent multiplies y by 1.02 in every step, and 1.02^349 is the first power above 1,000. Momentum adds up what
# always points the same way: nearly ten times as fast. Adam asks only for the sign at first: each weight moves by
# 0.01 a step, however flat it is. RMSProp's first steps are ten times as long, since its running mean of squares
# starts at zero, and its momentum does the rest. Adagrad starts like Adam, but never forgets a gradient, so its
# steps get shorter and shorter. (adam and adamw are one here: a single place has no weight decay.)
promised = {
    "gd": 349,
    "sgd": 349,
    "momentum": 72,
    "nesterov": 67,
    "adagrad": 1263,
    "rmsprop": 5,
    "adam": 77,
    "adamw": 77,
}
for name, steps in promised.items():
    expect(f"{name} leaves after so many steps", steps_to_leave(name), steps)

# Exactly on the ridge the slope along y is zero, and zero times anything is zero: nobody leaves. That is what
# the noise of small batches is good for.
stuck = [list(islice(walk(name, saddle, (1.0, 0.0), learning_rate=0.01), 50))[-1][1] for name in walkers]
expect("y after 50 steps from (1, 0), everyone's", stuck, [0] * len(walkers))

section("The ravine f = (x^2 + 50 y^2) / 2, from (10, 1), 50 steps")


def ravine(x: Tensor, y: Tensor) -> Tensor:
    """Return a height that is steep along y and nearly flat along x."""
    return (x**2 + 50 * y**2) / 2


def turned_ravine(x: Tensor, y: Tensor) -> Tensor:
    """Return the same ravine, turned by 45 degrees."""
    return ravine((x + y) / sqrt(2), (y - x) / sqrt(2))


# First, one walk: plain descent at 0.035 jumps from wall to wall, because each step multiplies y by
# 1 - 0.035 * 50 = -0.75, while x only shrinks by 3.5 %.
zigzag = list(islice(walk("sgd", ravine, (10.0, 1.0), learning_rate=0.035), 4))
expect("sgd's y: from wall to wall", [y for _, y in zigzag], [-0.75, 0.5625, -0.4219, 0.3164])
expect("sgd's x: a snail", [x for x, _ in zigzag], [9.65, 9.3123, 8.9863, 8.6718])
too_fast = list(islice(walk("sgd", ravine, (10.0, 1.0), learning_rate=0.041), 50))
expect("above 2/50 it is thrown out: |y| after 50 steps at 0.041", abs(too_fast[-1][1]), 11.47, decimals=2)

RATES = [digit * 10.0**power for power in range(-3, 1) for digit in (1, 2, 3, 5)]


def best_of(name: str, height: Height, start: tuple[float, float]) -> tuple[float, float]:
    """Return the least height after 50 steps at any of the rates, and that rate."""
    ends = {rate: list(islice(walk(name, height, start, learning_rate=rate), 50))[-1] for rate in RATES}
    heights = {rate: height(*torch.tensor(end, dtype=torch.float64)).item() for rate, end in ends.items()}
    rate = min(heights, key=lambda rate: heights[rate])
    return heights[rate], rate


# Then a fair race: each at the best of its own learning rates. (gd would be sgd again, and adamw adam.)
racers = [name for name in walkers if name not in {"gd", "adamw"}]
start_of_turned = ((10 - 1) / sqrt(2), (10 + 1) / sqrt(2))  # the same place in the turned ravine
straight = {name: best_of(name, ravine, (10.0, 1.0)) for name in racers}
turned = {name: best_of(name, turned_ravine, start_of_turned) for name in racers}
print(f"    {'':<12}{'along an axis':>16}{'at the rate':>13}{'turned':>12}{'at the rate':>13}")
for name in racers:
    (height, rate), (turned_height, turned_rate) = straight[name], turned[name]
    print(f"    {name:<12}{height:>16.1e}{rate:>13g}{turned_height:>12.1e}{turned_rate:>13g}")

expect("plain descent is left at a height of", straight["sgd"][0], 2.38, decimals=2)
expect_that("momentum gets more than fifty times as low", straight["momentum"][0] < straight["sgd"][0] / 50)
expect_that("Adagrad, a rate for each weight, wins when the ravine lies along a weight", straight["adagrad"][0] < 1e-12)
expect_that("turn the ravine, and that is gone", turned["adagrad"][0] > 1e6 * straight["adagrad"][0])
same = abs(turned["momentum"][0] - straight["momentum"][0]) < 1e-6
expect_that("momentum does not care which way the ravine lies", same)

section("Muon: a step that is long in every direction")

# A gradient that is a matrix has strong and weak directions: its singular values. Plain descent moves most where the
# gradient is strong already. Adam makes all weights' steps equally long, whatever that does to the directions. Muon
# makes the directions about equally long, so that rare things are learned too.
STRENGTHS = torch.tensor([10.0, 3.0, 1.0, 0.3, 0.1, 0.03])


def first_step(name: str) -> Tensor:
    """Return the singular values of the first step of a hidden 6x6 matrix, relative to the largest."""
    torch.manual_seed(0)
    network = nn.Sequential(*(nn.Linear(6, 6, bias=False) for _ in range(3)))
    before = network[1].weight.detach().clone()
    left, right = (torch.linalg.qr(torch.randn(6, 6)).Q for _ in range(2))
    for layer in network:
        layer.weight.grad = left @ torch.diag(STRENGTHS) @ right
    for optimizer in OPTIMIZERS[name].build(network, learning_rate=0.01, weight_decay=0.0):
        optimizer.step()
    values = torch.linalg.svdvals(network[1].weight.detach() - before)
    return values / values[0]


directions = {name: first_step(name) for name in ("sgd", "adamw", "muon")}
for name, values in directions.items():
    print(f"    {name:<8}{'  '.join(f'{value:.3f}' for value in values)}")
expect("sgd's step: the gradient's own directions", directions["sgd"], STRENGTHS / 10, decimals=3)
expect_that("muon's weakest direction is at least 0.4 of its strongest", directions["muon"][-1] > 0.4)
expect_that("adamw's is not", directions["adamw"][-1] < 0.2)

section("Schedules: how long a step may be, and when")

COLUMNS, LEVELS = 48, 6


def plot(schedule: Schedule) -> None:
    """Show the factor on the learning rate, from the first step (left) to the last (right)."""
    factors = [schedule(column / COLUMNS) for column in range(COLUMNS)]
    for level in range(LEVELS, -1, -1):
        label = {LEVELS: "1", 0: "0"}.get(level, "")
        print(f"{label:>8} |{''.join('*' if round(factor * LEVELS) == level else ' ' for factor in factors)}".rstrip())


for name, entry in SCHEDULES.items():
    print(f"\n    {name}: {entry.line}")
    plot(entry.factor)
print("\n    cosine after a warm-up over the first fifth")
warm = warmed_up(SCHEDULES["cosine"].factor, 0.2)
plot(warm)

# The same in numbers, at the beginning, after one, two and three quarters, and at the end.
print()
quarters = (0, 0.25, 0.5, 0.75, 1)
factors = {
    "constant": [1, 1, 1, 1, 1],
    "step": [1, 1, 0.1, 0.01, 0.01],
    "exponential": [1, 0.316, 0.1, 0.032, 0.01],
    "linear": [1, 0.75, 0.5, 0.25, 0],
    "cosine": [1, 0.854, 0.5, 0.146, 0],
    "one-cycle": [0.04, 0.936, 0.812, 0.283, 0],
}
for name, numbers in factors.items():
    expect(name, [SCHEDULES[name].factor(progress) for progress in quarters], numbers, decimals=3)
expect(
    "cosine after a warm-up over a fifth",
    [warm(progress) for progress in quarters],
    [0.01, 0.99, 0.691, 0.222, 0],
    decimals=3,
)
