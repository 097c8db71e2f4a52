"""3. Parameters: how many numbers a layer learns, and where a network keeps them.

A dense neuron has a weight for every pixel. A filter has a weight for every pixel of its window, and uses it at all
places. This chapter counts both, and then whole networks: where 138 million numbers are, and where the work is.

Run it:

    python docs/guides/03_parameters.py

Reference:
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998), section II,
    on shared weights. http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf
"""

from math import prod

from chapter import expect, expect_that, section
from torch import nn

from sightline.models.building import build_layers, parameter_count
from sightline.models.summary import summarise

print(__doc__.splitlines()[0])

section("A dense neuron sees every pixel")


def weights_of_a_neuron(height: int, width: int, channels: int) -> int:
    """Return the weights of each neuron of our linear classifier, without its bias."""
    return build_layers("linear", (height, width, channels), 10).dense.weight[0].numel()


expect("32x32 pixels in 3 colours", weights_of_a_neuron(32, 32, 3), 3072)
expect("200x200 pixels in 3 colours", weights_of_a_neuron(200, 200, 3), 120_000)
expect("224x224 pixels in 3 colours", weights_of_a_neuron(224, 224, 3), 150_528)

section("A filter sees its window")

# F filters of h x w over C maps: F * h * w * C weights, and a bias for each filter. The size of the picture is not in
# this formula.
expect("8 filters of 5x5x3:    8 *  5*5*3  +  8", parameter_count(nn.Conv2d(3, 8, 5)), 608)
expect("16 filters of 5x5x8:  16 *  5*5*8  + 16", parameter_count(nn.Conv2d(8, 16, 5)), 3216)
expect("32 filters of 1x1x16: 32 * 1*1*16  + 32", parameter_count(nn.Conv2d(16, 32, 1)), 544)

section("What sharing saves")

# The first of them keeps 32x32 pixels with padding 2 and gives 8 maps of 32x32. A dense layer from the same input to
# the same output:
inputs, outputs = prod((32, 32, 3)), prod((32, 32, 8))
expect("dense: 3,072 inputs * 8,192 outputs + 8,192", inputs * outputs + outputs, 25_174_016)
expect("so many times the filters' 608", (inputs * outputs + outputs) / 608, 41_404.6, decimals=1)

section("Our small networks, 10 classes")


def parameters(name: str, shape: tuple[int, int, int], classes: int, **options: object) -> int:
    """Return a network's parameters in use, as `sightline summary` counts them: auxiliary heads are left out."""
    return sum(row.parameters for row in summarise(name, shape, classes, options) if not row.auxiliary)


colour = (32, 32, 3)
expect("linear, 32x32x3: 3,072 * 10 + 10", parameters("linear", colour, 10), 30_730)
expect("mlp, 32x32x3, 256 hidden", parameters("mlp", colour, 10), 789_258)
expect("lenet, 32x32x1", parameters("lenet", (32, 32, 1), 10), 61_706)
expect("basic-cnn, 32x32x3", parameters("basic-cnn", colour, 10), 79_626)

# LeNet-5, layer by layer: two convolutions, three dense layers. Who has the parameters, and who does the work?
lenet = [row for row in summarise("lenet", (32, 32, 1), 10) if row.parameters]
for row in lenet:
    print(f"    {row.name:<8}{row.kind:<24}{row.parameters:>8,} parameters{row.multiply_adds:>10,} multiply-adds")
expect("parameters of its layers", [row.parameters for row in lenet], [156, 2416, 48_120, 10_164, 850])
kept = sum(row.parameters for row in lenet[:2]) / sum(row.parameters for row in lenet)
work = sum(row.multiply_adds for row in lenet[:2]) / sum(row.multiply_adds for row in lenet)
expect("the convolutions' share of the parameters", kept, 0.042, decimals=3)
expect("the convolutions' share of the work", work, 0.859, decimals=3)

section("The large ones, 1,000 classes")

# Networks are built on torch's meta device here: shapes without memory. VGG-16 would need half a gigabyte.
photo = (224, 224, 3)
promised = {
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "googlenet": 6_624_904,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
}
for name, count in promised.items():
    expect(name, parameters(name, photo, 1000), count)

section("Where VGG-16 keeps them")

rows = summarise("vgg16", photo, 1000)
dense = [row for row in rows if row.kind == "Linear"]
convolutions = [row for row in rows if row.kind.startswith("Conv2d")]
expect("its first dense layer: 7*7*512 * 4,096 + 4,096", dense[0].parameters, 102_764_544)
kept = sum(row.parameters for row in dense) / sum(row.parameters for row in rows)
work = sum(row.multiply_adds for row in convolutions) / sum(row.multiply_adds for row in rows)
expect("share of the parameters in three dense layers", kept, 0.894, decimals=3)
expect("share of the work in thirteen convolutions", work, 0.992, decimals=3)
expect(
    "multiply-adds for one photo, in thousand millions", sum(row.multiply_adds for row in rows) / 1e9, 15.47, decimals=2
)

# So GoogLeNet and the ResNets average each map at the end instead of reading it pixel by pixel.
light, heavy = promised["googlenet"], promised["vgg16"]
expect_that("GoogLeNet has less than a twentieth of VGG-16's parameters", light < heavy / 20)
