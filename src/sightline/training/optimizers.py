"""torch's optimizers under their names, with the defaults and a sentence each.

Importing this file does not import torch, so that settings can be checked and help can be shown without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

from sightline.core.errors import SettingsError
from sightline.training.losses import is_matrix

if TYPE_CHECKING:
    from torch import Tensor, nn, optim


ALONE = 20_000_000
"""Rows times rows times columns, up to which a second thread costs the products of Muon more than it brings.

For a matrix of 32 x 288 one thread takes 0.4 ms and two 1.5 ms, for 128 x 1,152 both 2.9 ms, for 256 x 2,304 18 ms and
12 ms.
"""

SHORTEST = 1e-12
"""Length of a matrix that is zero but for rounding."""
REACH, PLAIN_REACH = 0.125, 1.5
"""See `OptimizerEntry`; the second of steps that are as long as the slope is steep."""


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer with its defaults.

    Args:
        kind: Name of a class in ``torch.optim``.
        learning_rate: Where to start when the user names none.
        line: What it does, in one sentence.
        reference: Authors, title and year.
        weight_decay: Share of each weight, times the learning rate, that a step takes away; of
            matrices and filters alone.
        options: Further arguments of the class.
        full_batch: Whether it takes one step an epoch, against the gradient of the whole training part.
        hidden_kind: The name of the class that takes the matrices and filters of hidden layers,
            where that is another one.
        hidden_options: Further arguments of that class.
        hidden_rate: How many times the learning rate its own is.
        keeps_length: Whether each of those matrices is brought to the same length before every step, the root of the
            number of its rows. Before batch normalisation a filter's length means nothing, but the longer it is, the
            less a step turns it; so all steps turn filters equally far, however many went before.
        reach: How many times the rate at which a climb of the rate explodes is best for a whole training. Plain steps
            are thrown to flatter places where they are too long; steps that are scaled already do not grow with the
            slope. Measured with ``sgd``, ``adam`` and ``muon`` on a tenth of CIFAR-10.

    Reference:
        Reach: Lewkowycz et al., "The large learning rate phase of deep learning: the catapult mechanism" (2020).
        https://arxiv.org/abs/2003.02218
    """

    kind: str
    learning_rate: float
    line: str
    reference: str
    weight_decay: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    full_batch: bool = False
    hidden_kind: str = ""
    hidden_options: Mapping[str, Any] = field(default_factory=dict)
    hidden_rate: float = 1.0
    keeps_length: bool = False
    reach: float = REACH

    def build(
        self, network: "nn.Module", *, learning_rate: float, weight_decay: float | None = None
    ) -> "tuple[optim.Optimizer, ...]":
        """Return the optimizer of a network; two where hidden layers have one of their own.

        Args:
            network: Its trainable parameters are stepped.
            learning_rate: Of a step to which no schedule has been applied.
            weight_decay: None takes the optimizer's own.

        Raises:
            SettingsError: The optimizer is for hidden layers and the network has none.
        """
        from torch import optim

        decay = self.weight_decay if weight_decay is None else weight_decay
        hidden = _hidden_matrices(network) if self.hidden_kind else []
        taken = {id(weight) for weight in hidden}
        rest = [weight for weight in network.parameters() if weight.requires_grad and id(weight) not in taken]
        groups = [
            {"params": [weight for weight in rest if is_matrix(weight)], "weight_decay": decay},
            {"params": [weight for weight in rest if not is_matrix(weight)], "weight_decay": 0.0},
        ]
        kept = [group for group in groups if group["params"]]
        first: optim.Optimizer = getattr(optim, self.kind)(kept, lr=learning_rate, **self.options)
        if not self.hidden_kind:
            return (first,)
        rate = self.hidden_rate * learning_rate
        second = _of_matrices(hidden, self.hidden_kind, lr=rate, weight_decay=decay, **self.hidden_options)
        if self.keeps_length:
            second.register_step_pre_hook(_bring_to_length)
        return first, second


def _hidden_matrices(network: "nn.Module") -> "list[nn.Parameter]":
    """Return the weights between the first and the last layer, which read pixels and give scores.

    Raises:
        SettingsError: There are none.
    """
    matrices = [weight for weight in network.parameters() if weight.requires_grad and is_matrix(weight)]
    if len(matrices) < 3:  # noqa: PLR2004 - the first, a hidden one, the last
        raise SettingsError(
            "the optimizer is for layers between the first and the last, and the network has none",
            hint="take another --optimizer, such as adamw, or a deeper model",
        )
    return matrices[1:-1]


def _of_matrices(weights: "list[nn.Parameter]", kind: str, **options: Any) -> "optim.Optimizer":
    """Return an optimizer that sees every weight as a matrix, a row a neuron or filter, in the same memory."""
    from torch import nn, optim

    matrices = [nn.Parameter(_as_matrix(weight.detach(), weight)) for weight in weights]
    optimizer: optim.Optimizer = getattr(optim, kind)(matrices, **options)
    pairs = list(zip(matrices, weights, strict=True))

    def hand_over_all(*_: object) -> None:
        for matrix, weight in pairs:
            _hand_over(matrix, weight)

    for matrix, weight in pairs:  # on the way back already: the scaler of fp16 looks before the step
        weight.register_post_accumulate_grad_hook(partial(_hand_over_if_alive, ref(matrix)))  # type: ignore[no-untyped-call]
    optimizer.register_step_pre_hook(hand_over_all)
    if all(matrix.is_cpu and min(matrix.shape) * matrix.numel() <= ALONE for matrix in matrices):
        _step_in_one_thread(optimizer)
    return optimizer


def _bring_to_length(optimizer: "optim.Optimizer", *_: object) -> None:
    """Give every matrix of an optimizer the length of one of as many rows of length 1."""
    import torch

    with torch.no_grad():
        for group in optimizer.param_groups:
            for matrix in group["params"]:
                matrix.mul_(len(matrix) ** 0.5 / matrix.norm().clamp_min(SHORTEST))


def _step_in_one_thread(optimizer: "optim.Optimizer") -> None:
    """Let one thread take an optimizer's steps, which are many products too small to be shared."""
    import torch

    before = list[int]()

    def leave_one(*_: object) -> None:
        before.append(torch.get_num_threads())
        torch.set_num_threads(1)

    optimizer.register_step_pre_hook(leave_one)
    optimizer.register_step_post_hook(lambda *_: torch.set_num_threads(before.pop()))


def _hand_over(matrix: "nn.Parameter", weight: "nn.Parameter") -> None:
    """Give a weight's gradient, in the same memory, to the matrix that it is seen as."""
    matrix.grad = None if weight.grad is None else _as_matrix(weight.grad, weight)


def _hand_over_if_alive(matrix: "ref[nn.Parameter]", weight: "nn.Parameter") -> None:
    """Give a weight's gradient to its matrix, unless the optimizer, which another phase has replaced, is gone."""
    if (alive := matrix()) is not None:
        _hand_over(alive, weight)


def _as_matrix(tensor: "Tensor", weight: "Tensor") -> "Tensor":
    """Return (rows, columns) of a weight or its gradient, columns in the order of the weight's memory."""
    return tensor.flatten(1) if weight.is_contiguous() else tensor.movedim(1, -1).flatten(1)


OPTIMIZERS: dict[str, OptimizerEntry] = {
    "gd": OptimizerEntry(
        kind="SGD",
        learning_rate=0.1,
        line="full-batch gradient descent: one step an epoch against the gradient of the whole training part",
        reference="Cauchy, 'Méthode générale pour la résolution des systèmes d'équations simultanées' (1847)",
        full_batch=True,
        reach=PLAIN_REACH,
    ),
    "sgd": OptimizerEntry(
        kind="SGD",
        learning_rate=0.05,
        line="steps against the gradient of one batch",
        reference="Robbins and Monro, 'A stochastic approximation method' (1951)",
        reach=PLAIN_REACH,
    ),
    "momentum": OptimizerEntry(
        kind="SGD",
        learning_rate=0.01,
        line="keeps nine tenths of the last step's velocity",
        reference="Polyak, 'Some methods of speeding up the convergence of iteration methods' (1964)",
        options={"momentum": 0.9},
    ),
    "nesterov": OptimizerEntry(
        kind="SGD",
        learning_rate=0.01,
        line="momentum 0.9 that looks at the gradient where the velocity is about to lead",
        reference="Sutskever et al., 'On the importance of initialization and momentum in deep learning' (2013)",
        options={"momentum": 0.9, "nesterov": True},
    ),
    "adagrad": OptimizerEntry(
        kind="Adagrad",
        learning_rate=0.01,
        line="divides each weight's step by the root of the sum of all its squared gradients",
        reference="Duchi, Hazan and Singer, 'Adaptive subgradient methods' (2011)",
    ),
    "rmsprop": OptimizerEntry(
        kind="RMSprop",
        learning_rate=0.001,
        line="momentum 0.9 on steps divided by the root of a running mean (0.99) of squared gradients",
        reference="Tieleman and Hinton, 'Lecture 6.5: rmsprop', Neural Networks for Machine Learning (2012)",
        options={"momentum": 0.9, "alpha": 0.99},
    ),
    "adam": OptimizerEntry(
        kind="Adam",
        learning_rate=0.001,
        line="scales each weight's step by the recent size of its gradient (0.9/0.999)",
        reference="Kingma and Ba, 'Adam: a method for stochastic optimization', arXiv 1412.6980 (2014)",
        options={"betas": (0.9, 0.999), "fused": True},
    ),
    "adamw": OptimizerEntry(
        kind="AdamW",
        learning_rate=0.001,
        line="Adam whose weight decay (0.01) does not pass through the scaling",
        reference="Loshchilov and Hutter, 'Decoupled weight decay regularization', arXiv 1711.05101 (2017)",
        weight_decay=0.01,
        options={"betas": (0.9, 0.999), "fused": True},
    ),
    "muon": OptimizerEntry(
        kind="AdamW",
        learning_rate=0.001,
        line="orthogonal steps for the matrices and filters of hidden layers, AdamW for the rest",
        reference="Jordan et al., 'Muon: an optimizer for hidden layers in neural networks' (2024)",
        weight_decay=0.01,
        options={"betas": (0.9, 0.999), "fused": True},
        hidden_kind="Muon",
        hidden_options={"momentum": 0.95, "nesterov": True, "adjust_lr_fn": "match_rms_adamw"},
    ),
    "muon-normalised": OptimizerEntry(
        kind="AdamW",
        learning_rate=0.03,
        line="muon whose matrices are brought to one length before each step, at eight times the rate",
        reference="Jordan, 'CIFAR-10 Airbench' (2024), airbench94_muon, github.com/KellerJordan/cifar10-airbench",
        options={"betas": (0.9, 0.95), "fused": True},
        hidden_kind="Muon",
        hidden_options={"momentum": 0.6, "nesterov": True, "ns_steps": 3, "adjust_lr_fn": "original"},
        hidden_rate=8.0,
        keeps_length=True,
    ),
}
"""Each optimizer by its name."""
