"""2. Sizes: (N + 2P - F)/S + 1, and what happens when that is no whole number.

How many places does a window of F pixels have in a row of N pixels, if P zeros are put on at either end and it moves
on by S? It takes one place, and then as many more as there are steps of S in what is left: (N + 2P - F)/S + 1. Nearly
every error of a beginner's network is this number, so sightline works it out before anything is trained.

Run it:

    python docs/guides/02_sizes.py

Reference:
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016). https://arxiv.org/abs/1603.07285
"""

from collections import OrderedDict

import torch
from chapter import expect, expect_that, quote, section
from torch import nn

from sightline.core.errors import SettingsError
from sightline.models.building import build_layers, parameter_count
from sightline.models.measures.arithmetic import check_sizes, output_size, strictly
from sightline.models.measures.receptive import receptive_fields
from sightline.models.summary import summarise

print(__doc__.splitlines()[0])

section("A 7x7 picture and a 3x3 filter")

expect("stride 1: (7 - 3)/1 + 1", output_size(7, kernel=3, stride=1), 5)
expect("stride 2: (7 - 3)/2 + 1", output_size(7, kernel=3, stride=2), 3)

# At stride 3 the formula says 2.33. There is no third of a place: a strict layer refuses.
try:
    output_size(7, kernel=3, stride=3, strict=True)
except SettingsError as refused:
    expect_that("stride 3 is refused, with the arithmetic:", "(7 + 2*0 - 3)/3 + 1 = 2.33" in refused.problem)
    quote(refused)
else:
    expect_that("stride 3 is refused", holds=False)

section("Padding that keeps the size")

# At stride 1 the size stays if 2P = F - 1, so half of an odd filter hangs over the border.
for kernel, padding in ((3, 1), (5, 2), (7, 3)):
    expect(f"32 pixels, {kernel}x{kernel}, padding {padding}", output_size(32, kernel=kernel, padding=padding), 32)
layer = nn.Conv2d(3, 8, kernel_size=5, padding=2)
expect("what a layer says: maps, height, width", layer(torch.zeros(1, 3, 32, 32)).shape[1:], [8, 32, 32])

# Without padding each layer eats the border. 32 pixels last for seven 5x5 layers; then no window fits any more.
sizes = [32]
while sizes[-1] >= 5:
    sizes.append(output_size(sizes[-1], kernel=5))
expect("5x5 without padding, again and again", sizes, [32, 28, 24, 20, 16, 12, 8, 4])
try:
    output_size(sizes[-1], kernel=5)
except SettingsError as refused:
    quote(refused)

section("AlexNet's first layer")

# 96 filters of 11x11 at stride 4. The paper says 224 pixels, and the formula says what many readers found out:
# without padding that would be 54.25 places. With 227 it comes out even.
expect("227 pixels: (227 - 11)/4 + 1", output_size(227, kernel=11, stride=4), 55)
try:
    output_size(224, kernel=11, stride=4, strict=True)
except SettingsError as refused:
    expect_that("224 pixels are refused without padding:", "= 54.25 is no whole number" in refused.problem)
    quote(refused.problem)

# Ours is the version of 2014: 224 pixels with a padding of 2. That is 55.25, rounded down to the same 55; what the
# floor leaves out is a row and a column of zeros, so nothing of the photo is lost.
windows = [row for row in summarise("alexnet", (224, 224, 3), 1000) if row.kind.startswith(("Conv", "MaxPool"))]
for row in windows:
    print(f"    {row.name:<13}{row.kind:<24}{row.shape[1]:>4} x {row.shape[2]:<4}{row.lost or ''}".rstrip())
expect("the sides in our alexnet", [row.shape[1] for row in windows], [55, 27, 27, 13, 13, 13, 13, 6])

section("What the floor loses")

# Where nobody is strict the number is rounded down, as torch does it: the last pixels are never looked at. That is
# rarely a disaster and never a secret: `sightline summary` shows it for each layer.
loose = nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 1, kernel_size=3, stride=3)))
expect("7 pixels, 3x3, stride 3, rounded down", output_size(7, kernel=3, stride=3), 2)
(note,) = check_sizes(loose, (7, 7, 1))
quote(f"{note.layer}: {note}")
expect_that("a row and a column that no window touches", str(note) == "loses 1 row and 1 column")

# One layer can be marked as strict; then it refuses wherever it stands.
marked = nn.Sequential(OrderedDict(conv=strictly(nn.Conv2d(1, 1, kernel_size=3, stride=3))))
try:
    check_sizes(marked, (7, 7, 1))
except SettingsError as refused:
    expect_that("a layer that was marked says its name", refused.problem.startswith("conv: "))
    quote(refused.problem)

section("A whole network")

# basic-cnn is made for 32 pixels: nothing is lost. A single pixel more, and a pool has no window for it.
sides = [row.shape[1] for row in summarise("basic-cnn", (32, 32, 3), 10) if row.kind.startswith(("Conv", "MaxPool"))]
expect("its sides at 32 pixels", sides, [30, 28, 14, 12, 6, 4, 2, 1])
expect("layers that lose something at 32", len(check_sizes(build_layers("basic-cnn", (32, 32, 3), 10), (32, 32, 3))), 0)
(note,) = check_sizes(build_layers("basic-cnn", (33, 33, 3), 10), (33, 33, 3))
quote(f"{note.layer}: {note}")
expect_that("at 33 pixels it is the first pool", note.layer == "pool1")

section("Three small windows see as much as a large one")

# Sizes shrink, sight grows: a number after two 3x3 layers depends on 5x5 pixels, after three on 7x7, for little more
# than half of the weights and with two more activations between. That is the idea of VGG.
maps = 16
three = nn.Sequential(OrderedDict((f"conv{n}", nn.Conv2d(maps, maps, 3, padding=1, bias=False)) for n in (1, 2, 3)))
one = nn.Sequential(OrderedDict(conv=nn.Conv2d(maps, maps, 7, padding=3, bias=False)))
seen = receptive_fields(three, (32, 32, maps))
expect("pixels seen after one, two, three 3x3", [seen[f"conv{n}"].size for n in (1, 2, 3)], [3, 5, 7])
expect("pixels seen by one 7x7", receptive_fields(one, (32, 32, maps))["conv"].size, 7)
expect("weights of three 3x3 with 16 maps: 27 * 16^2", parameter_count(three), 6912)
expect("weights of one 7x7 with 16 maps: 49 * 16^2", parameter_count(one), 12544)
