"""9. Two colours and a line: the oldest classifier of pictures, and why it is drawn before any other.

Two kinds of landscape, sea and dunes, painted here by forty lines: a sky, a horizon somewhere, and below it water or
sand, at any time of the day. Each picture is requantised to 64 colours, and of those only the two most frequent are
kept, as two numbers. So a picture becomes a point, a classifier becomes a border in the plane, and one can see what it
does: where the kinds lie, which pictures it can't tell apart, and that the error on pictures it learnt from is not the
error on others.

Run it:

    python docs/guides/09_two_colours_and_a_line.py

Reference:
    Swain and Ballard, "Color indexing" (1991), for colours as features; Duda, Hart and Stork, "Pattern Classification"
    (2001), section 1.3, for the plane of two features and its border. https://doi.org/10.1007/BF00130487
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from chapter import expect, expect_that, quote, section
from PIL import Image

import sightline
from sightline.classical.descriptors.colour import TopColours
from sightline.classical.pipelines import PIPELINES
from sightline.line.narrator import Silent

print(__doc__.splitlines()[0])

HEIGHT, WIDTH = 48, 64
KINDS = {"sea": ((30, 90, 130), (20, 130, 150)), "dunes": ((225, 185, 120), (190, 140, 90))}
"""Two shades of what lies below the horizon."""
SKIES = ((110, 170, 230), (200, 215, 230), (240, 170, 120))
"""A clear, a cloudy and an evening sky."""
NIGHT, NOON = 0.12, 1.05
EACH = 150


def landscape(kind: str, number: int) -> np.ndarray:
    """Return a picture, (48, 64, 3) uint8, which no other number gives."""
    chance = np.random.default_rng([list(KINDS).index(kind), number])
    horizon = chance.integers(HEIGHT // 3, 2 * HEIGHT // 3)
    sky = np.array(SKIES[chance.integers(len(SKIES))], dtype=float)
    shades = np.array(KINDS[kind], dtype=float)
    share = chance.random()
    picture = np.empty((HEIGHT, WIDTH, 3))
    picture[:horizon] = sky
    picture[horizon:] = share * shades[0] + (1 - share) * shades[1]
    light = NIGHT + (NOON - NIGHT) * chance.random() ** 0.7
    grain = chance.normal(0, 6, picture.shape)
    return np.clip(picture * light + grain, 0, 255).astype(np.uint8)


section("From a picture to two numbers")

plan = PIPELINES["top-colours"].plan
top_colours = TopColours((HEIGHT, WIDTH, 3), plan)
expect("colours of the palette", len(top_colours.palette), 64)

noon = np.empty((1, HEIGHT, WIDTH, 3), dtype=np.uint8)
noon[:, :20], noon[:, 20:] = SKIES[0], KINDS["sea"][0]
first, second = top_colours(torch.from_numpy(noon))[0, 0].int().tolist()
expect("most frequent: the sea's", top_colours.palette[first], [32, 96, 160])
expect("second: the clear sky's", top_colours.palette[second], [96, 160, 224])

one_colour = torch.full((1, HEIGHT, WIDTH, 3), 200, dtype=torch.uint8)
first, second = top_colours(one_colour)[0, 0].tolist()
expect_that("a picture of one colour has it as its second, too", first == second)

section("300 landscapes, a border, two errors")

with tempfile.TemporaryDirectory() as scratch:
    album = Path(scratch) / "landscapes"
    for kind in KINDS:
        (album / kind).mkdir(parents=True)
        for number in range(EACH):
            Image.fromarray(landscape(kind, number)).save(album / kind / f"{number}.png")
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch) / "run"
    run = sightline.train(album, model="top-colours", size="48x64", out=out, narrator=Silent())
    line = run.report
    curved = sightline.train(
        album, model="top-colours", classifier="neighbours", size="48x64", out=f"{out}-neighbours", narrator=Silent()
    ).report

expect("learnt from", line["split"]["train"], 210)
expect("tested on", line["test"]["count"], 44)
expect("a line: error on training pictures", line["plane"]["training_error"], 0.224, decimals=3)
expect("a line: error on test pictures", line["plane"]["test_error"], 0.159, decimals=3)

# Colours are numbered from cold to warm, so a line does well by day. At night all colours are dark, and pictures of
# both kinds lie at the same two points: no border can part those. Elsewhere the kinds lie in islands that a line cuts
# through; the nearest neighbours of a picture draw a border around them:
expect("neighbours: error on training pictures", curved["plane"]["training_error"], 0.052, decimals=3)
expect("neighbours: error on test pictures", curved["plane"]["test_error"], 0.068, decimals=3)

# With 44 test pictures an error is known to some ten points only, which is why the report gives an interval:
low, high = line["plane"]["test_error_interval"]
expect("the line's test error lies between", [low, high], [0.0793, 0.2937])
quote(line["verdict"]["words"])

section("See it")

print("  Run this file with a folder's name, and the report there draws the plane: each picture a point at its two")
print("  colours, each place in the colour of the kind that the classifier would name. The same from a command line:")
print("    sightline train landscapes/ --model top-colours --out run")
