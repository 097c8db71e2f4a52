"""What a neuron makes of its sum: torch's activations under their names.

Importing this file does not import torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ActivationEntry:
    """An activation.

    Args:
        kind: The name of the class in ``torch.nn``.
        line: What it does, in one sentence.
        reference: Where it comes from.
        rectifies: Whether it is ReLU or a relative of it, which a positive first bias keeps alive.
        options: Further arguments of the class.
    """

    kind: str
    line: str
    reference: str
    rectifies: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> "nn.Module":
        """Return a new layer."""
        from torch import nn

        layer: nn.Module = getattr(nn, self.kind)(**self.options)
        return layer


ACTIVATIONS: dict[str, ActivationEntry] = {
    "sigmoid": ActivationEntry(
        kind="Sigmoid",
        line="1 / (1 + exp(-x)), from 0 to 1; flat at both ends, so deep networks of it hardly learn",
        reference="Rumelhart, Hinton and Williams, 'Learning representations by back-propagating errors' (1986)",
    ),
    "tanh": ActivationEntry(
        kind="Tanh",
        line="from -1 to 1 and centred on zero; flat at both ends too",
        reference="LeCun, Bottou, Orr and Müller, 'Efficient BackProp' (1998), section 4.4",
    ),
    "relu": ActivationEntry(
        kind="ReLU",
        line="max(0, x): cheap, never flat above zero; a neuron that is always below zero is dead",
        reference="Nair and Hinton, 'Rectified linear units improve restricted Boltzmann machines' (2010)",
        rectifies=True,
    ),
    "leaky-relu": ActivationEntry(
        kind="LeakyReLU",
        line="max(0.01 x, x): ReLU that lets a hundredth through below zero, so that no neuron dies",
        reference="Maas, Hannun and Ng, 'Rectifier nonlinearities improve neural network acoustic models' (2013)",
        rectifies=True,
        options={"negative_slope": 0.01},
    ),
    "prelu": ActivationEntry(
        kind="PReLU",
        line="leaky ReLU whose slope below zero is learned, one for each layer, from 0.25",
        reference="He, Zhang, Ren and Sun, 'Delving deep into rectifiers', arXiv 1502.01852 (2015)",
        rectifies=True,
    ),
    "gelu": ActivationEntry(
        kind="GELU",
        line="x times the share of a normal distribution below x: a smooth ReLU",
        reference="Hendrycks and Gimpel, 'Gaussian error linear units', arXiv 1606.08415 (2016)",
        rectifies=True,
    ),
}
"""Each activation by its name."""
