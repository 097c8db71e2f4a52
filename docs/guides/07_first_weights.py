"""7. First weights: why zeros do not train, and how large random ones should be.

Before the first step somebody has to choose the weights. All zeros looks modest and is fatal. Random numbers that are
too small let the signal die on its way through the layers; too large ones press every neuron against its end stop.
Xavier and He found the size in between.

Run it:

    python docs/guides/07_first_weights.py

Reference:
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
    https://proceedings.mlr.press/v9/glorot10a.html
    He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015). https://arxiv.org/abs/1502.01852
"""

from math import log

import torch
from chapter import expect, expect_that, quote, section
from learning import accuracy, digits, learn, mlp, outputs
from torch import nn

from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import INITIALISATIONS
from sightline.models.changes.variation import Variation, symmetric_start
from sightline.training.watchers.histograms import UnitWatch

print(__doc__.splitlines()[0])
pixels, labels = digits()

section("Zeros")

# With all weights at zero every hidden neuron gives relu(0) = 0, so no weight of the last layer gets a gradient; and
# since those are zero, nothing passes back to the hidden layers either. Only the last biases move.
network = mlp(32, initialisation="zeros")
loss = learn(network, pixels, labels, steps=60)
expect("the largest hidden weight after 60 steps", network.dense1.weight.abs().max(), 0)
expect("the largest last weight after 60 steps", network.dense2.weight.abs().max(), 0)
expect("the loss: still ln 10", loss, log(10), decimals=2)
expect_that("it answers every picture alike", len(network(pixels).argmax(dim=1).unique()) == 1)
quote(symmetric_start(Variation(initialisation="zeros"), model="mlp").symptom)

section("Equal is as bad as zero")

# A sigmoid of zero is one half, so here gradients do flow. But every neuron of a layer gets the same one: 32 neurons
# learn, in step, to be a single neuron. The rank of their weights counts how many different ones there are.
equal = mlp(32, activation="sigmoid", initialisation="zeros")
learn(equal, pixels, labels, steps=60)
different = mlp(32, activation="sigmoid", initialisation="xavier")
learn(different, pixels, labels, steps=60)
expect("different neurons of 32 that began as equals", torch.linalg.matrix_rank(equal.dense1.weight, rtol=1e-3), 1)
expect("different neurons of 32 that began at random", torch.linalg.matrix_rank(different.dense1.weight, rtol=1e-3), 32)
expect_that("one neuron for ten digits: below 50 %", accuracy(equal, pixels, labels) < 0.5)

section("All rules of the table, two hidden layers of 32 with ReLU, 60 steps of Adam")

reached = {}
for name, entry in INITIALISATIONS.items():
    network = mlp(32, 32, initialisation=name)
    loss = learn(network, pixels, labels, steps=60)
    reached[name] = accuracy(network, pixels, labels)
    print(f"    {name:<12}loss {loss:.2f}   {reached[name]:>6.1%}   {entry.line}")
expect_that("zeros stay at chance", reached["zeros"] < 0.12)
expect_that("everything random trains in so shallow a network", min(reached[n] for n in reached if n != "zeros") > 0.9)
expect_that("He is ahead of small numbers", reached["he"] > reached["small"])

section("Ten layers of 256: what is left of the signal")

noise = torch.randn(256, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def deviations(activation: str, initialisation: str) -> list[float]:
    """Show and return the deviation of the activations in each of ten layers, for noise of deviation 1."""
    network = mlp(*[256] * 10, activation=activation, initialisation=initialisation)
    layers = outputs(network, noise, type(ACTIVATIONS[activation].build()))
    found = [layer.std().item() for layer in layers]
    print(f"    {activation:<6}{initialisation:<8}{'  '.join(f'{value:<7.1g}' for value in found)}".rstrip())
    return found


# A sum of n products has n times their variance. With weights of deviation 0.01 and 256 inputs that is a factor of
# 0.01 * sqrt(256) = 0.16 on the deviation, layer after layer: 0.16^9 is 0.00000007. Xavier's variance of 1/n makes
# the factor 1; what tanh takes off is seen in the row below.
small, xavier = deviations("tanh", "small"), deviations("tanh", "xavier")
expect("small: each layer keeps this share", (small[-1] / small[0]) ** (1 / 9), 0.16, decimals=2)
expect_that("after ten layers nothing is left", small[-1] < 1e-7)
expect_that("Xavier keeps a fifth and more through all ten", min(xavier) > 0.2)

# ReLU throws away half of the signal's power, and Xavier does not know that: sqrt(1/2) = 0.71 a layer. He's variance
# of 2/n gives it back.
xavier, he = deviations("relu", "xavier"), deviations("relu", "he")
expect("Xavier with ReLU: each layer keeps this share", (xavier[-1] / xavier[0]) ** (1 / 9), 0.7, decimals=1)
expect("He with ReLU: each layer keeps this share", (he[-1] / he[0]) ** (1 / 9), 1.0, decimals=1)

# And too large? With weights of deviation 1, sums have a deviation of 16, and tanh is flat there: no gradient passes.
loud = mlp(*[256] * 10, activation="tanh")
for layer in loud.modules():
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight)
watch = UnitWatch(nn.Tanh())
watch.look(outputs(loud, noise, nn.Tanh)[-1])
expect("share of tanhs within 0.05 of an end, deviation 1", watch.saturated, 0.9, decimals=1)

section("Dead ReLUs")


def dead(network: nn.Module) -> list[float]:
    """Return the share of units in each ReLU layer that are zero on 32 pictures."""
    shares = []
    for layer in outputs(network, pixels[:32], nn.ReLU):
        watch = UnitWatch(nn.ReLU())
        watch.look(layer)
        shares.append(watch.dead)
    return shares


# A ReLU that is below zero for every picture gives zero and lets no gradient through: it will not come back by
# itself. A small positive first bias lifts everyone over the edge at the start, if the weights are small too; beside
# He's larger weights, 0.01 is not felt.
without = dead(mlp(256, 256, 256, initialisation="small"))
biased = dead(mlp(256, 256, 256, initialisation="small", initial_bias=0.01))
he, he_biased = (dead(mlp(256, 256, 256, initialisation="he", **more)) for more in ({}, {"initial_bias": 0.01}))
for words, shares in {"small": without, "small, bias 0.01": biased, "he": he, "he, bias 0.01": he_biased}.items():
    print(f"    {words:<20}dead before the first step: {', '.join(f'{share:.1%}' for share in shares)}")
expect_that("small weights: a tenth and more is dead in every layer", min(without) > 0.1)
expect_that("with a bias of 0.01 less than half as many in the first", biased[0] < without[0] / 2)
expect_that("and none behind it", max(biased[1:]) == 0)
expect_that("beside He's weights that bias changes next to nothing", max(he_biased) > 0.9 * max(he))

# More ReLUs die on the way than at the start: steps that are far too long push whole layers below zero. The leaky
# ReLU lets a hundredth through, and so finds its way back.
killed, leaky = mlp(64, initialisation="he"), mlp(64, initialisation="he", activation="leaky-relu")
for network in (killed, leaky):
    learn(network, pixels, labels, steps=60, learning_rate=0.3)
(share,) = dead(killed)
print(f"    after 60 steps at a rate of 0.3, {share:.0%} of the ReLUs are dead")
print(f"    relu {accuracy(killed, pixels, labels):.1%}, leaky-relu {accuracy(leaky, pixels, labels):.1%}")
expect_that("most ReLUs are dead", share > 0.8)
expect_that("leaky ReLUs learn all the same", accuracy(leaky, pixels, labels) > accuracy(killed, pixels, labels) + 0.1)
