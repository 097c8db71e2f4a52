"""First weights, before the first step.

Importing this file does not import torch.
"""

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

SMALL = 0.01


@dataclass(frozen=True)
class InitialisationEntry:
    """A rule for first weights.

    Args:
        line: What it does, in one sentence.
        reference: Where it comes from.
    """

    line: str
    reference: str


INITIALISATIONS: dict[str, InitialisationEntry] = {
    "small": InitialisationEntry(
        line="normal with deviation 0.01, whatever the layer's width; the signal dies out in deep networks",
        reference="Krizhevsky, Sutskever and Hinton, 'ImageNet classification with deep convolutional neural "
        "networks' (2012), section 5",
    ),
    "xavier": InitialisationEntry(
        line="uniform with variance 2 / (inputs + outputs): keeps the signal's spread through tanh",
        reference="Glorot and Bengio, 'Understanding the difficulty of training deep feedforward neural networks' "
        "(2010), equation 16",
    ),
    "he": InitialisationEntry(
        line="normal with variance gain^2 / inputs, 2 / inputs for ReLU, which halves the signal's power",
        reference="He, Zhang, Ren and Sun, 'Delving deep into rectifiers', arXiv 1502.01852 (2015), equation 10",
    ),
    "orthogonal": InitialisationEntry(
        line="a random rotation times the activation's gain: keeps lengths exactly where layers are linear",
        reference="Saxe, McClelland and Ganguli, 'Exact solutions to the nonlinear dynamics of learning in deep "
        "linear neural networks', arXiv 1312.6120 (2013)",
    ),
    "zeros": InitialisationEntry(
        line="all zeros, to see that a network with hidden layers does not learn from there",
        reference="Rumelhart, Hinton and Williams, 'Learning internal representations by error propagation' "
        "(1986), 'Symmetry breaking'",
    ),
}
"""Each rule by its name."""


def initialise(weight: "torch.Tensor", name: str, *, gain: float) -> None:
    """Fill a layer's weights by a rule, from torch's current seed.

    Args:
        weight: (outputs, inputs) or (outputs, inputs, height, width), changed in place.
        name: A name in `INITIALISATIONS`.
        gain: From `gain_of`, by which ``he`` and ``orthogonal`` make up for what the activation
            takes away. ``xavier`` knows no gain: the paper takes the activation as linear.
    """
    from torch.nn import init

    if name == "small":
        init.normal_(weight, std=SMALL)
    elif name == "xavier":
        init.xavier_uniform_(weight)
    elif name == "he":
        init.normal_(weight, std=gain / sqrt(weight[0].numel()))
    elif name == "orthogonal":
        init.orthogonal_(weight, gain)
    else:
        init.zeros_(weight)


def gain_of(activation: "nn.Module | None") -> float:
    """Return how much larger weights have to be because of the activation that follows.

    Args:
        activation: The layer, or None where the sum goes on as it is: a gain of 1. GELU, which torch
            has no gain for, is taken as ReLU.

    Reference:
        The table at ``torch.nn.init.calculate_gain``.
        https://docs.pytorch.org/docs/stable/nn.init.html
    """
    from torch import nn

    if isinstance(activation, nn.LeakyReLU):
        return nn.init.calculate_gain("leaky_relu", activation.negative_slope)
    if isinstance(activation, nn.PReLU):
        return nn.init.calculate_gain("leaky_relu", float(activation.weight.detach().mean()))
    if isinstance(activation, nn.Tanh):
        return nn.init.calculate_gain("tanh")
    if isinstance(activation, nn.ReLU | nn.ReLU6 | nn.GELU):
        return nn.init.calculate_gain("relu")
    return 1.0
