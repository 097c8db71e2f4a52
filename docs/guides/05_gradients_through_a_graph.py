"""5. Forward and backward through a small graph.

A network is a graph of small steps. Forward, each step works out a number. Backward, each step receives how much the
end depends on its output (the upstream gradient), knows how much its output depends on its inputs (the local
gradient), and passes the product on. Nothing else happens in backpropagation. Here it is done by hand, and compared
with torch's autograd.

Run it:

    python docs/guides/05_gradients_through_a_graph.py

Reference:
    Karpathy, "CS231n: backpropagation, intuitions" (2015), whose graphs these are.
    https://cs231n.github.io/optimization-2/
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", Nature 323 (1986).
    https://doi.org/10.1038/323533a0
"""

import torch
from chapter import expect, expect_that, section
from torch.autograd import grad
from torch.autograd.functional import jacobian

from sightline.models.building import build_layers
from sightline.models.changes.activations import ACTIVATIONS
from sightline.training.losses import LOSSES

print(__doc__.splitlines()[0])


def number(value: float) -> torch.Tensor:
    """Return a number whose gradient will be asked for."""
    return torch.tensor(float(value), requires_grad=True)


section("f = (x + y) z at x = -2, y = 5, z = -4")

x, y, z = number(-2), number(5), number(-4)
q = x + y
f = q * z
expect("forward: q = x + y", q, 3)
expect("forward: f = q z", f, -12)

# Backward we start at the end, where df/df = 1, and take the graph step by step.
df_df = 1.0
df_dq = z.item() * df_df  # the gate q z: local gradient z
df_dz = q.item() * df_df  # the same gate: local gradient q
df_dx = 1.0 * df_dq  # the gate x + y: local gradient 1
df_dy = 1.0 * df_dq
expect("df/dz = local q = 3, times upstream 1", df_dz, 3)
expect("df/dq = local z = -4, times upstream 1", df_dq, -4)
expect("df/dx = local 1, times upstream -4", df_dx, -4)
expect("df/dy = local 1, times upstream -4", df_dy, -4)
expect("autograd: df/dx, df/dy, df/dz", torch.stack(grad(f, (x, y, z))), [df_dx, df_dy, df_dz])

section("Gates: who gets what")

x, y, z, w = number(3), number(-4), number(2), number(-1)
product, larger = x * y, torch.maximum(z, w)
total = product + larger
f = 2 * total
expect("forward: 2 (x y + max(z, w)) at 3, -4, 2, -1", f, -20)
upstream, *parts = grad(f, (total, product, larger, x, y, z, w))
to_product, to_larger, to_x, to_y, to_z, to_w = parts
expect("into the add gate comes", upstream, 2)
expect("the add gate distributes: both get it whole", torch.stack((to_product, to_larger)), [2, 2])
expect("the max gate routes: all to the larger", torch.stack((to_z, to_w)), [2, 0])
expect("the multiply gate switches: -4 to x, 3 to y, times 2", torch.stack((to_x, to_y)), [-8, 6])

# Where a number goes two ways, what comes back both ways is added up.
x, y, z = number(3), number(-4), number(2)
first, second = x.clone(), x.clone()
f = first * y + second * z
expect("the copies of x in x y + x z get", torch.stack(grad(f, (first, second), retain_graph=True)), [-4, 2])
expect("the copy gate adds: x gets", grad(f, x)[0], -2)

section("A sigmoid neuron")

# 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))), taken apart into steps that a child could do.
w0, x0, w1, x1, w2 = number(2), number(-1), number(-3), number(-2), number(-3)
dot = w0 * x0 + w1 * x1 + w2
negative = -dot
power = negative.exp()
below = power + 1
answer = 1 / below
steps = (dot, negative, power, below, answer)
expect("forward: sum, -sum, exp, + 1, 1 / ...", torch.stack(steps), [1.0, -1.0, 0.37, 1.37, 0.73], decimals=2)

at_answer = 1.0
at_below = -1 / below.item() ** 2 * at_answer  # (1/x)' = -1/x^2
at_power = 1.0 * at_below  # (x + 1)' = 1
at_negative = power.item() * at_power  # (exp x)' = exp x
at_dot = -1.0 * at_negative  # (-x)' = -1
by_hand = [at_dot, at_negative, at_power, at_below, at_answer]
expect("backward, by hand", by_hand, [0.20, -0.20, -0.53, -0.53, 1.00], decimals=2)
expect("backward, autograd", torch.stack(grad(answer, steps, retain_graph=True)), by_hand)

# The four steps together are one gate with a simple local gradient: answer (1 - answer).
sigmoid = ACTIVATIONS["sigmoid"].build()
expect("our sigmoid", sigmoid(dot), 0.73, decimals=2)
expect("its gradient, 0.73 * (1 - 0.73)", grad(sigmoid(dot), dot, retain_graph=True)[0], at_dot)

# At the weights the multiply gates switch. (With 0.20 instead of 0.1966 in the head: -0.2, 0.4, -0.4, -0.6, 0.2.)
ends = torch.stack(grad(answer, (w0, x0, w1, x1, w2)))
expect("w0, x0, w1, x1, w2 get", ends, [-0.20, 0.39, -0.39, -0.59, 0.20], decimals=2)

section("Vectors: the local gradient is a Jacobian")

# y = W x. Its Jacobian dy_i/dx_j is W itself; what goes upstream is a row of numbers times the Jacobian.
weights = torch.tensor([[0.1, 0.5], [-0.3, 0.8]], requires_grad=True)
inputs = torch.tensor([0.2, 0.4], requires_grad=True)
outputs = weights @ inputs
length = outputs.square().sum()
expect("forward: W x", outputs, [0.22, 0.26])
expect("forward: the squared length", length, 0.116)
expect("the Jacobian of W x", jacobian(lambda vector: weights @ vector, inputs), weights)
upstream = 2 * outputs.detach()  # of the squared length
expect("upstream: 2 q", upstream, [0.44, 0.52])
expect("to x: upstream times the Jacobian", upstream @ weights, [-0.112, 0.636])
expect("to W: upstream times x, each with each", torch.outer(upstream, inputs), [[0.088, 0.176], [0.104, 0.208]])
to_weights, to_inputs = grad(length, (weights, inputs))
expect("autograd: to x", to_inputs, [-0.112, 0.636])
expect("autograd: to W", to_weights, [[0.088, 0.176], [0.104, 0.208]])

section("ReLU: a Jacobian that nobody writes out")

relu = ACTIVATIONS["relu"].build()
inputs = torch.tensor([1.0, -2.0, 3.0, -1.0], requires_grad=True)
upstream = torch.tensor([4.0, -1.0, 5.0, 9.0])
written_out = jacobian(relu, inputs)
expect("relu of (1, -2, 3, -1)", relu(inputs), [1, 0, 3, 0])
expect("its Jacobian", written_out, [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
expect("upstream (4, -1, 5, 9) times it", upstream @ written_out, [4, 0, 5, 0])
expect("autograd: the vector-Jacobian product", grad(relu(inputs), inputs, upstream)[0], [4, 0, 5, 0])
# For 4,096 numbers the Jacobian would have nearly 17 million entries, all zero but those on its diagonal. So every
# gate is written as what it does to the upstream gradient: here, "let it through where the input was positive".
expect("entries of the Jacobian of 4,096 numbers", 4096**2, 16_777_216)

section("Do we believe it? Ask by small steps")

# A gradient can be checked without knowing anything: move one weight a little to both sides, and see what the loss
# does. Too slow to learn with (two passes for each weight), and the best friend of everyone who writes a layer.
torch.manual_seed(0)
network = build_layers("mlp", (2, 2, 1), 3, {"hidden": [5], "activation": "tanh"}).double()
pictures = torch.randn(4, 1, 2, 2, dtype=torch.float64)
truths = torch.eye(3, dtype=torch.float64)[[0, 1, 2, 0]]


def loss() -> torch.Tensor:
    """Return the mean cross-entropy of the four pictures."""
    return LOSSES["cross-entropy"].function(network(pictures), truths).mean()


@torch.no_grad()
def by_small_steps(weight: torch.Tensor, *, step: float) -> torch.Tensor:
    """Return (f(w + h) - f(w - h)) / 2h for every number of a weight."""
    slopes = torch.zeros_like(weight)
    for place in range(weight.numel()):
        kept = weight.view(-1)[place].item()
        weight.view(-1)[place] = kept + step
        above = loss()
        weight.view(-1)[place] = kept - step
        slopes.view(-1)[place] = (above - loss()) / (2 * step)
        weight.view(-1)[place] = kept
    return slopes


def greatest_error(step: float) -> float:
    """Return how far small steps and autograd are apart, relative to the largest slope."""
    exact = grad(loss(), list(network.parameters()))
    pairs = [
        (by_small_steps(weight, step=step), slope) for weight, slope in zip(network.parameters(), exact, strict=True)
    ]
    return max(((rough - slope).abs().max() / slope.abs().max()).item() for rough, slope in pairs)


# The smaller the step, the better, until the difference drowns in rounding: a U with its bottom near 0.00001.
errors = {step: greatest_error(step) for step in (1e-1, 1e-3, 1e-5, 1e-8, 1e-11)}
for step, error in errors.items():
    print(f"    step {step:<8g} relative error {error:.0e}")
expect_that("with a step of 0.00001 both agree to eight digits", errors[1e-5] < 1e-8)
expect_that("larger steps are worse", errors[1e-1] > errors[1e-3] > errors[1e-5])
expect_that("and so are smaller ones", errors[1e-5] < errors[1e-8] < errors[1e-11])
