"""4. A linear classifier's scores, and what they cost.

A linear classifier gives each class a score: a weighted sum of the pixels and a bias. A loss says how unhappy we are
with the scores, and everything that is ever learned is learned to make it smaller.

Run it:

    python docs/guides/04_scores_and_losses.py

Reference:
    Karpathy, "CS231n: linear classification" (2015), whose numbers these are.
    https://cs231n.github.io/linear-classify/
"""

import torch
from chapter import expect, expect_that, section
from torch import nn

from sightline.models.building import build_layers
from sightline.training.losses import LOSSES, Criterion, Penalties, balanced_weights

print(__doc__.splitlines()[0])

section("Scores: W x + b")

# A picture of four grey pixels, and three classes: cat, dog, ship.
pixels = torch.tensor([[56.0, 231.0], [24.0, 2.0]])
network = build_layers("linear", (2, 2, 1), 3)
network.dense.weight.data = torch.tensor([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]])
network.dense.bias.data = torch.tensor([1.1, 3.2, -1.2])
cat, dog, ship = scores = network(pixels[None, None])[0]
expect("cat:  0.2*56 - 0.5*231 + 0.1*24 + 2.0*2 + 1.1", cat, -96.8, decimals=2)
expect("dog:  1.5*56 + 1.3*231 + 2.1*24 + 0.0*2 + 3.2", dog, 437.9, decimals=2)
expect("ship: 0.0*56 + 0.25*231 + 0.2*24 - 0.3*2 - 1.2", ship, 60.75, decimals=2)

# The course's famous slide prints 61.95 for the ship. That is the sum before the bias of -1.2 is added: even famous
# slides are worth working out.
expect("the ship without its bias", ship - network.dense.bias[2], 61.95, decimals=2)
expect_that("it is a cat, and the classifier is sure that it is a dog", scores.argmax() == 1)

section("The bias is a weight of a pixel that is always 1")

longer = torch.cat((network.dense.weight, network.dense.bias[:, None]), dim=1)
expect(
    "W with b as its last column",
    longer,
    [[0.2, -0.5, 0.1, 2, 1.1], [1.5, 1.3, 2.1, 0, 3.2], [0, 0.25, 0.2, -0.3, -1.2]],
)
expect("times (56, 231, 24, 2, 1)", longer @ torch.tensor([56.0, 231, 24, 2, 1]), [-96.8, 437.9, 60.75], decimals=2)

section("The hinge: lead by 1, then all is well")

# For every wrong class: how far is it from being a whole point behind the right one? A row for each of three pictures.
table = torch.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
truths = torch.eye(3)  # the first is a cat, the second a dog (or a car, in the course), the third a ship (a frog)
hinge = LOSSES["hinge"].function(table, truths)
expect("cat:  max(0, 5.1-3.2+1) + max(0, -1.7-3.2+1)", hinge[0], 2.9)
expect("dog:  max(0, 1.3-4.9+1) + max(0, 2.0-4.9+1)", hinge[1], 0)
expect("ship: max(0, 2.2+3.1+1) + max(0, 2.5+3.1+1)", hinge[2], 12.9)
expect("their mean: the loss of the batch", hinge.mean(), 5.27, decimals=2)

# With all lead of a point, twice the weights cost the same: the hinge does not care. (See the penalties below.)
expect("the dog again, with twice the weights", LOSSES["hinge"].function(2 * table, truths)[1], 0)

section("Softmax and cross-entropy: there is always something to gain")

# exp makes scores positive, division makes them sum to 1, and -log of the true class's share is the loss.
expect("exp of the cat's row", table[0].exp(), [24.5, 164.0, 0.2], decimals=1)
expect("shares", table[0].softmax(dim=0), [0.13, 0.87, 0.0], decimals=2)
entropy = LOSSES["cross-entropy"].function(table, truths)
expect("-ln 0.13", entropy[0], 2.04, decimals=2)
expect("the dog is right, and still costs a little", entropy[1], 0.08, decimals=2)

# What the gradient does is easily said: it pushes each score by what its share is too high or too low.
pushed = table.clone().requires_grad_()
LOSSES["cross-entropy"].function(pushed, truths).sum().backward()
expect("gradient of the cat's scores: shares less truth", pushed.grad[0], [-0.87, 0.87, 0.0], decimals=2)

# The third of our losses takes the squared distance of the shares to the truth.
squared = LOSSES["squared-error"].function(table, truths)
expect("squared error of the cat: 0.87^2 + 0.87^2 + 0.00^2", squared[0], 1.51, decimals=2)

section("The same scores, two opinions")

duel = torch.tensor([[-2.85, 0.86, 0.28]])
blue = torch.tensor([[0.0, 0.0, 1.0]])
expect("hinge: max(0, -2.85-0.28+1) + max(0, 0.86-0.28+1)", LOSSES["hinge"].function(duel, blue), [1.58])
expect("cross-entropy: -ln 0.353", LOSSES["cross-entropy"].function(duel, blue), [1.04], decimals=2)

section("What the first loss must be")

# Before the first step all scores are about equal. If the first loss of a training is far from these, something is
# wrong before anything was learned.
nothing, any_class = torch.zeros(1, 10), torch.eye(10)[:1]
expect("cross-entropy of 10 classes: ln 10", LOSSES["cross-entropy"].function(nothing, any_class), [2.3026])
expect("hinge of 10 classes: 9 margins of 1", LOSSES["hinge"].function(nothing, any_class), [9])

section("Penalties: of two that score the same, the calmer one")

ones = torch.ones(4)
peaked, spread = nn.Linear(4, 1, bias=False), nn.Linear(4, 1, bias=False)
peaked.weight.data = torch.tensor([[1.0, 0, 0, 0]])
spread.weight.data = torch.full((1, 4), 0.25)
expect("score with the weights (1, 0, 0, 0)", peaked(ones), [1])
expect("score with the weights (1/4, 1/4, 1/4, 1/4)", spread(ones), [1])
penalties = Penalties(l1=1.0, l2=1.0)
expect("L1 and L2 of the first", torch.stack(penalties.of(peaked)), [1, 1])
expect("L1 and L2 of the second", torch.stack(penalties.of(spread)), [1, 0.25])
# L2 prefers to ask every pixel a little. L1 can't tell the two apart: to it, a weight costs the same wherever it is,
# and so it is content to let most of them be zero.

section("Smoothed and weighted")

# Label smoothing asks for 90 % and a share of the rest instead of 100 %, so that scores need not grow for ever.
sure = torch.tensor([[20.0, 0.0, 0.0]])
truth = torch.eye(3)[:1]
expect("sure and right", Criterion()(sure, truth), [0.0])
expect("the same with smoothing 0.1", Criterion(label_smoothing=0.1)(sure, truth), [1.3333])

# With 30 pictures of one class and 10 of the other, each picture of the rare one weighs three times as much.
expect("balanced weights of 30 and 10 pictures", balanced_weights([30, 10]), [0.6667, 2.0])
