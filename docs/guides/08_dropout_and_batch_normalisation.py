"""8. What dropout and batch normalisation change.

Both do one thing while a network learns and another once it has learned. Dropout silences neurons at random, so that
none can lean on another. Batch normalisation gives every neuron's sum a mean of 0 and a deviation of 1 over the
batch, so that deep networks begin to learn at all.

Run it:

    python docs/guides/08_dropout_and_batch_normalisation.py

Reference:
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural networks
    from overfitting" (2014). https://jmlr.org/papers/v15/srivastava14a.html
    Ioffe and Szegedy, "Batch normalization" (2015). https://arxiv.org/abs/1502.03167
"""

from itertools import product

import torch
from chapter import expect, expect_that, section
from learning import accuracy, digits, learn, mlp, outputs
from torch import nn

print(__doc__.splitlines()[0])
pixels, labels = digits()

section("Dropout: four neurons, sixteen networks")

# Each neuron is kept with probability 1 - p, and a kept one counts 1 / (1 - p) times. With p = 1/2 and four neurons
# there are sixteen equally likely ways. Their mean is what was there before.
neurons = torch.tensor([1.0, 2.0, 3.0, 4.0])
ways = torch.stack([torch.tensor(mask) * neurons / (1 - 0.5) for mask in product((0.0, 1.0), repeat=4)])
expect("ways to keep or silence four", len(ways), 16)
expect("one of them: keep the first and the last", ways[0b1001], [2, 0, 0, 8])
expect("the mean of all sixteen", ways.mean(dim=0), [1, 2, 3, 4])

section("Dropout in a network of ours")

# mlp has no dropout of its own; the setting puts it in front of the last dense layer.
network = mlp(256, dropout=0.2)
(dropout,) = (layer for layer in network.modules() if isinstance(layer, nn.Dropout))
expect("its probability", dropout.p, 0.2)
torch.manual_seed(0)
ones = torch.ones(200, 1000)
thinned = dropout.train()(ones)
expect("what becomes of a 1 in training: 0 or 1 / 0.8", thinned.unique(), [0, 1.25])
expect("share that was silenced", (thinned == 0).float().mean(), 0.2, decimals=2)
expect("mean: nothing is missing on average", thinned.mean(), 1.0, decimals=2)
expect_that("a new mask is drawn each time", not torch.equal(dropout(ones), dropout(ones)))
expect_that("in eval mode nothing is changed", torch.equal(dropout.eval()(ones), ones))

section("Dropout: little data, and a fifth of the labels lie")

# 150 pictures, 30 of them with a wrong label. A network of 256 hidden neurons learns the lies by heart. With dropout
# it gives them a little less room. (With true labels the gain is below a point: 8x8 digits are too easy.)
few, unseen = slice(None, 150), slice(500, None)
lies = torch.arange(150) % 5 == 0
noisy = labels[few].clone()
noisy[lies] = (noisy[lies] + 3) % 10
gaps, reached = {}, {}
for rate in (0.0, 0.5, 0.7):
    network = mlp(256, dropout=rate)
    learn(network, pixels[few], noisy, steps=150)
    learnt = accuracy(network, pixels[few], noisy)
    reached[rate] = accuracy(network, pixels[unseen], labels[unseen])
    gaps[rate] = learnt - reached[rate]
    print(f"    dropout {rate:.1f}: learnt {learnt:.1%}, unseen {reached[rate]:.1%}, gap {gaps[rate]:.1%}")
expect_that("without dropout the gap is above 30 points", gaps[0.0] > 0.3)
expect_that("dropout narrows it, and more dropout narrows it more", gaps[0.0] > gaps[0.5] > gaps[0.7])
expect_that("unseen pictures gain five points and more", reached[0.7] > reached[0.0] + 0.05)

section("Batch normalisation of four numbers")

# Mean 2.5, variance ((-1.5)^2 + (-0.5)^2 + 0.5^2 + 1.5^2) / 4 = 1.25.
norm = nn.BatchNorm1d(1)
batch = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
expect("1, 2, 3, 4 in training", norm(batch)[:, 0], [-1.3416, -0.4472, 0.4472, 1.3416])
expect("their mean and deviation", [norm(batch).mean().item(), norm(batch).std(correction=0).item()], [0, 1])

# What it learns is a scale and a shift: the network may take the normalisation back where that is better.
norm.weight.data.fill_(2)
norm.bias.data.fill_(10)
expect("with scale 2 and shift 10", norm(batch)[:, 0], [7.3167, 9.1056, 10.8944, 12.6833])

section("In eval mode: running mean and variance")

# One picture has no spread. So while training, a tenth of each batch's mean and variance (over n - 1: 1.6667) goes
# into running ones, which begin at 0 and 1. In eval mode these are used, and a picture no longer depends on its
# neighbours.
norm = nn.BatchNorm1d(1)
norm(batch)
expect("running mean: 0.9 * 0 + 0.1 * 2.5", norm.running_mean, [0.25])
expect("running variance: 0.9 * 1 + 0.1 * 1.6667", norm.running_var, [1.0667])
expect("a 1 in eval mode: (1 - 0.25) / sqrt(1.0667)", norm.eval()(batch)[0], [0.7262])
for _ in range(100):
    norm.train()(batch)
expect("after a hundred batches the running mean is there", norm.running_mean, [2.5], decimals=2)

section("In a network of ours")

network = mlp(64, 64, normalisation="batch").train()
sums = outputs(network, pixels[:200], nn.BatchNorm1d)
expect(
    "largest mean of a neuron's sums over 200 pictures", max(s.mean(0).abs().max().item() for s in sums), 0, decimals=3
)
alive = torch.cat([layer.std(0, correction=0) for layer in sums])
expect("deviation of a typical neuron's sums", alive.median(), 1.0, decimals=2)
learn(network, pixels[:200], labels[:200], steps=20)
network.eval()
together, alone = network(pixels[:8]), torch.cat([network(picture[None]) for picture in pixels[:8]])
expect_that("in eval mode: the same scores alone and together", torch.allclose(together, alone, atol=1e-4))
network.train()
halves = torch.cat((network(pixels[:4]), network(pixels[4:8])))
expect_that("in training: the neighbours matter", not torch.allclose(network(pixels[:8]), halves, atol=1e-2))

section("A deep plain network, with and without")

# Twelve layers of 32 from small numbers: chapter 7 says what becomes of the signal. Batch normalisation blows it up to
# a deviation of 1 again in every layer, and the same network learns.
train, test = slice(None, 1000), slice(1000, None)
scores = {}
for words, variation in {"plain": {}, "batch": {"normalisation": "batch"}}.items():
    network = mlp(*[32] * 12, initialisation="small", **variation)
    loss = learn(network, pixels[train], labels[train], steps=60)
    scores[words] = accuracy(network, pixels[test], labels[test])
    print(f"    {words:<6} after 60 steps: loss {loss:.2f}, unseen {scores[words]:.1%}")
expect_that("without it, chance", scores["plain"] < 0.15)
expect_that("with it, more than seven of ten", scores["batch"] > 0.7)
